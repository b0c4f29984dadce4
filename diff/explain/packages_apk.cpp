// apk's database of installed packages: one text of lines "X:value", a package ending with an empty line. Written by
// apk-tools 2 and 3 alike.
#include "diff/explain/package_reader.h"

#include "base/error.h"
#include "base/printable.h"
#include "base/text.h"

#include <charconv>
#include <map>
#include <utility>

namespace touchstone {

namespace {

constexpr std::string_view database_name = "lib/apk/db/installed";

std::optional<std::string> bytes_of_base64(std::string_view digits) {
    constexpr std::size_t longest = 44; // of 32 bytes
    if (digits.size() > longest) return std::nullopt;
    try {
        return unbase64(digits);
    } catch (const Error&) {
        return std::nullopt;
    }
}

/// "Q1<base64>" or "X1<hex>" = SHA-1, "Q2", "X2" = SHA-256; apk 3 reads a Q1 of 32 bytes as SHA-256, too. Hex alone is
/// the MD5 of very old databases. `cut`: this package's 20 bytes are the beginning of a SHA-256 (flag S of apk 3).
RecordedDigest digest_of_field(std::string_view value, bool cut) {
    if (value.size() == 32) return hex_digest("md5", value);
    if (value.size() < 2 || (value[1] != '1' && value[1] != '2')) return {};
    const std::string_view digits = value.substr(2);
    std::optional<std::string> bytes;
    if (value[0] == 'Q') bytes = bytes_of_base64(digits);
    if (value[0] == 'X') bytes = bytes_of_hex(digits);
    if (!bytes) return {};
    if (bytes->size() == digest_size("sha256")) return {"sha256", std::move(*bytes)};
    if (bytes->size() == digest_size("sha1") && value[1] == '1')
        return {cut ? "sha256-160" : "sha1", std::move(*bytes)};
    return {};
}

/// A file of the package that is being read and is wanted.
struct Pending {
    bool configuration = false;
    std::string_view digest; ///< as written: the flag that says what it means could come later
    std::string_view owner;  ///< "uid:gid:mode[:…]" as written
    bool directory = false;
};

constexpr std::uint32_t directory_bits = 0040000;
constexpr std::uint32_t usual_directory = 0755; // of apk, like 0:0
constexpr std::uint32_t usual_file = 0644;

std::optional<std::uint32_t> number_of(std::string_view digits, int base) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

/// apk leaves out what is usual.
void add_owner(const Pending& pending, OwnedFile& file) {
    std::string_view text = pending.owner;
    if (text.empty()) {
        file.uid = file.gid = 0;
        file.mode = pending.directory ? usual_directory : usual_file;
    } else {
        file.uid = number_of(take_until(text, ':'), 10);
        file.gid = number_of(take_until(text, ':'), 10);
        file.mode = number_of(take_until(text, ':'), 8);
    }
    if (pending.directory && file.mode) *file.mode |= directory_bits;
}

class ApkReader {
public:
    ApkReader(std::string prefix, PackageReader& reader) : prefix_(std::move(prefix)), reader_(reader) {
        package_.system = "apk";
    }

    void line(char field, std::string_view value) {
        switch (field) {
        case 'P':
            package_.base = kept(value);
            break;
        case 'V':
            package_.version = kept(value);
            break;
        case 'A':
            package_.architecture = kept(value);
            break;
        case 'o':
            package_.source = kept(value);
            break;
        case 'f':
            cut_ = value.find('S') != std::string_view::npos;
            break;
        case 'F':
            enter(value);
            break;
        case 'M':
            if (entered_ != nullptr) entered_->owner = value;
            break;
        case 'a':
            if (file_ != nullptr) file_->owner = value;
            break;
        case 'R':
            file_ = nullptr;
            if (PackageReader::wants(directory_, value)) {
                file_ =
                    own(directory_->path.empty() ? std::string(value) : directory_->path + "/" + std::string(value));
            }
            break;
        case 'Z':
            if (file_ != nullptr) file_->digest = value;
            break;
        default:
            break;
        }
    }

    void end_package() {
        const bool named = !package_.base.empty() && !package_.version.empty();
        const std::optional<std::uint32_t> index = named ? reader_.add_package(package_) : std::nullopt;
        for (const auto& [path, one] : pending_) {
            if (!index) break;
            OwnedFile file{*index, digest_of_field(one.digest, cut_), one.configuration, false};
            if (reader_.every()) add_owner(one, file);
            reader_.claim(path, std::move(file));
        }
        package_ = {};
        package_.system = "apk";
        pending_.clear();
        directory_ = nullptr;
        file_ = nullptr;
        entered_ = nullptr;
        cut_ = false;
    }

private:
    /// A directory's line: it is the package's own, and the names of the lines that follow are in it.
    void enter(std::string_view value) {
        file_ = nullptr;
        entered_ = nullptr;
        const std::string_view path = database_path(value);
        std::string below = prefix_ + std::string(path);
        if (below.ends_with('/')) below.pop_back();
        if (!path.empty() && reader_.wants(below)) {
            entered_ = own(below);
            entered_->directory = true;
        }
        directory_ = reader_.directory(below);
    }

    Pending* own(const std::string& path) {
        Pending& one = pending_[path];
        // What apk protects by default: it keeps a changed file and puts the new one beside it as .apk-new.
        one.configuration = path.starts_with(prefix_ + "etc/");
        return &one;
    }

    std::string prefix_; ///< of the root that the database is for: "", or "opt/rootfs/"
    PackageReader& reader_;
    Package package_;
    std::map<std::string, Pending> pending_; ///< a map, so that naming a file a million times costs one entry
    Pending* file_ = nullptr;                ///< of the last R line, where it is wanted
    Pending* entered_ = nullptr;             ///< of the last F line, likewise
    const PackageReader::Directory* directory_ = nullptr;
    bool cut_ = false;
};

/// What stands before [usr/]lib/apk/db/installed: a root file system inside the image has its own.
std::string prefix_of(std::string_view path) {
    path.remove_suffix(database_name.size());
    if (path == "usr/" || path.ends_with("/usr/")) path.remove_suffix(std::string_view("usr/").size());
    return std::string(path);
}

} // namespace

bool is_apk_database(std::string_view path) {
    return path == database_name ||
           (path.ends_with(database_name) && path[path.size() - database_name.size() - 1] == '/');
}

void read_apk(const PackageFiles& databases, PackageReader& reader) {
    for (const auto& [path, content] : databases) {
        if (!is_apk_database(path)) continue;
        ApkReader apk(prefix_of(path), reader);
        for (std::string_view text = content; !text.empty();) {
            const std::string_view line = take_line(text);
            if (line.empty()) apk.end_package();
            if (line.size() > 2 && line[1] == ':') apk.line(line[0], line.substr(2));
            if (line == "F:") apk.line('F', {});
        }
        apk.end_package();
    }
}

} // namespace touchstone
