// Order and precedence are those of Go's archive/tar mergePAX and next(); the refused types are those for which
// containerd's and Docker's appliers have no case.
#include "image/tar_member.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace touchstone {

namespace {

constexpr std::string_view xattr_prefix = "SCHILY.xattr.";
constexpr std::string_view acl_prefix = "SCHILY.acl.";
constexpr std::int64_t largest_id = 4294967294;                    // 2^32-1 means "leave it" to chown(2)
constexpr std::int64_t latest_time = 9223372036;                   // 2^63 ns: containerd's boundTime
constexpr std::size_t longest_xattr_name = 255;                    // XATTR_NAME_MAX
constexpr std::size_t longest_xattr_value = std::size_t{64} << 10; // XATTR_SIZE_MAX

struct Merge {
    TarExtensions& extensions;
    TarHeader& header;
    Entry& entry;
    const TarPlace& place;
    std::uint64_t xattr_bytes = 0;

    void note(OddityCode code, std::string_view detail) const {
        extensions.notes.push_back({code, printable_short(detail)});
    }
    EntryExtra& extra() const {
        if (!entry.extra) entry.extra = std::make_unique<EntryExtra>();
        return *entry.extra;
    }
    std::int64_t integer(const PaxRecord& record) const;
    Timestamp time(const PaxRecord& record) const;
    void xattr(const PaxRecord& record);
    void other(const PaxRecord& record) const;
    bool field(const PaxRecord& record);
};

[[noreturn]] void refuse_value(const PaxRecord& record, const TarPlace& place, std::string_view expected) {
    fail_at(place, ErrorKind::malformed,
            fmt::format("pax {}: expected {}, found \"{}\"", printable(record.key), expected,
                        printable_short(record.value, 60)));
}

std::int64_t Merge::integer(const PaxRecord& record) const {
    const std::optional<std::int64_t> value = parse_go_integer(record.value);
    if (!value) refuse_value(record, place, "a decimal number of 63 bits");
    if (is_odd_number(record.value)) note(OddityCode::pax_number_odd, fmt::format("{}={}", record.key, record.value));
    return *value;
}

Timestamp Merge::time(const PaxRecord& record) const {
    const std::optional<Timestamp> value = parse_pax_time(record.value);
    if (!value) refuse_value(record, place, "seconds, perhaps with a fraction");
    const std::string_view whole = record.value.substr(0, record.value.find('.'));
    if (is_odd_number(whole)) note(OddityCode::pax_number_odd, fmt::format("{}={}", record.key, record.value));
    return *value;
}

void Merge::xattr(const PaxRecord& record) {
    const std::string_view name = record.key.substr(xattr_prefix.size());
    xattr_bytes += name.size() + record.value.size();
    if (record.value.empty()) note(OddityCode::xattr_empty, name);
    const bool host_dependent =
        name.starts_with("trusted.") || (name.starts_with("security.") && name != "security.capability");
    if (host_dependent) note(OddityCode::xattr_host_dependent, name);
    if (name.size() > longest_xattr_name || record.value.size() > longest_xattr_value) {
        note(OddityCode::xattr_oversized, name);
    }
    extra().xattrs.emplace_back(name, record.value);
}

// Records that are no field: kept verbatim; some of them other readers obey.
void Merge::other(const PaxRecord& record) const {
    const std::string_view key = record.key;
    if (key == "SCHILY.acl.access" || key == "SCHILY.acl.default") {
        note(OddityCode::acl_in_pax, key);
        extra().acls.emplace_back(key.substr(acl_prefix.size()), record.value);
        return;
    }
    if (key.starts_with("LIBARCHIVE.xattr.") || key.starts_with("RHT.security.")) {
        note(OddityCode::libarchive_xattr, key);
    } else if (key == "SCHILY.realsize" || key == "SCHILY.devmajor" || key == "SCHILY.devminor" ||
               key == "SUN.holesdata") {
        note(OddityCode::schily_size_records, fmt::format("{}={}", key, record.value));
    }
    extra().records.emplace_back(key, record.value);
}

// True when the record is one of the fields of a header.
bool Merge::field(const PaxRecord& record) {
    const std::string_view key = record.key;
    using Apply = void (*)(Merge&, const PaxRecord&);
    struct Row {
        std::string_view key;
        bool empty_matters; // readers disagree about an empty value
        Apply apply;
    };
    static constexpr std::array<Row, 10> rows{{
        {"path", true, [](Merge& m, const PaxRecord& r) { m.header.name = r.value; }},
        {"linkpath", true, [](Merge& m, const PaxRecord& r) { m.header.link = r.value; }},
        {"size", true, [](Merge& m, const PaxRecord& r) { m.header.size = m.integer(r); }},
        {"uid", true, [](Merge& m, const PaxRecord& r) { m.header.uid = m.integer(r); }},
        {"gid", true, [](Merge& m, const PaxRecord& r) { m.header.gid = m.integer(r); }},
        {"uname", false, [](Merge& m, const PaxRecord& r) { m.header.uname = r.value; }},
        {"gname", false, [](Merge& m, const PaxRecord& r) { m.header.gname = r.value; }},
        {"mtime", true, [](Merge& m, const PaxRecord& r) { m.entry.mtime = m.time(r); }},
        {"atime", false, [](Merge& m, const PaxRecord& r) { m.extra().atime = m.time(r); }},
        {"ctime", false, [](Merge& m, const PaxRecord& r) { m.extra().ctime = m.time(r); }},
    }};
    const auto* const row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.key == key; });
    if (row == rows.end()) return false;
    if (!record.value.empty())
        row->apply(*this, record); // an empty value keeps the header's field
    else if (row->empty_matters)
        note(OddityCode::extension_value_empty, key);
    return true;
}

void apply_pax(Merge& merge, const TarLimits& limits) {
    const std::int64_t header_size = merge.header.size;
    for (const PaxRecord& record : merge.extensions.pax.all()) {
        if (merge.field(record)) continue;
        if (record.key.starts_with(xattr_prefix))
            merge.xattr(record);
        else
            merge.other(record);
    }
    if (merge.xattr_bytes > limits.xattrs) {
        fail_at(merge.place, ErrorKind::over_limit,
                fmt::format("{} bytes of extended attributes, more than {}", merge.xattr_bytes, limits.xattrs));
    }
    constexpr std::int64_t octal_sizes = std::int64_t{8} << 30; // from here on the field cannot hold the size in octal
    if (header_size != 0 && header_size != merge.header.size && merge.header.size < octal_sizes) {
        merge.note(OddityCode::pax_size_differs, fmt::format("field {}, pax {}", header_size, merge.header.size));
    }
}

void apply_gnu_names(Merge& merge) {
    const TarExtensions& extensions = merge.extensions;
    const auto apply = [&](const std::string& gnu, std::string_view pax_key, std::string_view& target) {
        if (gnu.empty()) return;
        const std::string_view pax = extensions.has_pax ? extensions.pax.find(pax_key) : std::string_view{};
        if (!pax.empty() && pax != gnu) merge.note(OddityCode::gnu_and_pax_name, fmt::format("{} {}", pax_key, pax));
        target = gnu;
    };
    apply(extensions.gnu_name, "path", merge.header.name);
    apply(extensions.gnu_link, "linkpath", merge.header.link);
}

std::uint64_t bytes_of(const EntryExtra& extra) {
    std::uint64_t bytes = sizeof(EntryExtra);
    for (const auto* list : {&extra.xattrs, &extra.acls, &extra.records}) {
        for (const NamedBytes& item : *list) bytes += sizeof item + item.first.size() + item.second.size();
    }
    return bytes;
}

std::uint32_t cut_id(std::int64_t id, std::string_view name, TarExtensions& extensions) {
    if (id < 0 || id > largest_id) {
        extensions.notes.push_back({OddityCode::id_out_of_range, fmt::format("{} {}", name, id)});
    }
    return static_cast<std::uint32_t>(id);
}

std::uint32_t cut_device(std::int64_t number, std::string_view name, TarExtensions& extensions) {
    if (number < 0 || number > std::numeric_limits<std::uint32_t>::max()) {
        extensions.notes.push_back({OddityCode::device_out_of_range, fmt::format("{} {}", name, number)});
    }
    return static_cast<std::uint32_t>(number);
}

EntryType type_of(char type) {
    switch (type) {
    case '1':
        return EntryType::hardlink;
    case '2':
        return EntryType::symlink;
    case '3':
        return EntryType::char_device;
    case '4':
        return EntryType::block_device;
    case '5':
        return EntryType::directory;
    case '6':
        return EntryType::fifo;
    default:
        return EntryType::file; // '0' and 'S'; check_type() refused the others
    }
}

} // namespace

void TarExtensions::clear() {
    if (has_pax) pax.clear();
    gnu_name.clear();
    gnu_link.clear();
    has_pax = has_name = has_link = false;
    hash = 0;
    notes.clear();
}

void TarExtensions::take_gnu(char type, std::string_view body) {
    bool& has = type == 'L' ? has_name : has_link;
    std::string& text = type == 'L' ? gnu_name : gnu_link;
    if (has) notes.push_back({OddityCode::gnu_name_twice, std::string(1, type)});
    has = true;
    text.assign(body.substr(0, body.find('\0')));
    if (text.empty())
        notes.push_back({OddityCode::extension_value_empty, fmt::format("GNU long name (type {})", type)});
    if (body.find_first_not_of('\0', text.size()) != std::string_view::npos) {
        notes.push_back({OddityCode::bytes_after_nul, fmt::format("GNU long name (type {})", type)});
    }
}

bool is_header_only(char type) {
    return type >= '1' && type <= '6';
}

void check_type(const TarHeader& header, const TarPlace& place) {
    const char type = header.type;
    if (type == '\0' || (type >= '0' && type <= '6')) return;
    if (type == 'S') {
        if (header.dialect == Dialect::gnu) return;
        fail_at(place, ErrorKind::malformed,
                fmt::format("typeflag S (sparse) in a {} header: expected GNU magic", name_of(header.dialect)));
    }
    fail_at(
        place, ErrorKind::unsupported,
        fmt::format("typeflag \"{}\": containerd and Docker refuse header types other than 0 to 6, S, x, g, L and K",
                    printable(std::string_view(&type, 1))));
}

std::uint64_t apply_extensions(TarExtensions& extensions, TarHeader& header, Entry& entry, const TarPlace& place,
                               const TarLimits& limits) {
    Merge merge{extensions, header, entry, place};
    entry.mtime.seconds = header.mtime;
    if (header.atime) merge.extra().atime = Timestamp{*header.atime, 0};
    if (header.ctime) merge.extra().ctime = Timestamp{*header.ctime, 0};
    if (extensions.has_pax) apply_pax(merge, limits);
    apply_gnu_names(merge);
    // Old archives mark directories by a trailing slash only; Go judges by the name that won.
    if (header.type == '\0') {
        header.type = header.name.ends_with('/') ? '5' : '0';
        if (header.type == '5' && !place.name.ends_with('/')) { // CPython judges by the name in the header
            merge.note(OddityCode::file_name_ends_in_slash, "an old header: a directory by its long name");
        }
    }
    return entry.extra ? bytes_of(*entry.extra) : 0;
}

void fill_numbers(const TarHeader& header, TarExtensions& extensions, Entry& entry) {
    entry.type = type_of(header.type);
    entry.mode = static_cast<std::uint32_t>(header.mode);
    entry.uid = cut_id(header.uid, "uid", extensions);
    entry.gid = cut_id(header.gid, "gid", extensions);
    if (entry.type == EntryType::char_device || entry.type == EntryType::block_device) {
        entry.dev_major = cut_device(header.dev_major, "major", extensions);
        entry.dev_minor = cut_device(header.dev_minor, "minor", extensions);
    }
    if (entry.mtime.seconds < 0 || entry.mtime.seconds > latest_time) {
        extensions.notes.push_back({OddityCode::time_out_of_range, fmt::format("mtime {}", entry.mtime.seconds)});
    }
    const bool has_records = extensions.has_pax && !extensions.pax.empty();
    entry.dialect = header.dialect == Dialect::ustar && has_records ? Dialect::pax : header.dialect;
}

Whiteout whiteout_of(std::string_view base_name) {
    if (!base_name.starts_with(".wh.")) return Whiteout::none;
    if (base_name == ".wh..wh..opq") return Whiteout::opaque;
    return base_name.starts_with(".wh..wh.") ? Whiteout::aufs : Whiteout::file;
}

} // namespace touchstone
