// The chain of sources under one layer: stored bytes, counted and hashed; inflated; hashed again; read as a tar.
// Whatever goes wrong further in, the stored bytes are hashed to their end first: nothing is said about bytes that are
// not the promised ones but that they are not.
#include "image/layer.h"

#include "base/ahead.h"
#include "base/error.h"
#include "base/fingerprint.h"
#include "base/printable.h"
#include "image/descriptor.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace touchstone {

namespace {

/// Counts what passes for those who watch.
class ProgressSource final : public ByteSource {
public:
    ProgressSource(std::unique_ptr<ByteSource> inner, Progress* progress)
        : inner_(std::move(inner)), progress_(progress) {}
    std::size_t read(ByteSpan buffer) override {
        const std::size_t count = inner_->read(buffer);
        if (progress_ != nullptr) progress_->bytes += count;
        return count;
    }
    void accepted(const Digest& digest) override { inner_->accepted(digest); }

private:
    std::unique_ptr<ByteSource> inner_;
    Progress* progress_;
};

/// A decoder that threw must not be asked again; the same error comes each time.
class StickySource final : public ByteSource {
public:
    explicit StickySource(std::unique_ptr<ByteSource> inner) : inner_(std::move(inner)) {}
    std::size_t read(ByteSpan buffer) override {
        if (error_) std::rethrow_exception(error_);
        try {
            return inner_->read(buffer);
        } catch (const Error&) {
            error_ = std::current_exception();
            throw;
        }
    }

private:
    std::unique_ptr<ByteSource> inner_;
    std::exception_ptr error_;
};

std::unique_ptr<VerifyingSource> open_blob(const LayerRef& layer, Progress* progress) {
    return std::make_unique<VerifyingSource>(std::make_unique<ProgressSource>(layer.open(), progress),
                                             Expected{layer.digest, layer.size}, "blob");
}

/// Blob and uncompressed stream of one layer, both verified at their ends.
class LayerStream {
public:
    /// `output` may be null; see AheadSource.
    LayerStream(const LayerRef& layer, const LayerLimits& limits, Progress* progress, Lane* output = nullptr)
        : blob_has_digest_(layer.digest.has_value()), sticky_blob_(nullptr) {
        auto blob = open_blob(layer, progress);
        blob_ = blob.get();
        auto sticky = std::make_unique<StickySource>(std::move(blob));
        sticky_blob_ = sticky.get();
        auto decoder = std::make_unique<StickySource>(inflate(std::move(sticky), limits.inflate, facts_));
        const Expected promised{layer.diff_id, std::nullopt};
        const DigestAlgorithm algorithm = VerifyingSource::algorithm_of(promised);
        // What is stored plain is one stream: it is hashed once, where it is read, because putting that off would cost
        // a copy.
        const bool one_stream = facts_.kind == Compression::none && algorithm == blob_->algorithm();
        AheadWork work{.input = nullptr, .output = output, .hash = std::nullopt};
        if (!one_stream) {
            work.input = &blob_->lane();
            work.hash = algorithm;
        }
        auto ahead = std::make_unique<AheadSource>(std::move(decoder), work);
        ahead_ = ahead.get();
        StreamHash* const hash = one_stream ? static_cast<StreamHash*>(blob_) : ahead_;
        stream_ = std::make_unique<VerifyingSource>(std::move(ahead), promised, "diffID", hash);
    }

    ByteSource& source() { return *stream_; }
    const VerifyingSource& blob() const { return *blob_; }
    const VerifyingSource& stream() const { return *stream_; }
    const CompressionFacts& facts() const { return facts_; }

    /// Runs `work` on the stream and reads both to their ends. When something fails, the promises are checked first.
    template <class Work>
    void run(Work&& work) {
        try {
            work();
            drain(*stream_);
            drain(*sticky_blob_);
        } catch (const Error& error) {
            check_promises(error);
            throw;
        }
    }

private:
    void check_promises(const Error& error) {
        const auto check = [&](ByteSource& source) {
            try {
                drain(source);
            } catch (const Error& other) {
                // A blob that cannot be read to its end is as little verified as one that is different.
                const bool same = std::string_view(other.what()) == error.what();
                if (same || other.kind() == ErrorKind::malformed || other.kind() == ErrorKind::over_limit) return;
                fail(other.kind(), fmt::format("{} (and reading it failed: {})", other.what(), error.what()));
            }
        };
        // Without a digest of the blob the diffID is the only promise. A bomb is not inflated to its end for it, and a
        // stream that has failed its own check has nothing more to say.
        const bool may_go_on = error.kind() != ErrorKind::over_limit && error.kind() != ErrorKind::unverified;
        if (!blob_has_digest_ && may_go_on) check(*stream_);
        ahead_->stop();
        check(*sticky_blob_);
    }

    bool blob_has_digest_;
    CompressionFacts facts_;
    VerifyingSource* blob_ = nullptr; // owned by sticky_blob_
    StickySource* sticky_blob_;       // owned by the decoder, which stream_ owns
    AheadSource* ahead_ = nullptr;    // owned by stream_
    std::unique_ptr<VerifyingSource> stream_;
};

void keep_digests(const LayerStream& stream, LayerListing& listing) {
    listing.blob = stream.blob().digest();
    listing.diff_id = stream.stream().digest();
    listing.size = stream.blob().bytes();
    listing.uncompressed = stream.stream().bytes();
    listing.compression = stream.facts();
}

/// Hashes the files of a layer one after the other, in the way that was asked for. Empty files are many and have one
/// known value.
class EntryHasher {
public:
    explicit EntryHasher(Contents kind) : kind_(kind) {
        if (kind == Contents::fingerprints) fingerprinter_.emplace();
        empty_ = finish();
    }

    /// Reads the content of the current member, and shows it to `visitor` where there is one.
    Sha256 read(TarReader& reader, std::size_t index, ContentVisitor* visitor) {
        ByteView bytes = reader.content();
        const bool nothing = bytes.empty();
        for (; !bytes.empty(); bytes = reader.content()) {
            update(bytes);
            if (visitor != nullptr) visitor->bytes(index, bytes);
        }
        if (visitor != nullptr) visitor->end(index);
        return nothing ? empty_ : finish();
    }

private:
    void update(ByteView bytes) {
        if (kind_ == Contents::digests) hasher_.update(bytes);
        if (kind_ == Contents::fingerprints) fingerprinter_->update(bytes);
    }
    Sha256 finish() {
        Sha256 value{};
        if (kind_ == Contents::digests) value = hasher_.finish_sha256();
        if (kind_ == Contents::fingerprints) {
            const Fingerprint fingerprint = fingerprinter_->finish();
            std::copy(fingerprint.begin(), fingerprint.end(), value.begin());
        }
        return value;
    }

    Contents kind_;
    Hasher hasher_;
    std::optional<Fingerprinter> fingerprinter_;
    Sha256 empty_{};
};

void list_entries(ByteSource& source, const LayerLimits& limits, LayerListing& listing, ContentVisitor* visitor) {
    TarReader reader(source, listing.arena, listing.owner_names, listing.oddities, limits.tar);
    EntryHasher hasher(visitor == nullptr ? Contents::digests : visitor->contents());
    Entry entry;
    while (reader.next(entry)) {
        if (visitor != nullptr) visitor->entry(listing, entry);
        if (entry.type == EntryType::file) {
            const std::size_t index = listing.entries.size();
            ContentVisitor* const wanted = visitor != nullptr && visitor->wants(index, entry) ? visitor : nullptr;
            entry.content = hasher.read(reader, index, wanted);
            entry.padding_zero = reader.padding_zero();
        }
        listing.entries.push_back(std::move(entry));
    }
    listing.tail = reader.tail();
    // Room that a million entries left over is worth a copy; that of a few thousand is not.
    constexpr std::size_t large = std::size_t{16} << 20;
    if ((listing.entries.capacity() - listing.entries.size()) * sizeof(Entry) > large) listing.entries.shrink_to_fit();
}

} // namespace

void ContentVisitor::entry(const LayerListing&, const Entry&) {}

void compare_with_reference(const LayerRef& layer, LayerListing& listing) {
    const auto note = [&](OddityCode code, std::string detail) {
        listing.oddities.push_back({code, {}, std::move(detail), -1});
    };
    if (listing.size == 0) {
        // containerd takes it for an empty layer; that there is no end marker goes without saying.
        std::erase_if(listing.oddities, [](const Oddity& oddity) { return oddity.code == OddityCode::no_end_marker; });
        note(OddityCode::empty_layer_blob, {});
        return;
    }
    const std::string_view promised = media_type_of(layer.media_type).compression;
    const std::string_view found = name_of(listing.compression.kind);
    if (!promised.empty() && promised != found) {
        note(OddityCode::media_type_mismatch,
             fmt::format("{} says {}, the bytes say {}", printable(layer.media_type), promised, found));
    }
    if (listing.compression.zero_padding != 0) {
        note(OddityCode::compressed_padding, fmt::format("{} bytes", listing.compression.zero_padding));
    }
    compare_toc_annotations(layer, listing);
}

std::unique_ptr<LayerListing> list_blob(const LayerRef& layer, const LayerLimits& limits, Progress* progress,
                                        ContentVisitor* visitor) {
    std::unique_ptr<LayerListing> found = within(layer.name, [&] {
        auto listing = std::make_unique<LayerListing>();
        LayerStream stream(layer, limits, progress, visitor == nullptr ? nullptr : visitor->lane());
        stream.run([&] {
            list_entries(stream.source(), limits, *listing, visitor);
            check_entries(*listing);
        });
        keep_digests(stream, *listing);
        if (progress != nullptr) ++progress->layers;
        return listing;
    });
    check_lazy_view(layer, limits, visitor == nullptr ? Contents::digests : visitor->contents(), *found);
    return found;
}

std::unique_ptr<LayerListing> read_layer(const LayerRef& layer, const LayerLimits& limits, Progress* progress,
                                         ContentVisitor* visitor) {
    std::unique_ptr<LayerListing> listing = list_blob(layer, limits, progress, visitor);
    compare_with_reference(layer, *listing);
    return listing;
}

void verify_blob(const LayerRef& layer, Progress* progress) {
    within(layer.name, [&] {
        drain(*open_blob(layer, progress));
        if (progress != nullptr) ++progress->layers;
    });
}

std::unique_ptr<LayerListing> verify_layer(const LayerRef& layer, const LayerLimits& limits, Progress* progress) {
    return within(layer.name, [&] {
        auto listing = std::make_unique<LayerListing>();
        LayerStream stream(layer, limits, progress);
        stream.run([] {});
        keep_digests(stream, *listing);
        if (progress != nullptr) ++progress->layers;
        return listing;
    });
}

void visit_content(const LayerRef& layer, const LayerLimits& limits, ContentVisitor& visitor) {
    within(layer.name, [&] {
        LayerStream stream(layer, limits, nullptr);
        stream.run([&] {
            Arena arena;
            StringTable owners;
            std::vector<Oddity> oddities;
            TarReader reader(stream.source(), arena, owners, oddities, limits.tar);
            Entry entry;
            for (std::size_t index = 0; reader.next(entry); ++index) {
                if (entry.type != EntryType::file || !visitor.wants(index, entry)) continue;
                for (ByteView bytes = reader.content(); !bytes.empty(); bytes = reader.content()) {
                    visitor.bytes(index, bytes);
                }
                visitor.end(index);
            }
        });
    });
}

void read_contents(const LayerRef& layer, const LayerLimits& limits, std::span<const std::size_t> indices,
                   ContentVisitor& visitor) {
    within(layer.name, [&] {
        CompressionFacts facts;
        AheadSource source(inflate(layer.open(), limits.inflate, facts));
        Arena arena;
        StringTable owners;
        std::vector<Oddity> oddities;
        TarReader reader(source, arena, owners, oddities, limits.tar);
        Entry entry;
        auto next = indices.begin();
        for (std::size_t index = 0; next != indices.end() && reader.next(entry); ++index) {
            if (index != *next) continue;
            ++next;
            if (!visitor.wants(index, entry)) continue;
            for (ByteView bytes = reader.content(); !bytes.empty(); bytes = reader.content()) {
                visitor.bytes(index, bytes);
            }
            visitor.end(index);
        }
    });
}

} // namespace touchstone
