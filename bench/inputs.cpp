#include "bench/inputs.h"

#include "base/source.h"
#include "tests/support/tar_builder.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <stdexcept>
#include <string_view>

namespace touchstone::bench {

namespace {

namespace fs = std::filesystem;

std::string read_library_bytes() {
    constexpr std::size_t wanted = std::size_t{32} << 20;
    std::set<fs::path> files;
    for (const auto& entry :
         fs::recursive_directory_iterator("/usr/lib", fs::directory_options::skip_permission_denied)) {
        if (entry.is_regular_file() && !entry.is_symlink()) files.insert(entry.path());
    }
    std::string bytes;
    for (const fs::path& path : files) {
        std::ifstream file(path, std::ios::binary);
        bytes.append(std::istreambuf_iterator<char>(file), {});
        if (bytes.size() >= wanted) {
            bytes.resize(wanted);
            return bytes;
        }
    }
    throw std::runtime_error("/usr/lib holds less than 32 MiB");
}

} // namespace

std::string many_files(Build build) {
    const std::string_view body = build == Build::patched ? "module.exports = 2;\n" : "module.exports = 1;\n";
    test::TarBuilder builder;
    for (int i = 0; i < many; ++i) {
        test::Member member;
        member.name = fmt::format("node_modules/package-{:05}/file-{:06}.js", i / 100, i);
        member.body = body;
        member.mtime = build == Build::later ? 1'700'000'000 : 1'600'000'000;
        builder.add(member);
    }
    return builder.finish();
}

LayerRef layer_of(const std::string& tar) {
    LayerRef layer;
    layer.name = "bench";
    layer.stored_size = tar.size();
    layer.open = [&tar] { return std::make_unique<MemorySource>(std::string_view(tar)); };
    return layer;
}

Image image_of(const std::string& tar) {
    Image image;
    image.reference = {.transport = Transport::tar, .path = "memory", .selector = {}, .text = "tar:memory"};
    image.layers.push_back(layer_of(tar));
    return image;
}

const std::string& library_bytes() {
    static const std::string bytes = read_library_bytes();
    return bytes;
}

} // namespace touchstone::bench
