// See transfer.h. No exception passes through libcurl, and no lock is held while it runs.
#include "image/remote/transfer.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/printable.h"
#include "image/remote/libcurl.h"
#include "image/remote/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <new>

namespace touchstone {

namespace {

/// Body bytes that wait for their reader: enough to keep a fast connection busy while a block is inflated.
constexpr std::size_t body_buffer = std::size_t{1} << 20;

/// Connections that are kept for the next request; far more than there are parallel layers.
constexpr long kept_connections = 32;

struct CodeRow {
    CURLcode code;
    ErrorKind kind;
};
/// What may be different next time. All else is as it is: certificates, malformed answers, refused schemes.
constexpr std::array transient_codes{
    CURLE_COULDNT_RESOLVE_HOST,
    CURLE_COULDNT_RESOLVE_PROXY,
    CURLE_COULDNT_CONNECT,
    CURLE_OPERATION_TIMEDOUT,
    CURLE_SEND_ERROR,
    CURLE_RECV_ERROR,
    CURLE_GOT_NOTHING,
    CURLE_PARTIAL_FILE,
    CURLE_HTTP2,
    CURLE_HTTP2_STREAM,
    CURLE_SSL_CONNECT_ERROR,
    CURLE_SEND_FAIL_REWIND,
};
constexpr std::array other_codes{
    CodeRow{CURLE_WEIRD_SERVER_REPLY, ErrorKind::malformed},
    CodeRow{CURLE_UNSUPPORTED_PROTOCOL, ErrorKind::malformed}, // HTTP/0.9
    CodeRow{CURLE_OUT_OF_MEMORY, ErrorKind::over_limit},
};

ErrorKind kind_of(CURLcode code) {
    if (std::find(transient_codes.begin(), transient_codes.end(), code) != transient_codes.end()) {
        return ErrorKind::transient;
    }
    const auto* const row =
        std::find_if(other_codes.begin(), other_codes.end(), [&](const CodeRow& known) { return known.code == code; });
    return row == other_codes.end() ? ErrorKind::unreadable : row->kind;
}

/// Signals are for the threads of the caller.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

} // namespace

Transfer::Transfer(void* easy, std::string place)
    : easy_(easy), place_(std::move(place)), error_text_(CURL_ERROR_SIZE, '\0') {
    libcurl().easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_text_.data());
    libcurl().easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &Transfer::take_header);
    libcurl().easy_setopt(easy_, CURLOPT_HEADERDATA, static_cast<void*>(this));
    libcurl().easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Transfer::take_body);
    libcurl().easy_setopt(easy_, CURLOPT_WRITEDATA, static_cast<void*>(this));
}

Transfer::~Transfer() {
    libcurl().easy_cleanup(easy_);
    libcurl().slist_free_all(static_cast<curl_slist*>(fields_));
}

std::size_t Transfer::take_header(char* bytes, std::size_t size, std::size_t count, void* self) noexcept {
    try {
        return static_cast<Transfer*>(self)->add_header({bytes, size * count}) ? size * count : 0;
    } catch (const std::exception&) {
        return 0; // out of memory: libcurl ends the transfer with CURLE_WRITE_ERROR
    }
}

std::size_t Transfer::take_body(char* bytes, std::size_t size, std::size_t count, void* self) noexcept {
    try {
        return static_cast<Transfer*>(self)->add_body({bytes, size * count});
    } catch (const std::exception&) {
        return 0;
    }
}

void Transfer::send_body(HttpBody body) {
    body_ = std::move(body);
    libcurl().easy_setopt(easy_, CURLOPT_READFUNCTION, &Transfer::give_body);
    libcurl().easy_setopt(easy_, CURLOPT_READDATA, static_cast<void*>(this));
}

std::size_t Transfer::next_of_body(ByteSpan buffer) {
    if (!body_source_) body_source_ = body_.open();
    const std::uint64_t left = body_.size - body_sent_;
    if (left == 0) return 0;
    const std::size_t count = read_full(*body_source_, buffer.first(std::min<std::uint64_t>(buffer.size(), left)));
    if (count == 0) fail(ErrorKind::unreadable, "what was to be sent is shorter than it was");
    body_sent_ += count;
    return count;
}

std::size_t Transfer::give_body(char* bytes, std::size_t size, std::size_t count, void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    // What the body is made of may be gone as soon as cancel() has returned.
    const std::scoped_lock lock(transfer.mutex_);
    if (transfer.cancelled_) return CURL_READFUNC_ABORT;
    try {
        return transfer.next_of_body({reinterpret_cast<std::uint8_t*>(bytes), size * count});
    } catch (const std::exception& error) {
        try {
            transfer.body_trouble_ = error.what();
        } catch (const std::exception&) { // out of memory: libcurl's own words will do
        }
        return CURL_READFUNC_ABORT;
    }
}

/// One line of a header, or the empty one behind it. Interim answers (1xx) and trailers are counted and dropped.
bool Transfer::add_header(std::string_view line) {
    long status = 0;
    libcurl().easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    const std::scoped_lock lock(mutex_);
    header_bytes_ += line.size();
    if (header_bytes_ > header_limit) {
        refusal_ = fmt::format("more than {} bytes of header fields", header_limit);
        return false;
    }
    if (headers_done_) return true;
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {
        headers_.clear();
    } else if (!line.empty()) {
        headers_.add_line(line);
    } else if (status >= 200) {
        status_ = static_cast<int>(status);
        headers_done_ = true;
        changed_.notify_all();
    }
    return true;
}

std::size_t Transfer::add_body(std::string_view bytes) {
    const std::scoped_lock lock(mutex_);
    if (cancelled_) return 0;
    if (!arrived_.empty() && arrived_.size() + bytes.size() > body_buffer) {
        paused_ = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    arrived_ += bytes;
    changed_.notify_all();
    return bytes.size();
}

void Transfer::finish(int code) {
    const std::scoped_lock lock(mutex_);
    if (finished_) return;
    finished_ = true;
    code_ = code;
    if (code_ != CURLE_OK) {
        trouble_ = code_ == CURLE_SSL_CONNECT_ERROR ? TransferTrouble::tls_handshake : TransferTrouble::other;
    }
    changed_.notify_all();
}

void Transfer::throw_failure() const {
    const auto code = static_cast<CURLcode>(code_);
    if (!body_trouble_.empty()) fail(ErrorKind::unreadable, fmt::format("{}: {}", place_, body_trouble_));
    if (!refusal_.empty()) fail(ErrorKind::over_limit, fmt::format("{}: {}", place_, refusal_));
    const std::string_view detail = error_text_.data();
    // The other side ended the session by TLS's own means (a certificate that it wants, say): it will do so again.
    const bool refused = detail.find("SSL routines") != std::string_view::npos &&
                         detail.find(" alert ") != std::string_view::npos && code != CURLE_SSL_CONNECT_ERROR;
    const std::string message =
        fmt::format("{}: {}", place_, printable_short(detail.empty() ? libcurl().easy_strerror(code) : detail));
    if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY) throw Unresolved(message);
    fail(refused ? ErrorKind::unreadable : kind_of(code), message);
}

template <class Condition>
void Transfer::wait(std::unique_lock<std::mutex>& lock, Condition condition) {
    constexpr std::chrono::milliseconds glance{200}; // how late a Ctrl-C may be noticed
    stop_if_interrupted();                           // a body that trickles in never lets the glance pass
    while (!changed_.wait_for(lock, glance, condition)) stop_if_interrupted();
}

void Transfer::wait_for_headers() {
    std::unique_lock<std::mutex> lock(mutex_);
    wait(lock, [&] { return headers_done_ || finished_; });
    if (headers_done_) return;
    if (code_ == CURLE_OK) fail(ErrorKind::malformed, fmt::format("{}: an answer without a header", place_));
    throw_failure();
}

TransferLoop::TransferLoop() : multi_(libcurl().multi_init()) {
    if (multi_ == nullptr) throw std::bad_alloc();
    // HTTP/2 without multiplexing: a stream that waits for its reader must not hold up the others of its connection.
    libcurl().multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    libcurl().multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kept_connections);
    const SignalsBlocked blocked; // inherited by the new thread
    thread_ = std::thread([this] { run(); });
}

TransferLoop::~TransferLoop() {
    {
        const std::scoped_lock lock(mutex_);
        if (!stop_) libcurl().multi_wakeup(multi_);
        stop_ = true;
    }
    thread_.join();
}

/// On the loop's own thread, where signals are blocked: closing a TLS session may write to a closed socket (SIGPIPE).
void TransferLoop::end(int code) {
    for (const std::shared_ptr<Transfer>& transfer : active_) {
        libcurl().multi_remove_handle(multi_, transfer->easy());
        transfer->finish(code);
    }
    active_.clear();
    const std::scoped_lock lock(mutex_);
    stop_ = true;
    for (const auto& [order, transfer] : orders_) transfer->finish(code);
    orders_.clear();
    libcurl().multi_cleanup(multi_);
}

void TransferLoop::give(Order order, std::shared_ptr<Transfer> transfer) {
    const std::scoped_lock lock(mutex_);
    if (stop_) return transfer->finish(CURLE_OUT_OF_MEMORY);
    orders_.emplace_back(order, std::move(transfer));
    libcurl().multi_wakeup(multi_);
}

void TransferLoop::start(std::shared_ptr<Transfer> transfer) {
    give(Order::start, std::move(transfer));
}

void TransferLoop::cancel(const std::shared_ptr<Transfer>& transfer) {
    {
        const std::scoped_lock lock(transfer->mutex_);
        if (transfer->finished_) return;
        transfer->cancelled_ = true;
    }
    give(Order::cancel, transfer);
}

std::size_t TransferLoop::read(const std::shared_ptr<Transfer>& transfer, std::string& current, std::size_t& at,
                               ByteSpan buffer) {
    if (at == current.size()) {
        bool resume = false;
        {
            std::unique_lock<std::mutex> lock(transfer->mutex_);
            transfer->wait(lock, [&] { return !transfer->arrived_.empty() || transfer->finished_; });
            if (transfer->arrived_.empty()) {
                if (transfer->code_ != CURLE_OK) transfer->throw_failure();
                return 0;
            }
            current.clear();
            current.swap(transfer->arrived_); // the old one's room is used again
            at = 0;
            resume = std::exchange(transfer->paused_, false);
        }
        if (resume) give(Order::resume, transfer);
    }
    const std::size_t count = std::min(buffer.size(), current.size() - at);
    if (count > 0) std::memcpy(buffer.data(), current.data() + at, count);
    at += count;
    return count;
}

void TransferLoop::remove(const std::shared_ptr<Transfer>& transfer) {
    libcurl().multi_remove_handle(multi_, transfer->easy());
    std::erase(active_, transfer);
}

void TransferLoop::run_orders() {
    std::vector<std::pair<Order, std::shared_ptr<Transfer>>> orders;
    {
        const std::scoped_lock lock(mutex_);
        orders.swap(orders_);
    }
    for (const auto& [order, transfer] : orders) {
        const bool known = std::find(active_.begin(), active_.end(), transfer) != active_.end();
        switch (order) {
        case Order::start:
            active_.push_back(transfer);
            if (libcurl().multi_add_handle(multi_, transfer->easy()) != CURLM_OK) {
                std::erase(active_, transfer);
                transfer->finish(CURLE_FAILED_INIT);
            }
            break;
        case Order::resume:
            if (known) libcurl().easy_pause(transfer->easy(), CURLPAUSE_CONT);
            break;
        case Order::cancel:
            if (known) remove(transfer);
            transfer->finish(CURLE_ABORTED_BY_CALLBACK);
            break;
        }
    }
}

void TransferLoop::collect_finished() {
    int left = 0;
    while (const CURLMsg* const message = libcurl().multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result;
        const auto done = std::find_if(active_.begin(), active_.end(), [&](const std::shared_ptr<Transfer>& transfer) {
            return transfer->easy() == message->easy_handle;
        });
        if (done == active_.end()) continue;
        const std::shared_ptr<Transfer> transfer = *done;
        remove(transfer); // `message` is gone with it
        transfer->finish(code);
    }
}

void TransferLoop::run() noexcept {
    constexpr int idle = 1000; // milliseconds; orders wake it
    try {
        for (;;) {
            {
                const std::scoped_lock lock(mutex_);
                if (stop_) break;
            }
            run_orders();
            int running = 0;
            libcurl().multi_perform(multi_, &running);
            collect_finished();
            libcurl().multi_poll(multi_, nullptr, 0, idle, nullptr);
        }
        end(CURLE_ABORTED_BY_CALLBACK);
    } catch (const std::exception&) { // out of memory: nothing that is under way can go on
        end(CURLE_OUT_OF_MEMORY);
    }
}

} // namespace touchstone
