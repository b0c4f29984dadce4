// For tests that drive real registries: attaches a file to an image, or fetches what is attached.
//   attach_tool attach docker://NAME@DIGEST SIZE ARTIFACT-TYPE MEDIA-TYPE FILE   -> digest, "api" or "tag"
//   attach_tool fetch docker://NAME@DIGEST ARTIFACT-TYPE                         -> digest and contents of each
#include "base/file.h"
#include "image/reference.h"
#include "image/remote/attach.h"

#include <cstdio>
#include <string>
#include <vector>

using namespace touchstone;

namespace {

RemoteOptions options_for_tests() {
    RemoteOptions options;
    options.retry_delay = std::chrono::milliseconds(50);
    return options;
}

int attach_file(const std::vector<std::string>& args) {
    const RegistryName name = *parse_reference(args[1]).registry;
    const auto file = open_file(args[5]);
    FileRange source(file, 0, file->size());
    Attachment attachment;
    attachment.subject.media_type = "application/vnd.oci.image.manifest.v1+json";
    attachment.subject.digest = *name.digest;
    attachment.subject.size = std::stoull(args[2]);
    attachment.artifact_type = args[3];
    attachment.layers.push_back({args[4], read_all(source, 1 << 20, "file"), {}});
    const Attached attached =
        attach(std::make_shared<Registry>(name, options_for_tests(), RegistryAccess{true, {}}), attachment);
    std::printf("%s %s\n", attached.digest.string().c_str(), std::string(name_of(attached.listed)).c_str());
    return 0;
}

int fetch(const std::vector<std::string>& args) {
    const RegistryName name = *parse_reference(args[1]).registry;
    const auto registry = std::make_shared<Registry>(name, options_for_tests());
    for (const Descriptor& entry : list_referrers(*registry, *name.digest, {args[2], false}).entries) {
        const std::optional<FetchedReferrer> fetched = fetch_referrer(registry, entry.digest.string());
        if (!fetched || fetched->subject != name.digest) continue;
        for (const ReferrerBlob& layer : fetched->layers) {
            std::printf("%s %s\n", fetched->digest.string().c_str(), layer.bytes.c_str());
        }
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> args(argv + 1, argv + argc);
    try {
        if (args.size() == 6 && args[0] == "attach") return attach_file(args);
        if (args.size() == 3 && args[0] == "fetch") return fetch(args);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
    }
    return 2;
}
