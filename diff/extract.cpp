// Writing the pairs of files that differ, for a look with other tools. Names on disk are made by us (a number and a few
// harmless letters of the base name): no path from an image reaches the file system.
#include "diff/compare.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

namespace touchstone {

namespace {

/// Longest part of a base name that is kept; file systems allow 255 bytes.
constexpr std::size_t name_limit = 80;

std::string harmless(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    std::string name(path.substr(slash == std::string_view::npos ? 0 : slash + 1).substr(0, name_limit));
    const auto is_harmless = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    };
    for (char& c : name) {
        if (!is_harmless(c)) c = '_';
    }
    return name;
}

/// What is to be written of one layer: member paths to names on disk. Several names when hard links differ.
using Wanted = std::map<std::string, std::vector<std::string>, std::less<>>;
using WantedByLayer = std::map<int, Wanted>;

/// Writes the wanted files of one layer as they stream by. Duplicates in a layer: the last one wins, as in the tree.
class Extractor final : public ContentVisitor {
public:
    Extractor(const Wanted& wanted, std::string directory, std::string_view option)
        : wanted_(wanted), directory_(std::move(directory)), option_(option) {}

    bool wants(std::size_t, const Entry& entry) override {
        if (entry.type != EntryType::file) return false;
        const auto found = wanted_.find(entry.path);
        if (found == wanted_.end()) return false;
        for (const std::string& name : found->second) {
            outputs_.emplace_back(directory_ + "/" + name, std::ios::binary | std::ios::trunc);
            check();
        }
        return true;
    }
    void bytes(std::size_t, ByteView stretch) override {
        for (std::ofstream& out : outputs_)
            out.write(as_text(stretch).data(), static_cast<std::streamsize>(stretch.size()));
    }
    void end(std::size_t) override {
        for (std::ofstream& out : outputs_) out.close();
        check();
        outputs_.clear();
    }

private:
    void check() const {
        if (std::all_of(outputs_.begin(), outputs_.end(), [](const std::ofstream& out) { return out.good(); })) return;
        fail(ErrorKind::unreadable, fmt::format("{} {}: cannot be written (no permission, or the disk is full)",
                                                option_, printable(directory_)));
    }

    const Wanted& wanted_;
    std::string directory_;
    std::string_view option_; ///< that wants it, for messages
    std::vector<std::ofstream> outputs_;
};

bool is_file_finding(const Finding& finding) {
    if (finding.place != Place::file) return false;
    if (finding.fact == "presence") return finding.present && finding.present->type == "file";
    return finding.fact == "content";
}

void make_directories(const std::string& directory) {
    namespace fs = std::filesystem;
    std::error_code error;
    if (fs::exists(directory, error) && !fs::is_empty(directory, error)) {
        fail(ErrorKind::unreadable,
             fmt::format("--extract {}: exists and is not empty; nothing was written", printable(directory)));
    }
    for (const char* side : {"published", "rebuilt"}) {
        if (!fs::create_directories(fs::path(directory) / side, error) && error) {
            fail(ErrorKind::unreadable, fmt::format("--extract {}: {}", printable(directory), error.message()));
        }
    }
}

Json index_entry(const Finding& finding, const std::string& disk_name) {
    Json entry = Json::object();
    entry.set("path", Json::string(utf8_or_escaped(finding.path)));
    if (!is_valid_utf8(finding.path)) entry.set("path_base64", Json::string(base64(finding.path)));
    entry.set("file", Json::string(disk_name));
    entry.set("fact", Json::string(finding.fact));
    for (const Side side : {Side::published, Side::rebuilt}) {
        const int layer = finding.layers.at(static_cast<std::size_t>(side));
        if (layer >= 0) entry.set(fmt::format("{}_layer", name_of(side)), Json::number(layer));
    }
    return entry;
}

void extract_side(const Image& image, const WantedByLayer& by_layer, const LoadOptions& options,
                  const std::string& directory, std::string_view option = "--extract") {
    for (const auto& [layer, wanted] : by_layer) {
        Extractor extractor(wanted, directory, option);
        visit_content(image.layers[static_cast<std::size_t>(layer)], options.limits, extractor);
    }
}

void want(const Finding& finding, const std::string& disk_name, std::array<WantedByLayer, 2>& wanted) {
    for (std::size_t side = 0; side < 2; ++side) {
        if (finding.layers.at(side) < 0) continue;
        const std::string& member = finding.stored_at.at(side).empty() ? finding.path : finding.stored_at.at(side);
        wanted.at(side)[finding.layers.at(side)][member].push_back(disk_name);
    }
}

} // namespace

void write_pair(const Image& published, const Image& rebuilt, const Finding& finding, const LoadOptions& options,
                const std::string& directory, const std::string& name) {
    std::array<WantedByLayer, 2> wanted;
    want(finding, name, wanted);
    for (const auto& [side, image] : {std::pair("published", &published), std::pair("rebuilt", &rebuilt)}) {
        const std::string folder = directory + "/" + side;
        std::error_code error;
        if (!std::filesystem::create_directory(folder, error) && error) {
            fail(ErrorKind::unreadable, fmt::format("{}: {}", printable(folder), error.message()));
        }
        extract_side(*image, wanted.at(image == &published ? 0 : 1), options, folder, "the private directory");
    }
}

std::size_t extract_differences(const Image& published, const Image& rebuilt, const Comparison& comparison,
                                const LoadOptions& options, const std::string& directory) {
    make_directories(directory);
    std::array<WantedByLayer, 2> wanted;
    Json index = Json::array();
    std::size_t count = 0;
    for (const Finding& finding : comparison.findings.list()) {
        if (!is_file_finding(finding)) continue;
        const std::string disk_name = fmt::format("{:04}-{}", ++count, harmless(finding.path));
        want(finding, disk_name, wanted);
        index.push_back(index_entry(finding, disk_name));
    }
    extract_side(published, wanted[0], options, directory + "/published");
    extract_side(rebuilt, wanted[1], options, directory + "/rebuilt");
    write_file_whole(directory + "/index.json", index.dump_pretty() + "\n", false);
    return count;
}

} // namespace touchstone
