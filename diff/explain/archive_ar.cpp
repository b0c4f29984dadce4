// ar: static libraries and Debian packages. Headers of 60 characters; long names in a member "//" (GNU) or in front of
// the data (BSD); symbol tables that repeat where each symbol's object lies.
#include "diff/explain/archive_bytes.h"

#include "base/text.h"
#include "diff/explain/archive_formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace touchstone::archives {

namespace {

constexpr std::string_view magic = "!<arch>\n";
constexpr std::uint64_t header_size = 60;
constexpr std::size_t longest_name = 1024; // many members may share one long name, so it must not be a large one

constexpr std::string_view pad = " "; // behind every field

class ArArchive final : public Archive {
public:
    using Archive::Archive;

    Parsed read(std::uint64_t most);
    Fields fields(const Member& member) const override;
    std::optional<std::string> meaning(const Member& member) const override;

private:
    std::string_view field(std::uint64_t header, std::uint64_t offset, std::uint64_t size) const {
        return as_text(bytes.subspan(header + offset, size));
    }
    bool read_member(std::uint64_t offset);
    static void add_mode(FieldList& list, std::optional<std::int64_t> mode);
    bool take_name(Member& member, std::string_view raw);
    std::optional<std::string> meaning_of_symbols(const Member& member, std::size_t width) const;
    std::optional<std::string> meaning_of_names(const Member& member) const;

    std::string_view long_names_;
    bool has_long_names_ = false;
};

bool ArArchive::read_member(std::uint64_t offset) {
    if (!fits(bytes, offset, header_size) || field(offset, 58, 2) != "`\n") return false;
    const auto size = digits(field(offset, 48, 10), 10);
    if (!size || !fits(bytes, offset + header_size, static_cast<std::uint64_t>(*size))) return false;
    Member member;
    member.header = {offset, header_size};
    member.data = {offset + header_size, static_cast<std::uint64_t>(*size)};
    if (!take_name(member, trimmed_end(field(offset, 0, 16), pad))) return false;
    // The last member's padding is left out by some writers.
    const bool padded = member.data.end() % 2 == 1 && member.data.end() < bytes.size();
    member.after = {member.data.end(), padded ? 1U : 0U};
    if (member.name == "//") {
        if (std::exchange(has_long_names_, true)) return false;
        long_names_ = as_text(cut(bytes, member.data));
    }
    members.push_back(member);
    return true;
}

bool ArArchive::take_name(Member& member, std::string_view raw) {
    member.name = raw;
    if (raw.empty()) return false;
    if (raw.starts_with("#1/")) { // BSD: so many bytes of the data are the name
        const auto length = digits(raw.substr(3), 10);
        if (!length || static_cast<std::uint64_t>(*length) > member.data.size) return false;
        if (static_cast<std::uint64_t>(*length) > longest_name) return false;
        const auto size = static_cast<std::uint64_t>(*length);
        const std::string_view name = as_text(bytes.subspan(member.data.offset, size));
        member.name = name.substr(0, name.find('\0'));
        member.header.size += size;
        member.data = {member.data.offset + size, member.data.size - size};
        return true;
    }
    if (raw == "/" || raw == "//" || raw == "/SYM64/") return true;
    if (!raw.starts_with('/')) {
        if (raw.ends_with('/')) member.name.remove_suffix(1); // GNU ends short names like this
        return true;
    }
    const auto offset = digits(raw.substr(1), 10);
    if (!offset || static_cast<std::uint64_t>(*offset) >= long_names_.size()) return false;
    const std::string_view rest = long_names_.substr(static_cast<std::size_t>(*offset));
    const std::size_t end = rest.substr(0, longest_name + 2).find("/\n");
    if (end == std::string_view::npos || end == 0) return false;
    member.name = rest.substr(0, end);
    return true;
}

Parsed ArArchive::read(std::uint64_t most) {
    std::uint64_t offset = magic.size();
    while (offset < bytes.size()) {
        if (members.size() == most) return {nullptr, true};
        if (!read_member(offset)) return {};
        offset = members.back().after.end();
    }
    FieldList(outer, 0).add(magic.size(), "mark");
    // dpkg-deb reads the members of a package in this order only.
    // BSD's symbol tables are not read here, so that which member comes first may matter.
    fixed_order = !members.empty() &&
                  (members.front().name == "debian-binary" || members.front().name.substr(0, 9) == "__.SYMDEF");
    return {};
}

// `ar D` leaves the type out, `ar U` writes it: for a plain file that is another way to say the same.
void ArArchive::add_mode(FieldList& list, std::optional<std::int64_t> mode) {
    constexpr std::int64_t regular_file = 0100000;
    if (!mode) {
        list.add(8, "mode");
        return;
    }
    list.add(8, "spelling of the mode", FieldKind::encoding).value = fmt::format("{:o}", *mode);
    const std::int64_t type = *mode & ~std::int64_t{07777};
    list.note("mode", fmt::format("{:o}", type == regular_file ? *mode - type : *mode));
}

Fields ArArchive::fields(const Member& member) const {
    const std::uint64_t at = member.header.offset;
    Fields fields;
    FieldList list(fields, at);
    const std::string_view raw = trimmed_end(field(at, 0, 16), pad);
    const bool reference = raw.starts_with('/') && raw.size() > 1 && raw[1] >= '0' && raw[1] <= '9';
    list.add(16, "name", reference ? FieldKind::structure : FieldKind::plain);
    // Blank where a member is ar's own.
    const bool blank = trimmed_end(field(at, 16, 12), pad).empty();
    list.time(12, "mtime", blank ? std::optional<std::int64_t>(0) : digits(field(at, 16, 12), 10));
    list.number(6, "uid", FieldKind::owner, digits(field(at, 28, 6), 10));
    list.number(6, "gid", FieldKind::owner, digits(field(at, 34, 6), 10));
    add_mode(list, digits(field(at, 40, 8), 8));
    list.number(10, "size", FieldKind::structure, digits(field(at, 48, 10), 10));
    list.add(2, "end of header");
    list.add(member.header.end() - list.offset(), "long name");
    // One line feed makes an odd size even.
    const bool usual = as_text(cut(bytes, member.after)) == "\n";
    FieldList(fields, member.after.offset)
        .add(member.after.size, "padding", usual || member.after.size == 0 ? FieldKind::structure : FieldKind::plain);
    return fields;
}

std::optional<std::string> ArArchive::meaning(const Member& member) const {
    if (member.name == "/") return meaning_of_symbols(member, 4);
    if (member.name == "/SYM64/") return meaning_of_symbols(member, 8);
    if (member.name == "//") return meaning_of_names(member);
    return {};
}

// A count, so many offsets of headers, so many names that end in NUL. What counts is which member has which symbol,
// and which member comes first where several have it.
std::optional<std::string> ArArchive::meaning_of_symbols(const Member& member, std::size_t width) const {
    constexpr std::uint64_t most_symbols = 1'000'000; // LLVM's libraries have some ten thousand each
    constexpr std::size_t largest_text = std::size_t{64} << 20;
    const ByteView data = cut(bytes, member.data);
    if (data.size() < width) return {};
    const std::uint64_t count = big_number(data, 0, width);
    if (count > most_symbols || count > (data.size() - width) / width) return {};
    using Label = std::pair<std::string_view, std::size_t>; // a member's name and occurrence
    std::map<std::uint64_t, Label> labels;
    std::map<std::string_view, std::size_t> seen;
    for (const Member& each : members) labels[each.header.offset] = {each.name, seen[each.name]++};
    std::string_view names = as_text(data.subspan(width * (1 + count)));
    std::vector<std::pair<std::string_view, Label>> symbols;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto label = labels.find(big_number(data, width * (1 + i), width));
        const std::size_t end = names.find('\0');
        if (label == labels.end() || end == std::string_view::npos) return {};
        symbols.emplace_back(names.substr(0, end), label->second);
        names.remove_prefix(end + 1);
    }
    if (names.size() >= width || !all_zero(as_bytes(names))) return {}; // more than padding
    std::stable_sort(symbols.begin(), symbols.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string text;
    for (const auto& [symbol, label] : symbols) {
        // With sizes, because names may hold any byte.
        text += fmt::format("{} {} {} {} {}\n", symbol.size(), symbol, label.first.size(), label.first, label.second);
        if (text.size() > largest_text) return {};
    }
    return text;
}

std::optional<std::string> ArArchive::meaning_of_names(const Member& member) const {
    std::string_view rest = as_text(cut(bytes, member.data));
    std::vector<std::string_view> names;
    while (!rest.empty() && rest != "\n") {
        const std::size_t end = rest.find("/\n");
        if (end == std::string_view::npos) return {};
        names.push_back(rest.substr(0, end));
        rest.remove_prefix(end + 2);
    }
    std::sort(names.begin(), names.end());
    std::string text;
    for (const std::string_view name : names) text.append(name).append("/\n");
    return text;
}

} // namespace

Parsed parse_ar(std::string_view, ByteView bytes, const ExplainLimits& limits) {
    if (!as_text(bytes).starts_with(magic)) return {};
    auto archive = std::make_unique<ArArchive>(bytes);
    const Parsed result = archive->read(limits.members);
    if (result.too_many) return {nullptr, true};
    if (archive->outer.empty()) return {}; // given up on the way
    return {std::move(archive), false};
}

} // namespace touchstone::archives
