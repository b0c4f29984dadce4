// Databases of apk and rpm as lists: read by the same code that tells whose a file is (diff/explain/packages.h). What
// that reader only notes as a trouble is an error here: half a database is not the list that somebody published.
#include "attest/checksum_parsers.h"

#include "base/error.h"
#include "base/printable.h"
#include "base/text.h"
#include "diff/explain/package_reader.h"
#include "diff/explain/packages.h"
#include "image/entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

/// Where the reader expects such a file, by the mark that it begins with.
struct RpmForm {
    std::string_view path;
    std::string_view mark;
    std::size_t offset;
};
constexpr std::array rpm_forms{
    RpmForm{"var/lib/rpm/rpmdb.sqlite", "SQLite format 3", 0}, RpmForm{"var/lib/rpm/Packages.db", "RpmP", 0},
    RpmForm{"var/lib/rpm/Packages", std::string_view("\x61\x15\x06\x00", 4), 12}, // Berkeley DB's hash, little-endian
};

const RpmForm* rpm_form_of(std::string_view bytes) {
    const auto* const form = std::find_if(rpm_forms.begin(), rpm_forms.end(), [&](const RpmForm& one) {
        return bytes.size() > one.offset && bytes.substr(one.offset).starts_with(one.mark);
    });
    return form == rpm_forms.end() ? nullptr : form;
}

struct TypeBits {
    std::uint32_t bits; ///< S_IFMT of stat(2)
    std::string_view kind;
};
constexpr std::uint32_t type_mask = 0170000;
constexpr std::array type_bits{TypeBits{0100000, "file"},  TypeBits{0040000, "dir"},   TypeBits{0120000, "symlink"},
                               TypeBits{0020000, "char"},  TypeBits{0060000, "block"}, TypeBits{0010000, "fifo"},
                               TypeBits{0140000, "socket"}};

std::string_view kind_of(std::uint32_t mode) {
    const auto* const row = std::find_if(type_bits.begin(), type_bits.end(),
                                         [&](const TypeBits& one) { return one.bits == (mode & type_mask); });
    return row == type_bits.end() ? std::string_view() : row->kind;
}

/// apk does not say what is a symbolic link; all that it lists as one have this mode.
constexpr std::uint32_t mode_of_links = 0777;

void add_file(const std::string& path, const OwnedFile& file, ListFormat format, ChecksumListBuilder& out) {
    if (file.ghost) return out.ignore("ghosts: files that a package owns and does not ship");
    ChecksumEntry entry;
    if (file.mode) entry.kind = kind_of(*file.mode);
    if (format == ListFormat::apk && entry.kind.empty()) {
        entry.may_be_link = file.mode == mode_of_links;
        if (!entry.may_be_link) entry.kind = "file";
    }
    // A directory of several packages has the mode that one of them gave it.
    if (!file.shared) {
        if (file.mode) entry.mode = *file.mode & 07777U;
        entry.uid = file.uid;
        entry.gid = file.gid;
    }
    entry.size = file.size;
    if (file.digest.algorithm == link_target) {
        entry.link = file.digest.bytes;
    } else if (!file.digest.empty()) {
        out.add_digest(entry, file.digest.algorithm, hex(file.digest.bytes));
    }
    out.add(path, std::move(entry));
}

} // namespace

bool is_apk_text(std::string_view text) {
    // A package begins with lines of one letter each; the name and the version are among the first.
    constexpr std::size_t first_lines = 8;
    bool named = false;
    bool versioned = false;
    for (std::size_t i = 0; i < first_lines && !text.empty(); ++i) {
        const std::string_view line = take_line(text);
        if (line.empty()) break;
        if (line.size() < 2 || line[1] != ':') return false;
        named = named || line[0] == 'P';
        versioned = versioned || line[0] == 'V';
    }
    return named && versioned;
}

bool is_rpm_bytes(std::string_view bytes) {
    return rpm_form_of(bytes) != nullptr;
}

void read_package_list(std::string_view bytes, ListFormat format, ChecksumListBuilder& out) {
    out.format(format);
    const RpmForm* const form = rpm_form_of(bytes);
    PackageRequest request;
    request.every = true;
    request.usr_merged = false;
    request.databases.emplace(form == nullptr ? "lib/apk/db/installed" : form->path, bytes);
    const PackageDatabase database = read_package_databases(std::move(request));
    if (!database.troubles.empty()) fail(ErrorKind::malformed, database.troubles.front());
    for (const auto& [path, file] : database.files) add_file(path, file, format, out);
    if (format == ListFormat::rpm) out.ignore("names of users and groups", database.files.size());
}

} // namespace touchstone
