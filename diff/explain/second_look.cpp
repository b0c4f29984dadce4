// One task a layer; each writes into slots that were made before it started.
#include "diff/explain/second_look.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/printable.h"
#include "image/layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace touchstone {

/// Puts the contents of one layer into their slots.
class SecondLook::Collector final : public ContentVisitor {
public:
    Collector(const LayerListing& listing, std::map<const Entry*, Content>& contents)
        : listing_(listing), contents_(contents) {}

    bool wants(std::size_t index, const Entry& entry) override {
        const Entry& listed = listing_.entries.at(index);
        if (listed.path != entry.path || listed.type != entry.type || listed.size != entry.size) changed(listed);
        const auto found = contents_.find(&listed);
        content_ = found == contents_.end() ? nullptr : &found->second;
        if (content_ != nullptr) content_->bytes.reserve(std::min(content_->head, listed.size));
        return content_ != nullptr;
    }
    void bytes(std::size_t, ByteView stretch) override {
        const std::uint64_t room = content_->head - content_->bytes.size();
        content_->bytes += as_text(stretch.first(std::min<std::uint64_t>(room, stretch.size())));
    }
    void end(std::size_t index) override {
        const Entry& listed = listing_.entries.at(index);
        if (content_->bytes.size() < listed.size) return; // only its beginning was asked for
        hasher_.update(as_bytes(content_->bytes));
        if (hasher_.finish_sha256() != listed.content) changed(listed);
    }

private:
    [[noreturn]] static void changed(const Entry& entry) {
        fail(ErrorKind::unverified,
             fmt::format("{}: it is not what was compared a moment ago: the image changed", printable(entry.path)));
    }
    const LayerListing& listing_;
    std::map<const Entry*, Content>& contents_;
    Content* content_ = nullptr;
    Hasher hasher_;
};

std::optional<EntryPlace> place_of(const Stack& stack, const Entry& entry) {
    const std::less<const Entry*> before;
    for (std::size_t i = 0; i < stack.layers.size(); ++i) {
        const std::vector<Entry>& entries = stack.layers[i].listing->entries;
        if (entries.empty() || before(&entry, &entries.front()) || before(&entries.back(), &entry)) continue;
        return EntryPlace{.layer = i, .index = static_cast<std::size_t>(&entry - entries.data())};
    }
    return std::nullopt;
}

void SecondLook::want(std::size_t side, const Entry& entry, std::uint64_t head) {
    const std::optional<EntryPlace> place = place_of(*stacks_.at(side), entry);
    if (!place) return;
    const auto [slot, is_new] = contents_.try_emplace(&entry);
    const std::uint64_t size = std::min(head, entry.size);
    if (!is_new && slot->second.head >= size) return;
    slot->second = {.bytes = {}, .head = size};
    bytes_ += size;
    wanted_[{side, place->layer}].push_back(place->index);
}

void SecondLook::read() {
    std::vector<std::pair<Place, std::vector<std::size_t>>> tasks(wanted_.begin(), wanted_.end());
    wanted_.clear();
    // What lies deepest in the stream takes longest.
    for (auto& [place, indices] : tasks) {
        std::sort(indices.begin(), indices.end());
        indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    }
    const auto depth = [&](const auto& task) {
        const LayerListing& listing = *stacks_[task.first.side]->layers[task.first.layer].listing;
        return listing.entries[task.second.back()].offset;
    };
    std::stable_sort(tasks.begin(), tasks.end(), [&](const auto& a, const auto& b) { return depth(a) > depth(b); });
    parallel_for(
        tasks.size(), load_.jobs,
        [&](std::size_t i) {
            const StackLayer& layer = stacks_[tasks[i].first.side]->layers[tasks[i].first.layer];
            Collector collector(*layer.listing, contents_);
            read_contents(*layer.ref, load_.limits, tasks[i].second, collector);
        },
        Threads::to_help);
}

ByteView SecondLook::content(const Entry& entry) const {
    const auto found = contents_.find(&entry);
    return found == contents_.end() ? ByteView() : as_bytes(found->second.bytes);
}

void SecondLook::clear() {
    contents_.clear();
    wanted_.clear();
    bytes_ = 0;
}

} // namespace touchstone
