// A small HTTP client: one request, one answer whose body is a stream, and redirects that carry no credential to
// another host. Encodings of content are neither asked for nor undone: digests are of the bytes as stored.
#pragma once

#include "base/error.h"
#include "base/source.h"
#include "image/remote/body.h"
#include "image/remote/headers.h"
#include "image/remote/options.h"
#include "image/remote/url.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace touchstone {

class Transfer;
class TransferLoop;

struct HttpRequest {
    Url url;
    std::vector<std::string> fields; ///< "Accept: …"; without CR and LF
    std::string authorization;       ///< the value of that field; empty for none. Never in a message
    std::optional<std::string> form; ///< POST, application/x-www-form-urlencoded
    bool head = false;               ///< HEAD
    bool shows_certificate = false;  ///< the user's client certificate is meant for this host
    std::string socket;              ///< a Unix socket to speak through, whatever the URL's host; empty for none
    std::string verb = {}; ///< "POST", "PUT", "PATCH": sent with `body`; empty: GET, or as `head` and `form` say
    std::optional<HttpBody> body = {};
};

/// An answer: status and fields at once, the body as it comes. Belongs to one thread at a time.
class HttpResponse final : public ByteSource {
public:
    HttpResponse(std::shared_ptr<TransferLoop> loop, std::shared_ptr<Transfer> transfer, Url url);
    ~HttpResponse() override; ///< ends the transfer if it is still under way
    HttpResponse(const HttpResponse&) = delete;
    HttpResponse& operator=(const HttpResponse&) = delete;

    int status() const;
    const HttpHeaders& headers() const;
    const Url& url() const { return url_; } ///< the one that answered, after redirects
    std::optional<std::uint64_t> content_length() const;
    /// Throws transient when the connection broke: what came before is good.
    std::size_t read(ByteSpan buffer) override;
    /// The first `limit` bytes of the body, for messages; a broken connection just ends it.
    std::string text(std::size_t limit);
    /// Reads a short rest, so that the connection can be used again.
    void discard();

private:
    std::shared_ptr<TransferLoop> loop_;
    std::shared_ptr<Transfer> transfer_;
    Url url_;
    std::string current_;
    std::size_t at_ = 0;
};

/// Thrown in place of Error by HttpClient when no TLS session came about: the other side may not speak it at all.
class TlsHandshakeError : public Error {
public:
    using Error::Error;
};

/// Thread-safe; connections are kept and shared by all requests.
class HttpClient {
public:
    explicit HttpClient(const RemoteOptions& options);

    /// One exchange, up to the header fields. Throws transient (no connection, no answer in time), malformed (an answer
    /// with Content-Encoding, or whose length is ambiguous), over_limit or unreadable (certificates).
    std::unique_ptr<HttpResponse> send(const HttpRequest& request) const;

    /// The same, following redirects: at most ten, never from https to http, and without authorization and client
    /// certificate from the first other origin on, for good. `check` may refuse (throw) where one leads. A request with
    /// a body is sent again only by 307 and 308, and only to where it went.
    using RedirectCheck = std::function<void(const Url& target)>;
    std::unique_ptr<HttpResponse> follow(HttpRequest request, const RedirectCheck& check) const;

private:
    void* new_handle(const HttpRequest& request) const;
    RemoteOptions options_;
    std::shared_ptr<TransferLoop> loop_;
};

} // namespace touchstone
