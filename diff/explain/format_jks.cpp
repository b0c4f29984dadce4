// Java key stores: entries known by their alias, each with the time of its making, in the order of a hash table; a
// digest with the password in front ends the file. The public password of trust stores lets it be recomputed.
#include "diff/explain/binary_formats.h"

#include <fmt/format.h>

namespace touchstone {

namespace {

constexpr std::uint64_t entry_limit = 100'000; ///< a trust store has 150
constexpr std::uint64_t digest_size = 20;
constexpr std::uint64_t key_entry = 1;
constexpr std::uint64_t certificate_entry = 2;

class KeystoreReader {
public:
    KeystoreReader(ByteView bytes, FieldLayout& layout) : numbers_{bytes, true}, layout_(layout) {}

    bool run() {
        const std::uint64_t size = numbers_.bytes.size();
        version_ = numbers_.at(4, 4);
        const std::uint64_t count = numbers_.at(8, 4);
        if (size < 12 + digest_size || (version_ != 1 && version_ != 2) || count > entry_limit) return false;
        end_ = size - digest_size;
        layout_.stretches.push_back({"header", {0, 12}});
        at_ = 12;
        for (std::uint64_t i = 0; i < count; ++i) {
            if (!entry()) return false;
        }
        if (at_ != end_) return false;
        layout_.stretches.push_back({"digest", {end_, digest_size}});
        layout_.fields.push_back(checksum_field("digest", {end_, digest_size}, digest_is_right(),
                                                "the digest of the store with the password \"changeit\", right on "
                                                "both sides"));
        layout_.order = CauseId::hash_order;
        return true;
    }

private:
    bool skip(std::uint64_t size) {
        if (size > end_ - at_) return false;
        at_ += size;
        return true;
    }
    std::optional<std::uint64_t> take(std::size_t size) {
        const std::uint64_t value = numbers_.at(at_, size);
        if (!skip(size)) return std::nullopt;
        return value;
    }
    bool counted(std::size_t size_of_length) {
        const auto size = take(size_of_length);
        return size && skip(*size);
    }
    bool certificate() { return (version_ == 1 || counted(2)) && counted(4); }

    bool entry() {
        const std::uint64_t from = at_;
        const auto kind = take(4);
        const auto alias_size = take(2);
        if (!kind || !alias_size || !skip(*alias_size)) return false;
        const std::string alias = fmt::format("entry {}", numbers_.text({at_ - *alias_size, *alias_size}));
        const Span stamp{at_, 8};
        const auto made = take(8);
        if (!made) return false;
        if (!(*kind == key_entry ? key() : *kind == certificate_entry && certificate())) return false;
        layout_.stretches.push_back({alias, {from, at_ - from}});
        layout_.fields.push_back(time_field(alias + ": time", stamp, static_cast<std::int64_t>(*made / 1000)));
        return true;
    }

    bool key() {
        if (!counted(4)) return false;
        const auto chain = take(4);
        if (!chain || *chain > entry_limit) return false;
        for (std::uint64_t i = 0; i < *chain; ++i) {
            if (!certificate()) return false;
        }
        return true;
    }

    /// SHA-1 over the password in UTF-16, a fixed text, and all before the digest.
    bool digest_is_right() const {
        std::string text;
        for (const char c : std::string_view("changeit")) {
            text += '\0';
            text += c;
        }
        text += "Mighty Aphrodite";
        text += numbers_.text({0, end_});
        return sha1_of(as_bytes(text)) == numbers_.text({end_, digest_size});
    }

    Numbers numbers_;
    FieldLayout& layout_;
    std::uint64_t version_ = 0;
    std::uint64_t at_ = 0;
    std::uint64_t end_ = 0;
};

} // namespace

bool recognizes_jks(std::string_view, ByteView bytes) {
    return as_text(bytes).starts_with("\xfe\xed\xfe\xed");
}

bool analyze_jks(const Subject& subject, Analyzer& analyzer, Part& part) {
    std::array<FieldLayout, 2> layouts;
    for (std::size_t side : {0U, 1U}) {
        if (!KeystoreReader(subject.bytes.at(side), layouts.at(side)).run()) return false;
    }
    return compare_layouts(subject, analyzer, part, std::move(layouts));
}

} // namespace touchstone
