// A directory is known by its fixed files. A file is listed as a tar, through its compression, because `manifest.json`
// often comes last (docker save, kaniko); what has neither of the two documents is a root file system.
#include "image/sniff.h"

#include "base/compression.h"
#include "base/error.h"
#include "base/file.h"
#include "base/printable.h"
#include "image/tar_reader.h"

#include <fmt/format.h>

#include <memory>
#include <sys/stat.h>

namespace touchstone {

namespace {

Transport sniff_directory(const std::string& path) {
    const Directory directory(path);
    if (directory.has("oci-layout") || directory.has("index.json")) return Transport::oci;
    if (directory.has("manifest.json")) return Transport::dir;
    fail(ErrorKind::usage, fmt::format("{} is neither an OCI layout (oci-layout, index.json) nor a skopeo directory "
                                       "(manifest.json, version)",
                                       printable_short(path)));
}

Transport sniff_file(const std::string& path) {
    std::shared_ptr<const File> file = open_file(path);
    const std::string name = file->name();
    return within(name, [&] {
        CompressionFacts facts;
        const std::uint64_t size = file->size();
        const std::unique_ptr<ByteSource> plain =
            inflate(std::make_unique<FileRange>(std::move(file), 0, size), {}, facts);
        Arena arena;
        StringTable names;
        std::vector<Oddity> oddities;
        TarReader reader(*plain, arena, names, oddities);
        bool layout = false;
        for (Entry entry; reader.next(entry);) {
            // Enough: with an index.json beside it, docker-archive checks that the two agree.
            if (entry.path == "manifest.json") return Transport::docker_archive;
            layout = layout || entry.path == "index.json" || entry.path == "oci-layout";
        }
        return layout ? Transport::oci_archive : Transport::tar;
    });
}

} // namespace

Transport sniff_path(const std::string& path) {
    struct stat status {};
    const bool is_directory = ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    return is_directory ? sniff_directory(path) : sniff_file(path);
}

} // namespace touchstone
