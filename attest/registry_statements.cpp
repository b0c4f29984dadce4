// See registry_statements.h.
#include "attest/registry_statements.h"

#include "base/error.h"
#include "base/printable.h"
#include "base/rfc3339.h"
#include "image/remote/push.h"
#include "image/remote/referrers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <set>

namespace touchstone {

namespace {

constexpr std::string_view bundle_type = "application/vnd.dev.sigstore.bundle.v0.3+json";
constexpr std::string_view envelope_type = "application/vnd.dsse.envelope.v1+json";

/// Also of older bundles: what they are is for the reader to say.
bool holds_statement(std::string_view type) {
    return type == envelope_type || type.starts_with("application/vnd.dev.sigstore.bundle");
}

std::shared_ptr<Registry> open_repository(const RegistryName& repository, const RemoteOptions& remote, bool push) {
    return std::make_shared<Registry>(repository, remote, RegistryAccess{.push = push, .mounts = {}});
}

/// Gathers what is found, each artifact once.
class Gatherer {
public:
    Gatherer(std::shared_ptr<Registry> registry, FoundStatements& found)
        : registry_(std::move(registry)), found_(found) {}

    void gather(const std::string& reference) {
        if (found_.files.size() >= most_statements) {
            ++found_.left_out;
            return;
        }
        std::optional<FetchedReferrer> referrer;
        try {
            referrer = fetch_referrer(registry_, reference);
        } catch (const Error& error) {
            // What others put there wrongly must not keep what is right from being found.
            const bool theirs = error.kind() == ErrorKind::unverified || error.kind() == ErrorKind::malformed ||
                                error.kind() == ErrorKind::over_limit || error.kind() == ErrorKind::unsupported;
            if (!theirs) throw;
            ++found_.left_out;
        }
        if (!referrer || !known_.insert(referrer->digest).second) return;
        for (ReferrerBlob& layer : referrer->layers) {
            if (holds_statement(layer.descriptor.media_type)) add(referrer->digest, std::move(layer.bytes));
        }
    }

private:
    void add(const Digest& digest, std::string content) {
        if (found_.files.size() >= most_statements || content.size() > longest_envelope) {
            ++found_.left_out;
            return;
        }
        found_.files.push_back(
            {fmt::format("docker://{}@{}", registry_->name().name(), digest.string()), std::move(content)});
    }

    std::shared_ptr<Registry> registry_;
    FoundStatements& found_;
    std::set<Digest> known_;
};

FetchedManifest fetch_subject(Registry& registry, const Digest& subject) {
    std::optional<FetchedManifest> manifest = registry.find_manifest(subject.string());
    if (manifest) return std::move(*manifest);
    fail(ErrorKind::unreadable,
         fmt::format("the image that the statement is about is not there: {}", subject.string()));
}

Attachment referrer_of(const FetchedManifest& subject, const StatementToAttach& statement) {
    const bool bundled = statement.form == EnvelopeForm::bundle;
    const std::string type(bundled ? bundle_type : envelope_type);
    Attachment attachment;
    attachment.subject.media_type = subject.media_type;
    attachment.subject.digest = subject.digest;
    attachment.subject.size = subject.bytes.size();
    attachment.artifact_type = type;
    attachment.layers.push_back({type, statement.text, {}});
    attachment.annotations = {{"dev.sigstore.bundle.content", "dsse-envelope"},
                              {"dev.sigstore.bundle.predicateType", statement.predicate_type},
                              {"org.opencontainers.image.created", rfc3339(statement.time)}};
    if (!bundled) attachment.annotations.erase(attachment.annotations.begin());
    return attachment;
}

} // namespace

void check_attachable(const RegistryName& repository, const RemoteOptions& remote,
                      const std::vector<Digest>& subjects) {
    const std::shared_ptr<Registry> registry = open_repository(repository, remote, true);
    within("docker://" + printable(repository.name()), [&] {
        for (const Digest& subject : subjects) fetch_subject(*registry, subject);
        check_may_push(*registry);
    });
}

AttachedStatement attach_statement(const RegistryName& repository, const RemoteOptions& remote, const Digest& subject,
                                   const StatementToAttach& statement) {
    const std::shared_ptr<Registry> registry = open_repository(repository, remote, true);
    const std::string name = "docker://" + repository.name();
    return within(printable(name), [&]() -> AttachedStatement {
        const FetchedManifest manifest = fetch_subject(*registry, subject);
        if (statement.place == StatementPlace::cosign_tag) {
            const std::string tag = referrers_tag(subject) + ".att";
            // The signature is in the envelope; cosign looks only at layers that have the annotation.
            attach_by_tag(registry, tag,
                          {std::string(envelope_type),
                           statement.text,
                           {{"dev.cosignproject.cosign/signature", ""}, {"predicateType", statement.predicate_type}}});
            return {fmt::format("{}:{}", name, tag), ReferrerSource::api};
        }
        const Attached attached = attach(registry, referrer_of(manifest, statement));
        return {fmt::format("{}@{}", name, attached.digest.string()), attached.listed};
    });
}

FoundStatements find_statements(const RegistryName& repository, const RemoteOptions& remote,
                                const std::vector<Digest>& subjects) {
    const std::shared_ptr<Registry> registry = open_repository(repository, remote, false);
    FoundStatements found;
    Gatherer gatherer(registry, found);
    within("docker://" + printable(repository.name()), [&] {
        for (const Digest& subject : subjects) {
            const Referrers referrers = list_referrers(*registry, subject, {.artifact_type = {}, .find_tags = true});
            for (const Descriptor& entry : referrers.entries) {
                if (holds_statement(entry.artifact_type)) gatherer.gather(entry.digest.string());
            }
            for (const ReferrerTag& tag : referrers.tags) {
                if (tag.kind == "att") gatherer.gather(tag.tag);
            }
        }
    });
    return found;
}

} // namespace touchstone
