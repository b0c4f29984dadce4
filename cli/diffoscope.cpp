// The two files of a pair are written under numbers into a private directory that is removed at the end: no name from
// an image reaches the file system or diffoscope. What it leaves in its own temporary directories goes with it.
#include "cli/diffoscope.h"

#include "base/child_process.h"
#include "base/digest.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/printable.h"
#include "cli/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <map>

namespace touchstone {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t default_pairs = 10;
constexpr std::size_t most_pairs = 9999;           // the numbers have four digits
constexpr std::uint64_t longest_run = 86400;       // a day
constexpr std::uint64_t file_bytes = 1ULL << 30;   // no file of it grows beyond this: a bomb inside the pair
constexpr std::uint64_t html_limit = 256ULL << 20; // diffoscope stops at 40 MiB by itself
constexpr int says_different = 1;                  // diffoscope(1), EXIT STATUS

/// Endings by which diffoscope knows a format that its content does not tell. They are from this list, never from an
/// image's name.
constexpr std::array<std::string_view, 8> endings{".json", ".pyc", ".class", ".mo", ".db", ".sqlite3", ".xml", ".png"};

std::string_view ending_of(std::string_view path) {
    for (const std::string_view ending : endings) {
        if (path.ends_with(ending)) return ending;
    }
    return {};
}

/// Removed with all that is in it.
class PrivateDirectory {
public:
    PrivateDirectory() {
        path_ = environment_variable("TMPDIR", "/tmp") + "/touchstone-XXXXXX";
        if (mkdtemp(path_.data()) == nullptr) fail_errno(errno, printable(path_));
        path_ = fs::absolute(path_).string();
    }
    ~PrivateDirectory() { remove(); }
    PrivateDirectory(const PrivateDirectory&) = delete;
    PrivateDirectory& operator=(const PrivateDirectory&) = delete;
    const std::string& path() const { return path_; }

private:
    /// An archive that was unpacked may have left directories that cannot be entered.
    void remove() const {
        std::error_code error;
        fs::remove_all(path_, error);
        if (!error) return;
        std::vector<fs::path> open{path_};
        while (!open.empty()) {
            const fs::path directory = std::move(open.back());
            open.pop_back();
            fs::permissions(directory, fs::perms::owner_all, fs::perm_options::add, error);
            for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
                std::error_code ignored;
                if (it->symlink_status(ignored).type() == fs::file_type::directory) open.push_back(it->path());
            }
        }
        fs::remove_all(path_, error);
    }

    std::string path_;
};

/// Nothing of the user's but PATH: what is in their environment may be a secret, and it would not be the same
/// everywhere.
std::vector<std::string> environment_below(const std::string& directory) {
    return {"PATH=" + environment_variable("PATH", "/usr/bin:/bin"), "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=" + directory,
            "TMPDIR=" + directory};
}

/// Beside what the second pass has recognized: the line of a private key, or a password's hash after a colon
/// (crypt(5)). diffoscope shows lines around those that differ, and these may be there.
bool may_hold_secrets(std::string_view content) {
    if (content.find("PRIVATE KEY") != std::string_view::npos) return true;
    for (std::size_t at = content.find(":$"); at != std::string_view::npos; at = content.find(":$", at + 1)) {
        const std::string_view id = content.substr(at + 2, 10);
        for (const std::string_view known : {"1$", "2a$", "2b$", "2y$", "5$", "6$", "7$", "y$", "gy$", "argon2"}) {
            if (id.starts_with(known)) return true;
        }
    }
    return false;
}

/// One pair on its way.
struct Pair {
    FileExplanation* file = nullptr;
    const Finding* finding = nullptr; ///< of its content
    std::string number;               ///< "0001"
};

std::string too_large(const FileExplanation& file, std::uint64_t limit) {
    for (const auto& size : file.part.size) {
        if (!size || *size > limit) {
            return fmt::format("not handed over: larger than {} (--max-explained-file)", human_bytes(limit));
        }
    }
    return {};
}

/// What nothing explains, security weight first, then by path.
std::vector<Pair> unexplained(Comparison& comparison) {
    std::map<std::string_view, const Finding*> contents;
    for (const Finding& finding : comparison.findings.list()) {
        if (finding.place == Place::file && finding.fact == "content") contents.emplace(finding.path, &finding);
    }
    std::vector<Pair> pairs;
    for (FileExplanation& file : comparison.explanation->files) {
        const auto found = contents.find(file.path);
        if (found == contents.end() || !file.examined || file.explained || !file.accepted.empty()) continue;
        pairs.push_back({.file = &file, .finding = found->second, .number = {}});
    }
    std::stable_sort(pairs.begin(), pairs.end(),
                     [](const Pair& a, const Pair& b) { return a.finding->weight > b.finding->weight; });
    return pairs;
}

class Handover {
public:
    Handover(const DiffoscopeOptions& options, const Image& published, const Image& rebuilt,
             const CompareOptions& compare)
        : options_(options), published_(published), rebuilt_(rebuilt), compare_(compare) {}

    void run(std::vector<Pair> pairs, std::size_t& used) {
        std::vector<Pair> chosen;
        for (Pair& pair : pairs) {
            OutsideLook& look = pair.file->diffoscope.emplace();
            if (holds_secrets(pair.file->part) || pair.file->causes.contains(CauseId::key_material)) {
                look.why = "not handed over: it holds secrets";
            } else if (look.why = too_large(*pair.file, compare_.explain.limits.file); !look.why.empty()) {
                continue;
            } else if (used == options_.pairs) {
                look.why = fmt::format("not handed over: beyond the first {} pairs (--diffoscope=N)", options_.pairs);
            } else {
                pair.number = fmt::format("{:04}", ++used);
                chosen.push_back(pair);
            }
        }
        // One after the other on disk, too: what is not looked at right now need not lie there.
        for (const Pair& pair : chosen) look_at(pair);
    }

private:
    void look_at(const Pair& pair) const {
        OutsideLook& look = *pair.file->diffoscope;
        const PrivateDirectory directory;
        const std::string name = pair.number + std::string(ending_of(pair.file->path));
        write_pair(published_, rebuilt_, *pair.finding, compare_.load, directory.path(), name);
        if (holds_secrets_on_disk(pair, directory.path(), name)) {
            look.why = "not handed over: it may hold secrets";
            return;
        }
        const std::string page = "output.html"; // relative: diffoscope writes its command line into it
        const std::string html = directory.path() + "/" + page;
        const ChildEnd end = run_child(
            {.words = {options_.program, "--no-progress", "--html", page, "published/" + name, "rebuilt/" + name},
             .directory = directory.path(),
             .environment = environment_below(directory.path()),
             .file_bytes = file_bytes,
             .timeout = options_.timeout});
        std::error_code error;
        if (end.timed_out) {
            look.why =
                fmt::format("no output: it took longer than {} s (--diffoscope-timeout)", options_.timeout.count());
        } else if (end.status != says_different || !fs::is_regular_file(fs::symlink_status(html, error))) {
            look.why = fmt::format("no output: diffoscope ended with exit status {}", end.status);
        } else {
            keep(html, pair.number + ".html", look);
        }
    }

    /// Also holds what was written against what was compared.
    static bool holds_secrets_on_disk(const Pair& pair, const std::string& directory, const std::string& name) {
        const std::array<std::optional<std::string>, 2> compared{pair.finding->published, pair.finding->rebuilt};
        bool secret = false;
        for (const auto& [side, folder] : {std::pair(0U, "published"), std::pair(1U, "rebuilt")}) {
            const std::shared_ptr<const File> file = open_file(fmt::format("{}/{}/{}", directory, folder, name));
            FileRange range(file, 0, file->size());
            const std::string content = read_all(range, file->size(), printable(pair.file->path));
            if (digest_of(as_bytes(content)).string() != compared.at(side).value_or("")) {
                fail(ErrorKind::unverified,
                     fmt::format("{}: its content is not the one that was compared", printable(pair.file->path)));
            }
            secret = secret || may_hold_secrets(content);
        }
        return secret;
    }

    void keep(const std::string& html, const std::string& name, OutsideLook& look) const {
        const std::shared_ptr<const File> file = open_file(html);
        if (file->size() > html_limit) {
            look.why = fmt::format("no output: it is larger than {}", human_bytes(html_limit));
            return;
        }
        std::error_code error;
        fs::create_directories(options_.output, error);
        if (error) {
            fail(ErrorKind::unreadable,
                 fmt::format("--diffoscope-output {}: {}", printable(options_.output), error.message()));
        }
        look.output = options_.output + (options_.output.ends_with('/') ? "" : "/") + name;
        WholeFile out(look.output, false);
        copy_file(*file, out);
        out.commit();
    }

    const DiffoscopeOptions& options_;
    const Image& published_;
    const Image& rebuilt_;
    const CompareOptions& compare_;
};

} // namespace

void add_diffoscope_options(CommandLine& line, DiffoscopeOptions& options) {
    line.optional_value("--diffoscope", "N", std::to_string(default_pairs),
                        "hand files that nothing explains to diffoscope, if it is installed: at most N pairs (default "
                        "10), security weight first, and none that holds keys or password hashes",
                        [&](const std::string& value) {
                            const std::uint64_t pairs = parse_number("--diffoscope", value, 1);
                            options.pairs = std::min<std::uint64_t>(pairs, most_pairs);
                        });
    line.option("--diffoscope-output", "DIR", "where its pages go: 0001.html and so on, below DIR (new or empty)",
                [&](const std::string& value) { options.output = value; });
    line.option("--diffoscope-timeout", "SECONDS", "time for each pair (default 60)", [&](const std::string& value) {
        const std::uint64_t seconds = parse_number("--diffoscope-timeout", value, 1);
        options.timeout = std::chrono::seconds(std::min(seconds, longest_run));
    });
}

void check_diffoscope(DiffoscopeOptions& options, const ExplainOptions& explain) {
    if (options.pairs == 0) {
        if (options.output.empty()) return;
        fail(ErrorKind::usage, "--diffoscope-output: nothing goes there without --diffoscope");
    }
    if (options.output.empty())
        fail(ErrorKind::usage, "--diffoscope: say where its output goes: --diffoscope-output DIR");
    if (explain.mode == ExplainOptions::Mode::none) {
        fail(ErrorKind::usage,
             "--diffoscope is for what explaining leaves open; it makes no sense with --explain none");
    }
    std::error_code error;
    const auto status = fs::symlink_status(options.output, error);
    if (fs::exists(status) && (!fs::is_directory(status) || !fs::is_empty(options.output, error))) {
        fail(ErrorKind::usage,
             fmt::format("--diffoscope-output: {} exists and is not an empty directory", printable(options.output)));
    }
    options.program = find_program("diffoscope");
    if (options.program.empty()) {
        fail(ErrorKind::unreadable,
             "--diffoscope: there is no diffoscope on PATH (Debian: apt install diffoscope-minimal)");
    }
}

void run_diffoscope(const DiffoscopeOptions& options, const Image& published, const Image& rebuilt,
                    const CompareOptions& compare, Comparison& comparison, std::size_t& used) {
    if (options.pairs == 0 || !comparison.explanation) return;
    Handover(options, published, rebuilt, compare).run(unexplained(comparison), used);
}

} // namespace touchstone
