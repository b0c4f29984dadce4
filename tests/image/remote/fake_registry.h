// A registry of a few dozen lines for unit tests: uploads, manifests, and the referrers API where it is asked for.
#pragma once

#include "image/remote/registry.h"
#include "tests/image/remote/toy_server.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace touchstone::test {

/// A request as the fake sees it.
struct FakeRequest {
    std::string verb;
    std::string path;  ///< without the query
    std::string query; ///< without '?'
    std::string head;
    std::string body;
    std::string field(const std::string& name) const; ///< "Name" as it is written; "" when it is not there
};

class FakeRegistry {
public:
    /// What answers first, where it gives anything but "".
    using Fault = std::function<std::string(const FakeRequest&)>;
    explicit FakeRegistry(Fault fault = {});

    std::shared_ptr<Registry> open(const std::string& repository = "app", const RegistryAccess& access = {true, {}},
                                   const std::string& auth_file = "/dev/null");
    std::string host() const { return "127.0.0.1:" + server_.port(); }
    /// "VERB path?query" of all requests but those that look for TLS.
    std::vector<std::string> log() const;
    std::string url(const std::string& path) const { return server_.url(path); }

    // What it holds; looked at and changed between requests only.
    std::map<std::string, std::string> blobs;     ///< digest -> bytes
    std::map<std::string, std::string> manifests; ///< digest or tag -> bytes
    bool has_referrers = false;
    bool has_etags = false;

private:
    std::string answer_to(const std::string& text);
    std::string upload(const FakeRequest& request);
    std::string manifest(const FakeRequest& request);

    Fault fault_;
    std::string upload_;
    mutable std::mutex mutex_;
    std::vector<std::string> log_;
    ToyServer server_; // last: it answers from the first moment on
};

} // namespace touchstone::test
