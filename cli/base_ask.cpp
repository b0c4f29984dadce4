// See base_ask.h. First the tag, then by digest the manifest for the base's platform: what moves in between changes
// nothing.
#include "cli/base_ask.h"

#include "base/error.h"
#include "base/printable.h"
#include "image/remote/registry.h"

#include <fmt/format.h>

#include <array>

namespace touchstone {

namespace {

AskedName not_asked(std::string why) {
    AskedName asked;
    asked.why = std::move(why);
    return asked;
}

/// The manifest of `platform` behind the digest; nullopt where the index has none for it.
std::optional<std::string> manifest_behind(const RegistryName& name, const Digest& digest, const std::string& platform,
                                           OpenOptions options) {
    options.provenance = options.all_platforms = false;
    options.platform.reset();
    if (!platform.empty()) options.platform = parse_platform(platform);
    try {
        const Reference pinned = parse_reference(fmt::format("docker://{}@{}", name.name(), digest.string()));
        const std::vector<Image> images = open_images(pinned, options);
        if (const std::optional<Digest>& manifest = images.front().manifest) return manifest->string();
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::usage) throw; // choose() has none of that platform
    }
    return std::nullopt;
}

AskedName ask(const RegistryName& name, const KnownImage& base, const OpenOptions& options) {
    const auto registry = std::make_shared<Registry>(name, options.remote);
    const std::optional<FetchedManifest> fetched = registry->find_manifest(name.tag);
    AskedName asked;
    if (!fetched) {
        asked.answer = AskedName::Answer::gone;
        return asked;
    }
    const std::string digest = fetched->digest.string();
    if (digest == base.index || digest == base.manifest) {
        asked.answer = AskedName::Answer::same;
        asked.index = base.index;
        asked.manifest = base.manifest;
        return asked;
    }
    asked.manifest = manifest_behind(name, fetched->digest, base.platform, options);
    if (asked.manifest != digest) asked.index = digest;
    asked.answer = asked.manifest == base.manifest ? AskedName::Answer::same : AskedName::Answer::moved;
    return asked;
}

} // namespace

std::string_view name_of(AskedName::Answer answer) {
    constexpr std::array<std::string_view, 4> names{"same", "moved", "gone", "not-asked"};
    return names[static_cast<std::size_t>(answer)];
}

AskedName ask_registry(const KnownImage& base, const OpenOptions& options) {
    if (!base.reference.starts_with("docker://")) return not_asked("it was recorded from no registry");
    return within(fmt::format("--ask: entry {}", base.sequence), [&] {
        const Reference reference = parse_reference(base.reference);
        if (reference.registry->digest) return not_asked("it was recorded by its digest, which cannot move");
        return ask(*reference.registry, base, options);
    });
}

} // namespace touchstone
