// Both sides are sorted by path and merged; where a path is there twice the last one counts, as when a tar is
// extracted. Every difference is told with all that the table says, in full or with its SHA-256: two layers whose texts
// are equal are shown equally by a lazy runtime.
#include "image/lazy_compare.h"

#include "base/error.h"
#include "base/printable.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

namespace touchstone {

namespace {

/// docs/estargz.md, "Prioritized Files and Landmark Files": one byte each, which lazy runtimes do not show.
constexpr std::array<std::string_view, 2> landmarks{".prefetch.landmark", ".no.prefetch.landmark"};

/// A path of either side, or of both.
struct Pair {
    std::string_view path;
    const Entry* entry = nullptr;
    const LazyEntry* lazy = nullptr;
    std::size_t index = 0; ///< of the entry
    bool twice = false;    ///< the table has the path more than once
};

template <class Item>
struct Placed {
    std::string_view path;
    const Item* item;
};

template <class Item>
void sort_by_path(std::vector<Placed<Item>>& items) {
    std::stable_sort(items.begin(), items.end(),
                     [](const Placed<Item>& a, const Placed<Item>& b) { return a.path < b.path; });
}

/// The last of those at one path, behind which `at` is left.
template <class Item>
const Item* take_last(const std::vector<Placed<Item>>& items, std::size_t& at, std::string_view path) {
    const Item* last = nullptr;
    for (; at < items.size() && items[at].path == path; ++at) last = items[at].item;
    return last;
}

std::vector<Pair> pairs_of(const std::vector<Entry>& entries, const LazyToc& toc, Arena& names) {
    std::vector<Placed<Entry>> left;
    std::vector<Placed<LazyEntry>> right;
    left.reserve(entries.size());
    right.reserve(toc.entries.size());
    for (const Entry& entry : entries) left.push_back({entry.path, &entry});
    for (const LazyEntry& entry : toc.entries) right.push_back({clean_name(entry.name, names).path, &entry});
    sort_by_path(left);
    sort_by_path(right);

    std::vector<Pair> pairs;
    pairs.reserve(std::max(left.size(), right.size()));
    for (std::size_t i = 0, j = 0; i < left.size() || j < right.size();) {
        Pair pair;
        const bool left_first = j == right.size() || (i < left.size() && left[i].path <= right[j].path);
        pair.path = left_first ? left[i].path : right[j].path;
        const std::size_t before = j;
        pair.entry = take_last(left, i, pair.path);
        pair.lazy = take_last(right, j, pair.path);
        pair.twice = j - before > 1;
        if (pair.entry != nullptr) pair.index = static_cast<std::size_t>(pair.entry - entries.data());
        pairs.push_back(pair);
    }
    return pairs;
}

/// A text of the image in a message; never two for one.
std::string shown(std::string_view text) {
    constexpr std::size_t longest = 200;
    if (text.size() <= longest) return "\"" + printable(text) + "\"";
    return fmt::format("\"{}\" ({})", printable_short(text, longest), digest_of(as_bytes(text)).string());
}

std::string shown(const std::vector<NamedBytes>& xattrs) {
    if (xattrs.empty()) return "none";
    std::vector<std::string> texts;
    texts.reserve(xattrs.size());
    for (const auto& [name, value] : xattrs) texts.push_back(fmt::format("{}={}", shown(name), shown(value)));
    std::string text = fmt::format("{}", fmt::join(texts, ", "));
    return text.size() <= 2000 ? text
                               : fmt::format("{} of them ({})", xattrs.size(), digest_of(as_bytes(text)).string());
}

bool is_device(EntryType type) {
    return type == EntryType::char_device || type == EntryType::block_device;
}

bool is_link(EntryType type) {
    return type == EntryType::symlink || type == EntryType::hardlink;
}

std::string link_of(const LazyEntry& lazy, Arena& names) {
    if (lazy.type != EntryType::hardlink) return lazy.link;
    const CleanedName target = clean_name(lazy.link, names);
    return std::string(target.dot_dot ? std::string_view(lazy.link) : target.path);
}

/// Digest or chunk digests of a file, as the table has them.
std::string content_text(const LazyEntry& lazy) {
    if (lazy.digest) return lazy.digest->string();
    if (lazy.chunks.size() == 1 && lazy.chunks.front().digest) return lazy.chunks.front().digest->string();
    return lazy.size == 0 ? "no content" : "no digest of the whole";
}

/// A hash of the chunks, so that no two tables are told with one text.
std::string chunks_text(const LazyEntry& lazy) {
    Hasher hasher;
    for (const LazyChunk& chunk : lazy.chunks) {
        hasher.update(as_bytes(fmt::format("{} {}\n", chunk.end, chunk.digest ? chunk.digest->string() : "")));
    }
    return fmt::format("{} chunk{}, {} in all", lazy.chunks.size(), lazy.chunks.size() == 1 ? "" : "s",
                       hasher.finish().string());
}

std::string described(const LazyEntry& lazy) {
    std::string text =
        fmt::format("{}, mode {:04o}, owner {}:{}", name_of(lazy.type), lazy.mode & 07777, lazy.uid, lazy.gid);
    if (lazy.type == EntryType::file) {
        text += fmt::format(", {} bytes, {}, {}", lazy.size, content_text(lazy), chunks_text(lazy));
    }
    if (is_link(lazy.type)) text += ", to " + shown(lazy.link);
    if (is_device(lazy.type)) text += fmt::format(", device {},{}", lazy.dev_major, lazy.dev_minor);
    if (!lazy.xattrs.empty()) text += ", xattrs " + shown(lazy.xattrs);
    return text;
}

/// The digest of an entry whose content was hashed when the layer was listed decides without another look, if that is
/// what the table names.
bool decided_by(const Sha256& content, const LazyEntry& lazy, std::string& difference) {
    const auto usable = [](const std::optional<Digest>& digest) {
        return !digest || digest->algorithm == DigestAlgorithm::sha256;
    };
    if (lazy.chunks.size() != 1 || !usable(lazy.digest) || !usable(lazy.chunks.front().digest)) return false;
    const Digest found = to_digest(content);
    for (const std::optional<Digest>& digest : {lazy.chunks.front().digest, lazy.digest}) {
        if (digest && *digest != found) {
            difference = fmt::format("content {} in the tar, {} in the table", found.string(), digest->string());
        }
    }
    return true;
}

/// Hashes the contents of files, whole and chunk by chunk, and compares them with what the table says.
class ContentCheck final : public ContentVisitor {
public:
    explicit ContentCheck(std::size_t entries) : wanted_(entries) {}

    void want(std::size_t index, const LazyEntry& lazy) {
        wanted_[index] = &lazy;
        any_ = true;
    }
    bool any() const { return any_; }
    /// Empty where the content is what the table says.
    std::string difference(std::size_t index) const {
        const auto found = differences_.find(index);
        return found == differences_.end() ? std::string() : found->second;
    }

    bool wants(std::size_t index, const Entry&) override {
        if (index >= wanted_.size() || wanted_[index] == nullptr) return false;
        lazy_ = wanted_[index];
        at_ = 0;
        chunk_ = 0;
        bad_.clear();
        return true;
    }
    void bytes(std::size_t, ByteView stretch) override {
        whole_hasher().update(stretch);
        while (!stretch.empty() && chunk_ < lazy_->chunks.size()) {
            const LazyChunk& chunk = lazy_->chunks[chunk_];
            const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(stretch.size(), chunk.end - at_));
            chunk_hasher(chunk).update(stretch.first(part));
            stretch = stretch.subspan(part);
            at_ += part;
            if (at_ == chunk.end) finish_chunk(chunk);
        }
    }
    void end(std::size_t index) override {
        const Digest found = whole_hasher().finish();
        if (lazy_->digest && found != *lazy_->digest) {
            bad_ = fmt::format("content {} in the tar, {} in the table", found.string(), lazy_->digest->string());
        }
        if (!bad_.empty()) differences_.emplace(index, std::move(bad_));
    }

private:
    static std::size_t number(const std::optional<Digest>& digest) {
        return digest ? static_cast<std::size_t>(digest->algorithm) : 0;
    }
    Hasher& whole_hasher() { return whole_[number(lazy_->digest)]; }
    Hasher& chunk_hasher(const LazyChunk& chunk) { return chunks_[number(chunk.digest)]; }
    void finish_chunk(const LazyChunk& chunk) {
        const Digest found = chunk_hasher(chunk).finish();
        ++chunk_;
        if (!bad_.empty() || !chunk.digest || found == *chunk.digest) return;
        const std::string which = lazy_->chunks.size() == 1
                                      ? "content"
                                      : fmt::format("content of chunk {} of {}:", chunk_, lazy_->chunks.size());
        bad_ = fmt::format("{} {} in the tar, {} in the table", which, found.string(), chunk.digest->string());
    }

    std::vector<const LazyEntry*> wanted_; ///< by the entry's index
    bool any_ = false;
    std::map<std::size_t, std::string> differences_;
    const LazyEntry* lazy_ = nullptr; ///< of the file that is read, and so are those below
    std::uint64_t at_ = 0;
    std::size_t chunk_ = 0;
    std::string bad_;
    std::array<Hasher, 2> whole_{Hasher(DigestAlgorithm::sha256), Hasher(DigestAlgorithm::sha512)};
    std::array<Hasher, 2> chunks_{Hasher(DigestAlgorithm::sha256), Hasher(DigestAlgorithm::sha512)};
};

bool same_file_size(const Pair& pair) {
    return pair.entry != nullptr && pair.lazy != nullptr && pair.entry->type == EntryType::file &&
           pair.lazy->type == EntryType::file && pair.entry->size == pair.lazy->size && pair.lazy->chunks_fit;
}

class Comparison {
public:
    Comparison(const LazyToc& toc, const LayerRef& layer, const LayerLimits& limits, Contents contents,
               LayerListing& listing)
        : contents_(contents), listing_(listing), check_(listing.entries.size()) {
        const std::vector<Pair> pairs = pairs_of(listing.entries, toc, names_);
        for (const Pair& pair : pairs) {
            if (same_file_size(pair) && pair.lazy->size != 0 && !is_decided(pair)) check_.want(pair.index, *pair.lazy);
        }
        if (check_.any()) visit_content(layer, limits, check_);
        for (const Pair& pair : pairs) report(pair);
        finish();
    }

private:
    bool is_decided(const Pair& pair) const {
        std::string ignored;
        return contents_ == Contents::digests && decided_by(pair.entry->content, *pair.lazy, ignored);
    }

    void report(const Pair& pair) {
        if (pair.twice) add(pair.path, "twice in the table of contents");
        if (pair.lazy == nullptr) {
            return add(pair.path,
                       fmt::format("{} in the tar, not in the table of contents", name_of(pair.entry->type)));
        }
        if (pair.entry == nullptr) {
            return add(pair.path, fmt::format("in the table of contents only: {}", described(*pair.lazy)));
        }
        const std::vector<std::string> differences = compare(pair);
        if (!differences.empty()) add(pair.path, fmt::format("{}", fmt::join(differences, "; ")));
    }

    std::vector<std::string> compare(const Pair& pair) {
        const Entry& entry = *pair.entry;
        const LazyEntry& lazy = *pair.lazy;
        std::vector<std::string> found;
        const auto differs = [&](std::string_view fact, const std::string& tar, const std::string& table) {
            found.push_back(fmt::format("{} {} in the tar, {} in the table", fact, tar, table));
        };
        if (entry.type != lazy.type) {
            differs("type", std::string(name_of(entry.type)), described(lazy));
            return found;
        }
        const auto mode = [](auto bits) { return fmt::format("{:04o}", bits & 07777U); };
        if (mode(entry.permissions()) != mode(static_cast<std::uint64_t>(lazy.mode))) {
            differs("mode", mode(entry.permissions()), mode(static_cast<std::uint64_t>(lazy.mode)));
        }
        if (std::int64_t{entry.uid} != lazy.uid) differs("uid", fmt::to_string(entry.uid), fmt::to_string(lazy.uid));
        if (std::int64_t{entry.gid} != lazy.gid) differs("gid", fmt::to_string(entry.gid), fmt::to_string(lazy.gid));
        if (is_link(entry.type)) {
            const std::string link = link_of(lazy, names_);
            if (entry.link != link) differs("link", shown(entry.link), shown(link));
        }
        if (is_device(entry.type) &&
            (std::int64_t{entry.dev_major} != lazy.dev_major || std::int64_t{entry.dev_minor} != lazy.dev_minor)) {
            differs("device", fmt::format("{},{}", entry.dev_major, entry.dev_minor),
                    fmt::format("{},{}", lazy.dev_major, lazy.dev_minor));
        }
        static const std::vector<NamedBytes> none;
        const std::vector<NamedBytes>& xattrs = entry.extra ? entry.extra->xattrs : none;
        if (xattrs != lazy.xattrs) differs("xattrs", shown(xattrs), shown(lazy.xattrs));
        if (entry.type == EntryType::file) compare_content(pair, found);
        if (std::find(landmarks.begin(), landmarks.end(), pair.path) != landmarks.end() &&
            (entry.type != EntryType::file || entry.size != 1)) {
            found.emplace_back("hidden as a landmark, which would be a file of one byte");
        }
        return found;
    }

    void compare_content(const Pair& pair, std::vector<std::string>& found) const {
        const LazyEntry& lazy = *pair.lazy;
        if (pair.entry->size != lazy.size) {
            found.push_back(fmt::format("size {} in the tar, {} in the table, {}", pair.entry->size, lazy.size,
                                        content_text(lazy)));
            return;
        }
        if (!lazy.chunks_fit) {
            found.push_back(fmt::format("chunks that do not make up its {} bytes: {}", lazy.size, chunks_text(lazy)));
            return;
        }
        if (lazy.size == 0) {
            if (lazy.digest && *lazy.digest != digest_of({}, lazy.digest->algorithm)) {
                found.push_back(fmt::format("empty in the tar, {} in the table", lazy.digest->string()));
            }
            return;
        }
        const bool named = lazy.digest || std::all_of(lazy.chunks.begin(), lazy.chunks.end(),
                                                      [](const LazyChunk& chunk) { return chunk.digest.has_value(); });
        if (!named) found.push_back(fmt::format("no digest names its content: {}", chunks_text(lazy)));
        std::string difference;
        if (contents_ != Contents::digests || !decided_by(pair.entry->content, lazy, difference)) {
            difference = check_.difference(pair.index);
        }
        if (!difference.empty()) found.push_back(difference + ", " + chunks_text(lazy));
    }

    void add(std::string_view path, std::string detail) {
        if (++count_ <= lazy_differences_listed) {
            listing_.oddities.push_back({OddityCode::lazy_view_differs, std::string(path), std::move(detail), -1});
            return;
        }
        rest_.update(as_bytes(path));
        rest_.update(as_bytes(fmt::format("{}{}{}", '\0', detail, '\0')));
    }

    void finish() {
        if (count_ <= lazy_differences_listed) return;
        listing_.oddities.push_back(
            {OddityCode::lazy_view_differs,
             {},
             fmt::format("and {} more ({})", count_ - lazy_differences_listed, rest_.finish().string()),
             -1});
    }

    Contents contents_;
    LayerListing& listing_;
    Arena names_; ///< paths and targets of the table, cleaned
    ContentCheck check_;
    std::size_t count_ = 0;
    Hasher rest_;
};

} // namespace

void compare_lazy_view(const LazyToc& toc, const LayerRef& layer, const LayerLimits& limits, Contents contents,
                       LayerListing& listing) {
    const Comparison comparison(toc, layer, limits, contents, listing);
}

} // namespace touchstone
