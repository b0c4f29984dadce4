// BuildKit names build steps step0, step1, …, each after those that it builds on. For a step it may say where in the
// build file it is written (`source.locations`) and which chains of layers came out of it (`layers`): a chain is the
// whole list from the lowest layer up. A step whose chain is the image's lowest n layers made the n-th; the longest
// such chain of a step that fetched an image is the base, and all of its layers came with FROM.
#include "image/provenance.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/printable.h"
#include "image/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace touchstone {

namespace {

constexpr std::string_view slsa_02 = "https://slsa.dev/provenance/v0.2";
constexpr std::string_view slsa_1 = "https://slsa.dev/provenance/v1";
constexpr std::string_view metadata_02 = "https://mobyproject.org/buildkit@v1#metadata";
/// The last line of a build file is below this; keeps sums from overflowing.
constexpr std::int64_t line_limit = 1'000'000'000;

[[noreturn]] void refuse(const std::string& what) {
    fail(ErrorKind::malformed, what);
}

/// The member, or nullptr where it or the object is not there. Null counts as absent, as everywhere in Go's JSON.
const Json* member(const Json* object, std::string_view key) {
    if (object == nullptr) return nullptr;
    if (!object->is(Json::Kind::object)) {
        refuse(fmt::format("expected an object with `{}`, found {}", key, name_of(object->kind())));
    }
    const Json* const value = object->find(key);
    return value == nullptr || value->is_null() ? nullptr : value;
}

const Json* either(const Json* object, std::string_view key, std::string_view other) {
    const Json* const value = member(object, key);
    return value != nullptr ? value : member(object, other);
}

std::span<const Json> list(const Json* object, std::string_view key) {
    const Json* const value = member(object, key);
    if (value == nullptr) return {};
    return within(fmt::format("`{}`", key), [&] { return std::span<const Json>(value->items()); });
}

std::string text(const Json* object, std::string_view key) {
    const Json* const value = member(object, key);
    if (value == nullptr) return {};
    return within(fmt::format("`{}`", key), [&] { return value->as_string(); });
}

/// A number from 0 that protobuf leaves out where it is 0.
std::int64_t count(const Json* object, std::string_view key) {
    const Json* const value = member(object, key);
    if (value == nullptr) return 0;
    const std::int64_t number = within(fmt::format("`{}`", key), [&] { return value->as_integer(); });
    if (number < 0 || number > line_limit) refuse(fmt::format("`{}` is {}", key, number));
    return number;
}

/// The number of "step12".
std::uint64_t step_number(std::string_view name) {
    constexpr std::string_view prefix = "step";
    std::uint64_t number = 0;
    const char* const end = name.data() + name.size();
    if (name.starts_with(prefix)) {
        const auto [rest, error] = std::from_chars(name.data() + prefix.size(), end, number);
        if (error == std::errc() && rest == end) return number;
    }
    refuse(fmt::format("\"{}\" is no build step", printable_short(name)));
}

/// "step12:0", where the number behind the colon says which output of the step it is.
std::uint64_t step_of_output(std::string_view name) {
    const std::size_t colon = name.rfind(':');
    if (colon == std::string_view::npos) refuse(fmt::format("\"{}\" is no output of a step", printable_short(name)));
    return step_number(name.substr(0, colon));
}

/// One of the two forms of the statement, taken apart.
struct Parts {
    const Json* steps = nullptr; ///< the object with llbDefinition
    const Json* source = nullptr;
    const Json* layers = nullptr;
};

Parts parts_of(const Json& statement, std::string_view type) {
    const Json* const predicate = member(&statement, "predicate");
    const Json* metadata = nullptr;
    Parts parts;
    if (type == slsa_02) {
        parts.steps = member(predicate, "buildConfig");
        metadata = member(member(predicate, "metadata"), metadata_02);
    } else {
        // The first builders that wrote v1 kept the names of v0.2.
        const Json* const definition = member(predicate, "buildDefinition");
        parts.steps = member(member(definition, "internalParameters"), "buildConfig");
        if (parts.steps == nullptr) parts.steps = member(member(definition, "externalParameters"), "buildConfig");
        metadata = either(member(member(predicate, "runDetails"), "metadata"), "buildkit_metadata", metadata_02);
    }
    parts.source = member(metadata, "source");
    parts.layers = member(metadata, "layers");
    return parts;
}

void check_statement(const Json& statement, std::string_view predicate, std::string_view manifest) {
    const std::string form = text(&statement, "_type");
    if (form != "https://in-toto.io/Statement/v0.1" && form != "https://in-toto.io/Statement/v1") {
        refuse(fmt::format("its _type is \"{}\", not an in-toto statement", printable_short(form)));
    }
    const std::string type = text(&statement, "predicateType");
    if (type != predicate) {
        refuse(fmt::format("its predicateType is \"{}\", its layer promised \"{}\"", printable_short(type),
                           printable_short(predicate)));
    }
    if (type != slsa_02 && type != slsa_1) {
        fail(ErrorKind::unsupported, fmt::format("{} is not read", printable_short(type)));
    }
    const std::span<const Json> subjects = list(&statement, "subject");
    const bool ours = std::any_of(subjects.begin(), subjects.end(), [&](const Json& subject) {
        return "sha256:" + text(member(&subject, "digest"), "sha256") == manifest;
    });
    if (!ours) refuse(fmt::format("its subject is not manifest {}", manifest));
}

/// The images among what the build is said to have taken in: the others are repositories and files.
std::vector<UsedImage> read_images_used(const Json& statement, std::string_view type) {
    const Json* const predicate = member(&statement, "predicate");
    const std::span<const Json> inputs = type == slsa_02
                                             ? list(predicate, "materials")
                                             : list(member(predicate, "buildDefinition"), "resolvedDependencies");
    std::vector<UsedImage> images;
    for (const Json& input : inputs) {
        std::string uri = text(&input, "uri");
        const std::string hex_digest = text(member(&input, "digest"), "sha256");
        const bool is_image = uri.starts_with("pkg:docker/") || uri.starts_with("pkg:oci/");
        if (!is_image || hex_digest.empty()) continue;
        images.push_back({std::move(uri), parse_digest("sha256:" + hex_digest).string()});
    }
    return images;
}

/// A build file, with where its lines begin.
struct SourceFile {
    std::string name;
    std::string data;
    std::vector<std::size_t> starts; ///< of each line; empty where the provenance holds no text
};

SourceFile read_file(const Json& info) {
    SourceFile file;
    file.name = text(&info, "filename");
    if (file.name.empty()) refuse("a source has no filename");
    const std::string encoded = text(&info, "data");
    if (encoded.size() / 4 * 3 > source_file_limit) {
        fail(ErrorKind::over_limit,
             fmt::format("{}: more than {}", printable_short(file.name), human_bytes(source_file_limit)));
    }
    file.data = within(printable_short(file.name), [&] { return unbase64(encoded); });
    for (std::size_t at = 0; at < file.data.size();) {
        file.starts.push_back(at);
        const std::size_t end = file.data.find('\n', at);
        at = end == std::string::npos ? file.data.size() : end + 1;
    }
    return file;
}

class Reader {
public:
    Reader(const Parts& parts, std::span<const std::string> layers) : parts_(parts), layers_(layers) {}

    Provenance read() {
        Provenance result;
        if (parts_.source == nullptr || parts_.layers == nullptr) {
            result.unused = "it names no lines and layers (only mode=max does)";
            return result;
        }
        read_images();
        read_chains();
        read_locations();
        if (makers_.empty() && base_layers_ == 0) {
            result.unused = "its layers are not those of this image";
            return result;
        }
        result.layers.resize(layers_.size());
        for (std::size_t i = 0; i < layers_.size(); ++i) result.layers[i] = lines_of_layer(i);
        result.base = base();
        return result;
    }

private:
    /// Steps that fetch an image, and what they fetch.
    void read_images() {
        for (const Json& step : list(parts_.steps, "llbDefinition")) {
            const Json* const source = member(member(member(&step, "op"), "Op"), "source");
            const std::string identifier = text(source, "identifier");
            for (const std::string_view scheme : {"docker-image://", "oci-layout://"}) {
                if (!identifier.starts_with(scheme)) continue;
                images_[step_number(text(&step, "id"))] = identifier.substr(scheme.size());
            }
        }
    }

    /// True when the chain is the lowest layers of the image, all or some.
    bool is_bottom(std::span<const Json> chain) const {
        if (chain.empty() || chain.size() > layers_.size()) return false;
        return std::equal(
            chain.begin(), chain.end(), layers_.begin(),
            [](const Json& descriptor, const std::string& l) { return text(&descriptor, "digest") == l; });
    }

    void read_chains() {
        for (const auto& [output, chains] : parts_.layers->members()) {
            const std::uint64_t step = step_of_output(output);
            for (const Json& chain : chains.items()) {
                if (is_bottom(chain.items())) note_chain(step, chain.items().size() - 1);
            }
        }
    }

    /// `top` is the highest layer of a chain that came out of the step.
    void note_chain(std::uint64_t step, std::size_t top) {
        if (!images_.contains(step)) { // a step that adds nothing has the chain of an earlier one, which made it
            const auto [place, is_new] = makers_.emplace(top, step);
            place->second = std::min(place->second, step);
        } else if (top + 1 > base_layers_ || (top + 1 == base_layers_ && step < base_step_)) {
            base_step_ = step;
            base_layers_ = top + 1;
        }
    }

    void read_locations() {
        const Json* const locations = member(parts_.source, "locations");
        if (locations == nullptr) return;
        for (const auto& [step, value] : locations->members()) {
            if (!value.is_null()) locations_[step_number(step)] = &value;
        }
    }

    const SourceFile& file(std::size_t index) {
        const std::span<const Json> infos = list(parts_.source, "infos");
        if (index >= infos.size()) refuse(fmt::format("there is no source {}", index));
        const auto [place, is_new] = files_.try_emplace(index);
        if (is_new) place->second = read_file(infos[index]);
        return place->second;
    }

    std::optional<SourceLines> lines_of_layer(std::size_t layer) {
        if (layer < base_layers_) {
            std::optional<SourceLines> lines = lines_of_step(base_step_);
            if (lines) lines->base = true;
            return lines;
        }
        const auto maker = makers_.find(layer);
        return maker == makers_.end() ? std::nullopt : lines_of_step(maker->second);
    }

    std::optional<SourceLines> lines_of_step(std::uint64_t step) {
        const auto found = locations_.find(step);
        if (found == locations_.end()) return std::nullopt;
        const std::span<const Json> places = list(found->second, "locations");
        if (places.empty()) return std::nullopt;
        return within(fmt::format("step{}", step), [&] {
            SourceLines lines = lines_of_place(places.front());
            lines.others = places.size() - 1;
            return lines;
        });
    }

    SourceLines lines_of_place(const Json& place) {
        std::int64_t first = line_limit;
        std::int64_t last = 0;
        for (const Json& range : list(&place, "ranges")) {
            const std::int64_t from = count(member(&range, "start"), "line");
            const std::int64_t to = count(member(&range, "end"), "line");
            if (from == 0 || to < from) refuse(fmt::format("the lines {} to {}", from, to));
            first = std::min(first, from);
            last = std::max(last, to);
        }
        if (last == 0) refuse("a location without lines");
        const SourceFile& source = file(static_cast<std::size_t>(count(&place, "sourceIndex")));
        SourceLines lines;
        lines.file = source.name;
        lines.first = static_cast<std::uint64_t>(first);
        lines.last = static_cast<std::uint64_t>(last);
        if (!source.starts.empty()) lines.text = text_of(source, lines);
        return lines;
    }

    static std::string text_of(const SourceFile& source, const SourceLines& lines) {
        if (lines.last > source.starts.size()) {
            refuse(fmt::format("line {} of {}, which has {}", lines.last, printable_short(source.name),
                               source.starts.size()));
        }
        const std::size_t from = source.starts[lines.first - 1];
        const std::size_t to = lines.last == source.starts.size() ? source.data.size() : source.starts[lines.last];
        std::string_view words = std::string_view(source.data).substr(from, to - from);
        while (words.ends_with('\n') || words.ends_with('\r')) words.remove_suffix(1);
        return std::string(words.substr(0, source_text_limit));
    }

    /// What the step fetched, where a digest stands behind its name.
    std::optional<BaseImage> base() const {
        if (base_layers_ == 0) return std::nullopt;
        const std::string& whole = images_.at(base_step_);
        const std::size_t at = whole.find('@');
        if (at == 0 || at == std::string::npos) return std::nullopt;
        const Digest digest = parse_digest(std::string_view(whole).substr(at + 1));
        return BaseImage{.name = whole.substr(0, at), .digest = digest.string(), .layers = base_layers_};
    }

    Parts parts_;
    std::span<const std::string> layers_; ///< digests of the image's layers
    std::map<std::uint64_t, std::string> images_;
    std::map<std::size_t, std::uint64_t> makers_; ///< layer to the earliest step whose chain ends with it
    std::map<std::uint64_t, const Json*> locations_;
    std::map<std::size_t, SourceFile> files_; ///< those that were needed
    std::uint64_t base_step_ = 0;
    std::size_t base_layers_ = 0;
};

} // namespace

Provenance read_provenance(std::string_view statement, std::string_view predicate, std::string_view manifest,
                           std::span<const std::string> layers) {
    const Json json = parse_document(statement, "the statement", config_limit);
    check_statement(json, predicate, manifest);
    Provenance provenance = Reader(parts_of(json, predicate), layers).read();
    provenance.images = read_images_used(json, predicate);
    return provenance;
}

} // namespace touchstone
