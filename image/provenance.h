// What BuildKit's provenance says about the layers of an image: which lines of which Dockerfile each comes from, and
// which base image lies below. All of it is a claim of whoever wrote it, like the history: it is shown as one and
// decides nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Lines of a build file that are said to have made a layer.
struct SourceLines {
    std::string file;         ///< "Dockerfile"; raw bytes
    std::uint64_t first = 0;  ///< from 1
    std::uint64_t last = 0;   ///< at least `first`
    std::string text;         ///< raw bytes of these lines, the first source_text_limit; empty where they are not there
    std::uint64_t others = 0; ///< so many other places are named for the same step
    bool base = false;        ///< the layer came with the image that these lines name (FROM)
};

/// The image that the lowest layers are said to be.
struct BaseImage {
    std::string name;       ///< "docker.io/library/alpine:3.17"; raw
    std::string digest;     ///< "sha256:…", of its manifest or index
    std::size_t layers = 0; ///< so many from the bottom
};

/// An image that went into the build: a base of some stage, or a tool.
struct UsedImage {
    std::string uri;    ///< a package URL, "pkg:docker/alpine@3.17?platform=linux%2Famd64"; raw
    std::string digest; ///< "sha256:…", of its manifest or index
};

struct Provenance {
    std::vector<std::optional<SourceLines>> layers; ///< one a layer, bottom first; empty where it is not used
    std::optional<BaseImage> base;
    std::vector<UsedImage> images; ///< also where it names no lines (mode=min); those without a digest are left out
    std::string unused;            ///< why its lines are not used, printable; empty where they are
};

/// A RUN with a long heredoc has a few thousand bytes; these lines are there to be recognized, not to be run.
inline constexpr std::size_t source_text_limit = 1000;
/// One Dockerfile. Real ones stay below 100 KiB; the lines of larger ones are not looked up.
inline constexpr std::size_t source_file_limit = std::size_t{1} << 20;

/// Reads an in-toto statement with SLSA provenance v0.2 or v1 as BuildKit writes it
/// (moby/buildkit docs/attestations/slsa-definitions.md). `predicate` is the type that the layer's annotation promised,
/// `manifest` and `layers` the digests of the image that it must be about. Throws malformed, over_limit or unsupported,
/// saying what is wrong with it.
Provenance read_provenance(std::string_view statement, std::string_view predicate, std::string_view manifest,
                           std::span<const std::string> layers);

} // namespace touchstone
