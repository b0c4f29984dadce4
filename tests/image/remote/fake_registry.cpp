// See fake_registry.h.
#include "tests/image/remote/fake_registry.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone::test {

namespace {

FakeRequest parsed(const std::string& text) {
    FakeRequest request;
    const std::size_t end = text.find("\r\n\r\n");
    request.head = text.substr(0, end + 2);
    request.body = text.substr(end + 4);
    const std::size_t blank = text.find(' ');
    request.verb = text.substr(0, blank);
    const std::string target = text.substr(blank + 1, text.find(' ', blank + 1) - blank - 1);
    const std::size_t mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != std::string::npos) request.query = target.substr(mark + 1);
    return request;
}

std::string sha256(const std::string& bytes) {
    return digest_of(as_bytes(bytes)).string();
}

} // namespace

std::string FakeRequest::field(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

FakeRegistry::FakeRegistry(Fault fault)
    : fault_(std::move(fault)), server_([this](const std::string& text) { return answer_to(text); }) {}

std::shared_ptr<Registry> FakeRegistry::open(const std::string& repository, const RegistryAccess& access,
                                             const std::string& auth_file) {
    RemoteOptions options;
    options.stall_timeout = std::chrono::seconds(5);
    options.retry_delay = std::chrono::milliseconds(1);
    options.auth_file = auth_file; // never those of whoever runs the tests
    options.plain_http = {"127.0.0.1"};
    return std::make_shared<Registry>(parse_registry_name(host() + "/" + repository), options, access);
}

std::vector<std::string> FakeRegistry::log() const {
    const std::scoped_lock lock(mutex_);
    return log_;
}

std::string FakeRegistry::answer_to(const std::string& text) {
    const FakeRequest request = parsed(text);
    {
        const std::scoped_lock lock(mutex_);
        log_.push_back(
            fmt::format("{} {}{}{}", request.verb, request.path, request.query.empty() ? "" : "?", request.query));
    }
    if (fault_) {
        if (std::string said = fault_(request); !said.empty()) return said;
    }
    if (request.path.find("/blobs/uploads/") != std::string::npos) return upload(request);
    const std::string name = request.path.substr(request.path.rfind('/') + 1);
    if (request.path.find("/manifests/") != std::string::npos) return manifest(request);
    const auto blob = blobs.find(name);
    if (blob == blobs.end()) return answer(404, {});
    if (request.verb != "HEAD") return answer(200, {}, blob->second);
    return fmt::format("HTTP/1.1 200 X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", blob->second.size());
}

std::string FakeRegistry::upload(const FakeRequest& request) {
    const std::string here = "Location: " + request.path + (request.path.ends_with('/') ? "one" : "");
    if (request.verb == "POST") {
        upload_.clear();
        return answer(202, {here});
    }
    if (request.verb == "GET")
        return answer(204, {here, fmt::format("Range: 0-{}", std::max<std::size_t>(upload_.size(), 1) - 1)});
    upload_ += request.body;
    if (request.verb == "PATCH") return answer(202, {here, fmt::format("Range: 0-{}", upload_.size() - 1)});
    blobs[sha256(upload_)] = upload_;
    return answer(201, {});
}

std::string FakeRegistry::manifest(const FakeRequest& request) {
    const std::string name = request.path.substr(request.path.rfind('/') + 1);
    const auto known = manifests.find(name);
    const std::string etag = known == manifests.end() ? "" : '"' + sha256(known->second) + '"';
    if (request.verb == "PUT") {
        const std::string wanted = request.field("If-Match");
        if (!wanted.empty() && wanted != etag) return answer(412, {});
        manifests[name] = manifests[sha256(request.body)] = request.body;
        const bool has_subject = request.body.find("\"subject\"") != std::string::npos;
        return answer(201, {has_referrers && has_subject ? "OCI-Subject: yes" : "X: none"});
    }
    if (known == manifests.end()) return answer(404, {});
    return answer(200, {has_etags ? "ETag: " + etag : "X: none"}, request.verb == "HEAD" ? "" : known->second);
}

} // namespace touchstone::test
