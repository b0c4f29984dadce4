// See referrers.h. Every byte of an answer is a stranger's, and so is the number of its pages.
#include "image/remote/referrers.h"

#include "base/error.h"
#include "base/printable.h"
#include "base/text.h"
#include "image/document.h"
#include "image/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace touchstone {

namespace {

constexpr std::string_view accept_index = "Accept: application/vnd.oci.image.index.v1+json";

/// cosign's pkg/oci/remote: SignatureTag, AttestationTag, SBOMTag.
constexpr std::array<std::string_view, 3> tag_kinds{"sig", "att", "sbom"};

/// What the longest note says of somebody else's words.
constexpr std::size_t note_limit = 20;

/// An answer that is not of the API at all: a page for people, as some registries give for whatever they do not know.
bool may_be_index(const HttpHeaders& headers) {
    const std::string type = ascii_lower(headers.get("content-type"));
    return type.empty() || type.starts_with("application/json") || media_type_of(type).kind == MediaKind::index;
}

/// Statuses by which registries say that they do not know the API; the spec's is 404.
bool is_unknown(int status) {
    constexpr std::array statuses{400, 404, 405, 406, 410, 501};
    return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

class Listing {
public:
    Listing(Registry& registry, const Digest& subject, const ReferrerQuery& query)
        : registry_(registry), subject_(subject), query_(query) {}

    Referrers run() {
        if (!ask_api()) ask_tag();
        if (query_.find_tags) find_tags();
        return std::move(found_);
    }

private:
    /// False when the registry does not know the API.
    bool ask_api() {
        RegistryPlace place = registry_.at("referrers/" + subject_.string());
        if (!query_.artifact_type.empty()) place.url.target += "?artifactType=" + url_escape(query_.artifact_type);
        for (std::size_t page = 0; page < referrer_page_limit; ++page) {
            const std::optional<RegistryPlace> next =
                patiently(registry_.retry_delay(), [&] { return read_page(place, page == 0); });
            if (unknown_) return false;
            if (!next) return true;
            place = *next;
        }
        note(fmt::format("more than {} pages of referrers: the rest is not listed", referrer_page_limit));
        return true;
    }

    std::optional<RegistryPlace> read_page(const RegistryPlace& place, bool first) {
        const std::unique_ptr<HttpResponse> response = registry_.exchange(
            {.place = place, .fields = {std::string(accept_index)}, .head = false, .verb = {}, .body = {}});
        unknown_ = first && (is_unknown(response->status()) ||
                             (response->status() == 200 && !may_be_index(response->headers())));
        if (unknown_) {
            response->discard();
            return std::nullopt;
        }
        if (response->status() != 200) registry_.fail_status(*response);
        found_.source = ReferrerSource::api;
        const std::string bytes = read_all(*response, manifest_limit, "referrers");
        if (!take_index(bytes, "the list of referrers")) return std::nullopt;
        const std::optional<std::string> link = parse_next_link(response->headers().all("link"));
        if (!link) return std::nullopt;
        return next_page(place, *response, *link);
    }

    /// The next page is the registry's own, or there is none.
    std::optional<RegistryPlace> next_page(const RegistryPlace& place, const HttpResponse& response,
                                           const std::string& link) {
        try {
            RegistryPlace next = registry_.next_place(place, response, link);
            if (next.own) return next;
            note("the list of referrers goes on at another host, which is not asked");
        } catch (const Error& error) {
            note(fmt::format("the list of referrers goes on at a place of no use: {}", error.what()));
        }
        return std::nullopt;
    }

    void ask_tag() {
        const std::string tag = referrers_tag(subject_);
        std::optional<FetchedManifest> fetched;
        try {
            fetched = registry_.find_manifest(tag);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::over_limit) throw;
            note(fmt::format("tag {}: {}", tag, error.what()));
            return;
        }
        if (!fetched) return;
        found_.source = ReferrerSource::tag;
        take_index(fetched->bytes, "tag " + tag);
    }

    /// False when it is no index.
    bool take_index(const std::string& bytes, const std::string& what) {
        try {
            const Index index = parse_index(parse_document(bytes, what, manifest_limit), what, "");
            for (const Descriptor& descriptor : index.manifests) add(descriptor);
            return true;
        } catch (const Error& error) {
            note(fmt::format("not used: {}", error.what()));
            return false;
        }
    }

    void add(const Descriptor& descriptor) {
        if (!query_.artifact_type.empty() && descriptor.artifact_type != query_.artifact_type) return;
        if (!known_.insert(descriptor.digest).second) return;
        if (known_.size() > referrer_limit) {
            if (known_.size() == referrer_limit + 1) {
                note(fmt::format("more than {} referrers: the rest is not listed", referrer_limit));
            }
            return;
        }
        found_.entries.push_back(descriptor);
        found_.entries.back().data.reset(); // not needed, and the registry may repeat it a thousand times
    }

    void find_tags() {
        for (const std::string_view kind : tag_kinds) {
            const std::string tag = fmt::format("{}.{}", referrers_tag(subject_), kind);
            const std::optional<std::string> digest = registry_.claimed_digest(tag);
            if (!digest) continue;
            found_.tags.push_back({tag, std::string(kind), digest->empty() ? std::nullopt : digest});
        }
    }

    void note(std::string text) {
        if (found_.notes.size() < note_limit) found_.notes.push_back(std::move(text));
    }

    Registry& registry_;
    const Digest& subject_;
    const ReferrerQuery& query_;
    Referrers found_;
    std::set<Digest> known_;
    bool unknown_ = false;
};

std::string layer_bytes(const std::shared_ptr<Registry>& registry, const Descriptor& layer, std::string_view what) {
    if (layer.data) return *layer.data; // verified when it was parsed
    VerifyingSource source(registry->open(layer.digest, layer.size, false), {layer.digest, layer.size},
                           std::string(what));
    return read_all(source, referrer_bytes_limit, what);
}

std::vector<std::pair<std::string, std::string>> annotations_of(const Json& document) {
    std::vector<std::pair<std::string, std::string>> annotations;
    const Json* const object = document.find("annotations");
    if (object == nullptr || object->is_null()) return annotations;
    for (const Json::Member& member : object->members()) {
        annotations.emplace_back(member.first, member.second.as_string());
    }
    return annotations;
}

} // namespace

std::string_view name_of(ReferrerSource source) {
    switch (source) {
    case ReferrerSource::api:
        return "api";
    case ReferrerSource::tag:
        return "tag";
    case ReferrerSource::none:
        break;
    }
    return "none";
}

std::string referrers_tag(const Digest& subject) {
    // The spec cuts the parts to 32 and 64 characters; of the algorithms that are known here only sha512 is longer.
    constexpr std::size_t encoded_limit = 64;
    return fmt::format("{}-{}", name_of(subject.algorithm), subject.hex().substr(0, encoded_limit));
}

Referrers list_referrers(Registry& registry, const Digest& subject, const ReferrerQuery& query) {
    return within(fmt::format("referrers of {}", subject.string()),
                  [&] { return Listing(registry, subject, query).run(); });
}

std::optional<FetchedReferrer> fetch_referrer(const std::shared_ptr<Registry>& registry, const std::string& reference) {
    const std::string what = fmt::format("artifact {}", printable_short(reference));
    return within(what, [&]() -> std::optional<FetchedReferrer> {
        const std::optional<FetchedManifest> fetched = registry->find_manifest(reference);
        if (!fetched) return std::nullopt;
        const Json document = parse_document(fetched->bytes, "manifest", manifest_limit);
        const Manifest manifest = parse_manifest(document, "manifest", fetched->media_type);
        FetchedReferrer referrer;
        referrer.digest = fetched->digest;
        referrer.artifact_type = manifest.artifact_type.empty() ? manifest.config.media_type : manifest.artifact_type;
        referrer.annotations = annotations_of(document);
        const Json* const subject = document.find("subject");
        if (subject != nullptr && !subject->is_null()) referrer.subject = parse_descriptor(*subject, "subject").digest;
        if (manifest.layers.size() > referrer_layer_limit) {
            fail(ErrorKind::over_limit,
                 fmt::format("{} layers, the limit is {}", manifest.layers.size(), referrer_layer_limit));
        }
        std::uint64_t left = referrer_bytes_limit;
        for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
            const Descriptor& layer = manifest.layers[i];
            if (layer.size > left) {
                fail(ErrorKind::over_limit, fmt::format("more than {} bytes in its layers", referrer_bytes_limit));
            }
            left -= layer.size;
            referrer.layers.push_back({layer, layer_bytes(registry, layer, fmt::format("layer {}", i))});
            referrer.layers.back().descriptor.data.reset();
        }
        return referrer;
    });
}

} // namespace touchstone
