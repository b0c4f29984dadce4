// See http.h.
#include "image/remote/http.h"

#include "base/error.h"
#include "base/printable.h"
#include "base/text.h"
#include "image/remote/libcurl.h"
#include "image/remote/transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <new>

namespace touchstone {

namespace {

constexpr int redirect_limit = 10;

/// Bytes in a second below which a connection counts as stalled. A layer at this speed would take days.
constexpr long stall_speed = 1024;

/// A rest of a body that is cheaper to read than a new connection.
constexpr std::size_t short_rest = std::size_t{64} << 10;

class FieldList {
public:
    FieldList() = default;
    ~FieldList() { libcurl().slist_free_all(list_); }
    FieldList(const FieldList&) = delete;
    FieldList& operator=(const FieldList&) = delete;
    void add(const std::string& line) {
        if (line.find_first_of("\r\n") != std::string::npos) {
            fail(ErrorKind::malformed, "a line break in a header field of a request"); // what it is may be a secret
        }
        curl_slist* const longer = libcurl().slist_append(list_, line.c_str());
        if (longer == nullptr) throw std::bad_alloc();
        list_ = longer;
    }
    curl_slist* get() const { return list_; }
    curl_slist* release() { return std::exchange(list_, nullptr); }

private:
    curl_slist* list_ = nullptr;
};

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
    if (const CURLcode code = libcurl().easy_setopt(easy, option, value); code != CURLE_OK) {
        fail(ErrorKind::unsupported,
             fmt::format("libcurl refuses option {}: {}", static_cast<int>(option), libcurl().easy_strerror(code)));
    }
}

void set_trust(CURL* easy, const RemoteOptions& options, bool shows_certificate) {
    set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(easy, CURLOPT_SSL_VERIFYPEER, options.verify_tls ? 1L : 0L);
    set(easy, CURLOPT_SSL_VERIFYHOST, options.verify_tls ? 2L : 0L);
    if (!options.ca_file.empty()) set(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    if (!shows_certificate || options.certificate.empty()) return;
    set(easy, CURLOPT_SSLCERT, options.certificate.c_str());
    set(easy, CURLOPT_SSLKEY, options.key.empty() ? options.certificate.c_str() : options.key.c_str());
}

/// What a body's bytes are must not be in doubt.
void check_framing(const HttpHeaders& headers, std::string_view place) {
    for (const std::string_view encoding : headers.all("content-encoding")) {
        if (ascii_lower(encoding) == "identity") continue;
        fail(ErrorKind::malformed,
             fmt::format("{}: Content-Encoding {}, which was not asked for: the bytes are not those that were stored",
                         place, printable_short(encoding)));
    }
    const std::vector<std::string_view> codings = headers.all("transfer-encoding");
    for (const std::string_view coding : codings) {
        if (ascii_lower(coding) == "chunked") continue;
        fail(ErrorKind::malformed, fmt::format("{}: Transfer-Encoding {}", place, printable_short(coding)));
    }
    const std::vector<std::string_view> lengths = headers.all("content-length");
    if (!codings.empty() && !lengths.empty()) {
        fail(ErrorKind::malformed, fmt::format("{}: both Content-Length and Transfer-Encoding", place));
    }
    for (const std::string_view length : lengths) {
        if (parse_decimal(length) && length == lengths.front()) continue;
        fail(ErrorKind::malformed, fmt::format("{}: Content-Length {}", place, printable_short(length)));
    }
}

bool is_redirect(int status) {
    constexpr std::array statuses{301, 302, 303, 307, 308};
    return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

} // namespace

HttpResponse::HttpResponse(std::shared_ptr<TransferLoop> loop, std::shared_ptr<Transfer> transfer, Url url)
    : loop_(std::move(loop)), transfer_(std::move(transfer)), url_(std::move(url)) {}

HttpResponse::~HttpResponse() {
    loop_->cancel(transfer_);
}

int HttpResponse::status() const {
    return transfer_->status();
}

const HttpHeaders& HttpResponse::headers() const {
    return transfer_->headers();
}

std::optional<std::uint64_t> HttpResponse::content_length() const {
    return parse_decimal(headers().get("content-length"));
}

std::size_t HttpResponse::read(ByteSpan buffer) {
    return loop_->read(transfer_, current_, at_, buffer);
}

std::string HttpResponse::text(std::size_t limit) {
    std::string text(limit, '\0');
    std::size_t length = 0;
    try {
        length = read_full(*this, {reinterpret_cast<std::uint8_t*>(text.data()), limit});
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::transient) throw;
        return {};
    }
    text.resize(length);
    return text;
}

void HttpResponse::discard() {
    if (content_length().value_or(short_rest + 1) <= short_rest) text(short_rest + 1);
}

HttpClient::HttpClient(const RemoteOptions& options) : options_(options) {
    loop_ = std::make_shared<TransferLoop>();
}

void* HttpClient::new_handle(const HttpRequest& request) const {
    CURL* const easy = libcurl().easy_init();
    if (easy == nullptr) throw std::bad_alloc();
    try {
        const std::string url = request.url.string();
        const long seconds = std::max<long>(1, static_cast<long>(options_.stall_timeout.count()));
        set(easy, CURLOPT_URL, url.c_str());
        set(easy, CURLOPT_PROTOCOLS_STR, request.url.scheme.c_str());
        set(easy, CURLOPT_NOSIGNAL, 1L);
        set(easy, CURLOPT_FOLLOWLOCATION, 0L);
        set(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
        set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
        set(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
        set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
        set(easy, CURLOPT_USERAGENT, "touchstone/" TOUCHSTONE_VERSION);
        set(easy, CURLOPT_BUFFERSIZE, 256L << 10U);
        set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
        set(easy, CURLOPT_CONNECTTIMEOUT, seconds);
        set(easy, CURLOPT_LOW_SPEED_LIMIT, stall_speed);
        set(easy, CURLOPT_LOW_SPEED_TIME, seconds);
        // Proxies come from the environment; this machine is not behind one.
        if (is_loopback_host(request.url.host)) set(easy, CURLOPT_NOPROXY, "*");
        if (request.head) set(easy, CURLOPT_NOBODY, 1L);
        if (!request.socket.empty()) set(easy, CURLOPT_UNIX_SOCKET_PATH, request.socket.c_str());
        if (request.form) set(easy, CURLOPT_COPYPOSTFIELDS, request.form->c_str());
        if (request.body) {
            set(easy, CURLOPT_UPLOAD, 1L); // reads the body as it goes
            set(easy, CURLOPT_CUSTOMREQUEST, request.verb.c_str());
            set(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body->size));
            set(easy, CURLOPT_UPLOAD_BUFFERSIZE, 256L << 10U);
        }
        set_trust(easy, options_, request.shows_certificate);
    } catch (...) {
        libcurl().easy_cleanup(easy);
        throw;
    }
    return easy;
}

std::unique_ptr<HttpResponse> HttpClient::send(const HttpRequest& request) const {
    const std::string place = printable(request.url.authority());
    FieldList fields;
    fields.add("Accept-Encoding: identity");
    fields.add("Expect:"); // no wait for a 100
    for (const std::string& field : request.fields) fields.add(field);
    if (!request.authorization.empty()) fields.add("Authorization: " + request.authorization);
    auto transfer = std::make_shared<Transfer>(new_handle(request), place);
    set(transfer->easy(), CURLOPT_HTTPHEADER, fields.get());
    transfer->keep_fields(fields.release());
    if (request.body) transfer->send_body(*request.body);
    loop_->start(transfer);
    auto response = std::make_unique<HttpResponse>(loop_, transfer, request.url); // ends it whatever comes
    try {
        transfer->wait_for_headers();
    } catch (const Error& error) {
        if (transfer->trouble() != TransferTrouble::tls_handshake) throw;
        throw TlsHandshakeError(error.kind(), error.what());
    }
    check_framing(response->headers(), place);
    return response;
}

std::unique_ptr<HttpResponse> HttpClient::follow(HttpRequest request, const RedirectCheck& check) const {
    const std::string start = printable(request.url.authority());
    for (int hops = 0;; ++hops) {
        std::unique_ptr<HttpResponse> response = send(request);
        if (!is_redirect(response->status())) return response;
        const std::string_view location = response->headers().get("location");
        if (location.empty()) {
            fail(ErrorKind::malformed, fmt::format("{}: status {} without a Location", start, response->status()));
        }
        if (hops == redirect_limit) {
            fail(ErrorKind::over_limit, fmt::format("{}: more than {} redirects", start, redirect_limit));
        }
        if (request.form) { // it holds a token, and its target was chosen by the registry
            fail(ErrorKind::unsupported, fmt::format("{}: a redirect of a request that carries a credential", start));
        }
        const bool same_request = response->status() == 307 || response->status() == 308;
        if (request.body && !same_request) {
            fail(ErrorKind::unsupported, fmt::format("{}: status {} to a {}: where it was to be sent nobody said",
                                                     start, response->status(), request.verb));
        }
        const Url target = within(fmt::format("{}: a redirect", start), [&] {
            Url url = resolve_url(request.url, location);
            if (request.url.scheme == "https" && url.scheme == "http") {
                fail(ErrorKind::unsupported, fmt::format("from https to http://{}: refused, it would not be encrypted",
                                                         printable_short(url.authority())));
            }
            check(url);
            return url;
        });
        response->discard();
        if (!same_origin(request.url, target)) {
            if (request.body) {
                fail(ErrorKind::unsupported, fmt::format("{}: a redirect of a {} to another host, {}", start,
                                                         request.verb, printable_short(target.authority())));
            }
            request.authorization.clear();
            request.shows_certificate = false;
        }
        request.url = target;
    }
}

} // namespace touchstone
