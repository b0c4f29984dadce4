// The streamer bets that each entry comes after the one before it in canonical order, and that links look like what
// they link to. When the bet is lost it goes on keeping content. In the end the tree of the layer decides whether what
// was streamed is the canonical form: no trust in the bet is needed.
#include "normalize/spooled_layer.h"

#include "base/error.h"
#include "base/printable.h"
#include "image/tar_input.h"
#include "normalize/block_sink.h"
#include "normalize/canonical_member.h"
#include "normalize/canonical_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>
#include <utility>

namespace touchstone {

namespace {

bool same_header(const Entry& a, const Entry& b) {
    return a.mode == b.mode && a.uid == b.uid && a.gid == b.gid && a.mtime == b.mtime;
}

bool has_attributes(const Entry& entry) {
    return entry.extra && !(entry.extra->xattrs.empty() && entry.extra->acls.empty() && entry.extra->records.empty());
}

/// Hashes as long as that makes sense.
class MaybeHashing final : public ByteSink {
public:
    explicit MaybeHashing(ByteSink& inner) : inner_(inner) {}
    using ByteSink::write;
    void write(ByteView bytes) override {
        if (hashing_) hasher_.update(bytes);
        inner_.write(bytes);
    }
    void stop() { hashing_ = false; }
    Digest finish() { return hasher_.finish(); }

private:
    ByteSink& inner_;
    Hasher hasher_;
    bool hashing_ = true;
};

/// Hands blocks to a lane.
class LaneSink final : public ByteSink {
public:
    explicit LaneSink(Lane& lane) : lane_(lane) {}
    using ByteSink::write;
    void write(ByteView bytes) override { lane_.update(bytes); }
    void take(std::string& block) override { lane_.take(block); }

private:
    Lane& lane_;
};

/// Blocks that wait to be hashed and written: a thread that inflates takes them in bursts.
constexpr std::size_t most_waiting = 8;

/// A hard link that was streamed as a link to an earlier entry; indices into the listing.
struct StreamedLink {
    std::size_t link;
    std::size_t carrier;
};

class CanonicalStreamer final : public ContentVisitor {
public:
    CanonicalStreamer(const std::string& name, const CanonicalOptions& options)
        : profile_(options.profile), contents_(options.contents), file_("content of " + name, options.directory),
          hashing_(file_), lane_([this](ByteView block) { write_block(block); }, most_waiting), lane_sink_(lane_),
          out_(lane_sink_), with_root_(options.with_root) {
        if (options.read_back) hashing_.stop(); // that hashes it
        single_.inodes.resize(1);
        single_.inodes.front().links = 1;
    }

    Contents contents() const override { return contents_; }
    void entry(const LayerListing& so_far, const Entry& entry) override {
        if (!streaming_) return;
        if (with_root_ && so_far.entries.empty()) begin_with_root(entry);
        header_.clear();
        streaming_ = append_header(so_far, entry);
        if (streaming_) {
            out_.write(std::string_view(header_));
        } else {
            flush();
            hashing_.stop();
            behind_root_.reset();
        }
    }
    bool wants(std::size_t index, const Entry& entry) override {
        offsets_.resize(index + 1);
        offsets_[index] = out_.size();
        size_ = entry.size;
        return true;
    }
    void bytes(std::size_t, ByteView stretch) override { out_.write(stretch); }
    Lane* lane() override { return &lane_; }
    void end(std::size_t) override {
        if (streaming_) write_zeros(canonical_padding(size_));
    }

    /// Ends the file. The digest is that of the canonical form if streamed() holds for the tree.
    void finish() {
        if (streaming_) write_zeros(canonical_end_size);
        flush();
    }
    /// True when what was streamed is what the writer would make of `nodes`.
    bool streamed(const Tree& tree, const std::vector<CanonicalNode>& nodes) const {
        if (!streaming_ || !tree.link_headers.empty()) return false;
        const std::vector<Entry>& entries = tree.keep.front()->entries;
        auto link = links_.begin();
        std::size_t at = 0;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (entries[i].whiteout == Whiteout::aufs) continue;
            if (at == nodes.size() || nodes[at].own != &entries[i]) return false;
            const Inode& inode = tree.inode_of(nodes[at++].node);
            const bool is_link = link != links_.end() && link->link == i;
            const std::size_t carrier = is_link ? (link++)->carrier : i;
            if (entries[i].whiteout != Whiteout::none) continue;
            if (inode.content != &entries[carrier] || !same_header(*inode.content, *inode.meta)) return false;
        }
        return at == nodes.size();
    }
    const std::vector<std::uint64_t>& header_hashes() const { return hashes_; }
    std::uint64_t size() const { return out_.size(); }
    /// The second is that with a root in front, where it is wanted.
    std::pair<Digest, std::optional<Digest>> digests() {
        std::pair<Digest, std::optional<Digest>> both{hashing_.finish(), std::nullopt};
        if (behind_root_) both.second = behind_root_->finish();
        if (begins_with_root_) both.second = both.first;
        return both;
    }
    std::shared_ptr<const File> take_file() { return file_.finish(); }
    std::vector<std::uint64_t> take_offsets() { return std::move(offsets_); }

private:
    void append(const CanonicalMember& member) { hashes_.push_back(append_canonical_header(header_, member)); }

    /// False when the entry cannot be written here.
    bool append_header(const LayerListing& so_far, const Entry& entry) {
        if (entry.whiteout == Whiteout::aufs) {
            has_aufs_ = true;
            return entry.size == 0;
        }
        if (!first_ && compare_canonical(last_, entry.path) >= 0) return false;
        first_ = false;
        last_ = entry.path;
        if (entry.whiteout != Whiteout::none) {
            append(canonical_whiteout(entry.path));
            return entry.size == 0;
        }
        if (entry.type == EntryType::hardlink) return append_link(so_far, entry);
        append(member_of(entry));
        return true;
    }

    bool append_link(const LayerListing& so_far, const Entry& entry) {
        if (has_aufs_) return false; // the entries are not sorted
        const std::vector<Entry>& entries = so_far.entries;
        const auto target =
            std::lower_bound(entries.begin(), entries.end(), entry.link,
                             [](const Entry& e, std::string_view path) { return compare_canonical(e.path, path) < 0; });
        if (target == entries.end() || target->path != entry.link) {
            append(member_of(entry));
            return true;
        }
        const std::size_t carrier = carrier_of(static_cast<std::size_t>(target - entries.begin()));
        const Entry& carries = entries[carrier];
        if (carries.whiteout != Whiteout::none || !same_header(entry, carries) || has_attributes(entry)) return false;
        append(as_link(member_of(carries), entry.path, carries.path));
        links_.push_back({entries.size(), carrier});
        return true;
    }

    std::size_t carrier_of(std::size_t index) const {
        const auto link = std::lower_bound(links_.begin(), links_.end(), index,
                                           [](const StreamedLink& l, std::size_t i) { return l.link < i; });
        return link != links_.end() && link->link == index ? link->carrier : index;
    }

    /// The member of an entry that is alone in its inode, as far as is known.
    CanonicalMember member_of(const Entry& entry) {
        single_.inodes.front().content = &entry;
        single_.inodes.front().meta = &entry;
        return canonical_member(single_, {.path = entry.path, .inode = 0, .layer = 0}, profile_, ignore_);
    }

    /// Nothing is waiting for the lane yet.
    void begin_with_root(const Entry& first) {
        begins_with_root_ = first.path.empty();
        if (begins_with_root_) return;
        header_.clear();
        append_canonical_header(header_, member_of(implied_directory()));
        behind_root_.emplace().update(as_bytes(header_));
    }

    void write_block(ByteView block) {
        if (behind_root_) behind_root_->update(block);
        hashing_.write(block);
    }

    void write_zeros(std::uint64_t count) {
        out_.write(std::string_view(zeros_.data(), static_cast<std::size_t>(count)));
    }

    /// All that was streamed is hashed and written then.
    void flush() {
        out_.flush();
        lane_.finish();
    }

    const Profile& profile_;
    Contents contents_;
    SpoolFile file_;
    MaybeHashing hashing_;
    Lane lane_; ///< what hashing_ gets
    LaneSink lane_sink_;
    BlockSink out_;
    bool with_root_;
    bool begins_with_root_ = false;
    std::optional<Hasher> behind_root_; ///< where the first entry is not the root
    std::string header_;
    std::string zeros_ = std::string(canonical_end_size, '\0');
    std::vector<std::uint64_t> offsets_;
    std::vector<std::uint64_t> hashes_; ///< of the header blocks of each member
    std::vector<StreamedLink> links_;   ///< ascending
    Tree single_;
    XattrDropped ignore_ = [](std::string_view, const std::string&) {};
    std::string_view last_;
    bool first_ = true;
    bool has_aufs_ = false;
    bool streaming_ = true;
    std::uint64_t size_ = 0; ///< of the current content
};

/// The canonical form written from the content, into a file where one is wanted.
void write_again(const Tree& tree, const std::string& name, const CanonicalOptions& options, SpooledLayer& spooled) {
    SpooledContent content;
    content.add(spooled);
    std::optional<SpoolFile> file;
    if (options.keep_stream) file.emplace("the canonical form of " + name, options.directory);
    NullSink nowhere;
    spooled.canonical =
        write_canonical_layer(tree, options.profile, content, file ? static_cast<ByteSink&>(*file) : nowhere,
                              options.log ? &spooled.log : nullptr);
    if (file) spooled.stream = file->finish();
    const bool lists_root = !tree.nodes.empty() && tree.nodes.front().path.empty();
    if (options.with_root && lists_root) spooled.with_root = spooled.canonical.digest;
}

void make_canonical(const std::string& name, CanonicalStreamer& streamer, const CanonicalOptions& options,
                    SpooledLayer& spooled) {
    const Tree tree = build_layer_tree(spooled.listing, 0);
    const std::vector<CanonicalNode> nodes = canonical_nodes(tree);
    if (!streamer.streamed(tree, nodes)) return write_again(tree, name, options, spooled);
    if (!options.read_back) std::tie(spooled.canonical.digest, spooled.with_root) = streamer.digests();
    spooled.canonical.size = streamer.size();
    if (options.keep_stream) spooled.stream = spooled.content;
    if (options.changes) {
        spooled.canonical.changes = canonical_changes(tree, nodes, options.profile, streamer.header_hashes(),
                                                      options.log ? &spooled.log : nullptr);
    }
}

/// Every byte of a canonical form is in the header of a member, which was hashed when it was made; in its content,
/// which a proof compares with the source's; or a zero.
bool is_what_was_streamed(const CanonicalStreamer& streamer, const LayerListing& written) {
    const std::vector<std::uint64_t>& hashes = streamer.header_hashes();
    const auto same = [](const Entry& entry, std::uint64_t hash) {
        return entry.header_hash == hash && entry.padding_zero;
    };
    constexpr TarTail end{.zero_blocks = canonical_end_size / tar_block};
    return written.uncompressed == streamer.size() && written.tail == end &&
           std::equal(written.entries.begin(), written.entries.end(), hashes.begin(), hashes.end(), same);
}

/// Reads the canonical form from its file, and gives it its digest.
void read_back(const std::string& name, const CanonicalStreamer& streamer, const LayerLimits& limits,
               const CanonicalOptions& options, SpooledLayer& spooled) {
    LayerRef layer;
    layer.name = "the canonical form of " + name;
    layer.stored_size = spooled.stream->size();
    layer.open = [&spooled]() -> std::unique_ptr<ByteSource> {
        return std::make_unique<FileRange>(spooled.stream, 0, spooled.stream->size());
    };
    NoContent unseen(options.contents);
    spooled.written = list_blob(layer, limits, nullptr, &unseen);
    const bool streamed = spooled.stream == spooled.content;
    if (streamed) spooled.canonical.digest = spooled.written->diff_id;
    const bool same = streamed ? is_what_was_streamed(streamer, *spooled.written)
                               : spooled.canonical.digest == spooled.written->diff_id;
    if (!same) fail(ErrorKind::unverified, "the temporary file is not what was written to it");
}

/// Enough for some hundred small files, or a part of a large one.
constexpr std::size_t window_size = std::size_t{128} << 10;

} // namespace

std::shared_ptr<const SpooledLayer> spool_layer(const LayerRef& layer, const LayerLimits& limits, Progress* progress,
                                                const CanonicalOptions& options) {
    CanonicalStreamer streamer(layer.name, options);
    auto spooled = std::make_shared<SpooledLayer>();
    spooled->listing = read_layer(layer, limits, progress, &streamer);
    within(layer.name, [&] {
        streamer.finish();
        spooled->content = streamer.take_file();
        spooled->offsets = streamer.take_offsets();
        make_canonical(layer.name, streamer, options, *spooled);
    });
    if (options.read_back) read_back(layer.name, streamer, limits, options, *spooled);
    return spooled;
}

void SpooledContent::add(const SpooledLayer& layer) {
    if (layer.listing->entries.empty()) return;
    const auto less = [](const Reader& a, const Reader& b) {
        return std::less<>()(a.layer->listing->entries.data(), b.layer->listing->entries.data());
    };
    Reader reader{.layer = &layer, .window = {}, .start = 0, .held = 0};
    readers_.insert(std::upper_bound(readers_.begin(), readers_.end(), reader, less), std::move(reader));
}

void SpooledContent::copy(const Entry& entry, ByteSink& out) {
    const auto after = std::upper_bound(readers_.begin(), readers_.end(), &entry, [](const Entry* e, const Reader& r) {
        return std::less<>()(e, r.layer->listing->entries.data());
    });
    const auto fail_unknown = [&]() {
        fail(ErrorKind::unreadable, printable(entry.path) + ": its content was not kept");
    };
    if (after == readers_.begin()) fail_unknown();
    Reader& reader = *(after - 1);
    const auto index = static_cast<std::size_t>(&entry - reader.layer->listing->entries.data());
    if (index >= reader.layer->offsets.size()) fail_unknown();
    std::uint64_t offset = reader.layer->offsets[index];
    for (std::uint64_t left = entry.size; left > 0;) {
        if (offset < reader.start || offset >= reader.start + reader.held) load(reader, offset, entry);
        const std::size_t from = static_cast<std::size_t>(offset - reader.start);
        const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left, reader.held - from));
        out.write(ByteView(reader.window).subspan(from, count));
        offset += count;
        left -= count;
    }
}

void SpooledContent::load(Reader& reader, std::uint64_t offset, const Entry& entry) {
    reader.window.resize(window_size);
    reader.start = offset;
    reader.held = reader.layer->content->read_at(offset, reader.window);
    if (reader.held == 0)
        fail(ErrorKind::unreadable, printable(entry.path) + ": the temporary file is shorter than it was");
}

} // namespace touchstone
