// The first reading collects by index, because entries move while a listing grows; they get their place in found_ when
// the listing is whole and the layer verified.
#include "attest/checksum_contents.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/printable.h"
#include "diff/explain/package_reader.h"
#include "diff/explain/second_look.h"
#include "image/layer.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

/// Looks on while a layer is listed.
class ChecksumContents::Collector final : public ContentVisitor {
public:
    explicit Collector(const ChecksumContents& contents) : contents_(contents) {}

    bool wants(std::size_t, const Entry& entry) override {
        const auto expected = contents_.expected_.find(entry.path);
        if (expected == contents_.expected_.end()) return false;
        hasher_.start(expected->second);
        return true;
    }
    void bytes(std::size_t, ByteView stretch) override { hasher_.update(stretch); }
    void end(std::size_t index) override { found_.emplace_back(index, hasher_.finish()); }

    std::vector<std::pair<std::size_t, Digests>> take() { return std::move(found_); }

private:
    const ChecksumContents& contents_;
    ContentHasher hasher_;
    std::vector<std::pair<std::size_t, Digests>> found_;
};

/// Reads some contents of a layer that was listed before.
class ChecksumContents::Rereader final : public ContentVisitor {
public:
    Rereader(const LayerListing& listing, ChecksumContents& contents) : listing_(listing), contents_(contents) {}

    bool wants(std::size_t index, const Entry& entry) override {
        const Entry& listed = listing_.entries.at(index);
        if (listed.path != entry.path || listed.type != entry.type || listed.size != entry.size) changed(listed);
        const auto wanted = contents_.wanted_.find(&listed);
        if (wanted == contents_.wanted_.end()) return false;
        hasher_.start(wanted->second);
        return true;
    }
    void bytes(std::size_t, ByteView stretch) override {
        hasher_.update(stretch);
        check_.update(stretch);
    }
    void end(std::size_t index) override {
        const Entry& listed = listing_.entries.at(index);
        if (check_.finish_sha256() != listed.content) changed(listed);
        contents_.keep(listed, hasher_.finish());
    }

private:
    [[noreturn]] static void changed(const Entry& entry) {
        fail(ErrorKind::unverified,
             fmt::format("{}: it is not what was read a moment ago: the image changed", printable(entry.path)));
    }
    const LayerListing& listing_;
    ChecksumContents& contents_;
    ContentHasher hasher_;
    Hasher check_;
};

void ChecksumContents::expect(std::string_view path, ContentHashes hashes) {
    if (hashes == 0) return;
    const auto add = [&](std::string name) { expected_[std::move(name)] |= hashes; };
    std::optional<std::string> alias = usr_alias(path);
    if (alias) add(std::move(*alias));
    add(std::string(path));
}

ListLayer ChecksumContents::reader() {
    return [this](const LayerRef& layer, const LayerLimits& limits,
                  Progress* progress) -> std::shared_ptr<const LayerListing> {
        Collector collector(*this);
        std::shared_ptr<const LayerListing> listing = read_layer(layer, limits, progress, &collector);
        for (auto& [index, digests] : collector.take()) keep(listing->entries.at(index), std::move(digests));
        return listing;
    };
}

void ChecksumContents::keep(const Entry& entry, Digests digests) {
    const std::scoped_lock lock(mutex_);
    Digests& known = found_[&entry];
    known.insert(known.end(), std::make_move_iterator(digests.begin()), std::make_move_iterator(digests.end()));
}

ContentHashes ChecksumContents::missing(const Entry& entry, ContentHashes hashes) const {
    const auto known = found_.find(&entry);
    if (known == found_.end()) return hashes;
    for (const ContentDigest& digest : known->second) hashes &= ~bit_of(digest.hash);
    return hashes;
}

void ChecksumContents::want(const Entry& entry, ContentHashes hashes) {
    const ContentHashes rest = missing(entry, hashes);
    if (rest != 0) wanted_[&entry] |= rest;
}

void ChecksumContents::read(const Stack& stack, const LoadOptions& load) {
    std::map<std::size_t, std::vector<std::size_t>> by_layer;
    for (const auto& [entry, hashes] : wanted_) {
        const std::optional<EntryPlace> place = place_of(stack, *entry);
        if (place) by_layer[place->layer].push_back(place->index);
    }
    std::vector<std::pair<std::size_t, std::vector<std::size_t>>> tasks(by_layer.begin(), by_layer.end());
    for (auto& [layer, indices] : tasks) std::sort(indices.begin(), indices.end());
    parallel_for(
        tasks.size(), load.jobs,
        [&](std::size_t i) {
            const StackLayer& layer = stack.layers[tasks[i].first];
            Rereader visitor(*layer.listing, *this);
            read_contents(*layer.ref, load.limits, tasks[i].second, visitor);
        },
        Threads::to_help);
    wanted_.clear();
}

const ContentDigest* ChecksumContents::find(const Entry& entry, ContentHash hash) const {
    const auto known = found_.find(&entry);
    if (known == found_.end()) return nullptr;
    const auto digest = std::find_if(known->second.begin(), known->second.end(),
                                     [&](const ContentDigest& one) { return one.hash == hash; });
    return digest == known->second.end() ? nullptr : &*digest;
}

} // namespace touchstone
