// Prints what the layer reader makes of tar files, one JSON line an entry, as the programs of the other readers do
// (tests/image/differential): {"file":…} before each file, {"error":…,"kind":…} when it is refused. Names are in hex.
#include "base/error.h"
#include "base/file.h"
#include "base/printable.h"
#include "image/layer.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>

namespace {

using namespace touchstone;

std::string line_of(const Entry& entry, const LayerListing& listing) {
    std::string xattrs;
    if (entry.extra) {
        for (const auto& [name, value] : entry.extra->xattrs) {
            xattrs += fmt::format("{}\"{}\":\"{}\"", xattrs.empty() ? "" : ",", hex(name), hex(value));
        }
    }
    const auto owner = [&](std::uint32_t number) { return hex(listing.owner_names.text_of(number)); };
    return fmt::format(
        R"({{"name":"{}","link":"{}","type":"{}","size":{},"mode":{},"uid":{},"gid":{},"uname":"{}",)"
        R"("gname":"{}","mtime":[{},{}],"major":{},"minor":{},"sha256":"{}","xattrs":{{{}}},"dialect":"{}"}})",
        hex(entry.stored), hex(entry.link), name_of(entry.type), entry.size, entry.mode, entry.uid, entry.gid,
        owner(entry.uname), owner(entry.gname), entry.mtime.seconds, entry.mtime.nanoseconds, entry.dev_major,
        entry.dev_minor, entry.type == EntryType::file ? to_digest(entry.content).hex() : "", xattrs,
        name_of(entry.dialect));
}

void dump(const std::string& path) {
    fmt::print("{{\"file\":\"{}\"}}\n", hex(path));
    try {
        const auto file = open_file(path);
        LayerRef layer;
        layer.name = "layer";
        layer.open = [&] { return std::make_unique<FileRange>(file, 0, file->size()); };
        LayerLimits limits;
        limits.tar.hole_bytes = std::uint64_t{1} << 30U; // the others must keep up
        const auto listing = read_layer(layer, limits, nullptr);
        for (const Entry& entry : listing->entries) fmt::print("{}\n", line_of(entry, *listing));
        for (const Oddity& oddity : listing->oddities) {
            fmt::print("{{\"oddity\":\"{}\",\"weight\":{}}}\n", row_of(oddity.code).name,
                       static_cast<int>(row_of(oddity.code).weight));
        }
    } catch (const Error& error) {
        fmt::print("{{\"error\":\"{}\",\"kind\":\"{}\"}}\n", hex(error.what()), name_of(error.kind()));
    }
}

} // namespace

int main(int argc, char** argv) {
    for (int at = 1; at < argc; ++at) dump(argv[at]);
    return 0;
}
