// HTTP exchanges in flight. One thread moves the bytes of all of them, because only within one of libcurl's "multi"
// handles are connections shared safely (CURL_LOCK_DATA_CONNECT is not, says curl_share_setopt(3)); whoever reads a
// body waits on that transfer alone. A body that nobody reads stops after a bounded buffer.
#pragma once

#include "base/bytes.h"
#include "image/remote/body.h"
#include "image/remote/headers.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace touchstone {

/// All header fields of one answer: what servers themselves allow in a request is 8 to 64 KiB.
inline constexpr std::size_t header_limit = std::size_t{64} << 10;

/// How a transfer failed, for those who decide what comes next.
enum class TransferTrouble : std::uint8_t { none, tls_handshake, other };

/// One exchange: the loop's thread fills it, one other thread empties it.
class Transfer {
public:
    /// `easy` is a CURL*, ready but for the callbacks; owned from here on. `place` (printable) is for messages.
    Transfer(void* easy, std::string place);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    void* easy() const { return easy_; }
    /// Keeps what libcurl only points at: a curl_slist* of request fields.
    void keep_fields(void* list) { fields_ = list; }
    /// Before start(): what the request carries. When the connection breaks after some of it, libcurl must not send it
    /// once more by itself: whoever sends a part of something has to ask first how much arrived. So it cannot rewind.
    void send_body(HttpBody body);

    /// Waits for the status line and all header fields. Throws what the exchange failed with: transient where another
    /// try may succeed.
    void wait_for_headers();
    int status() const { return status_; }                  ///< after wait_for_headers()
    const HttpHeaders& headers() const { return headers_; } ///< likewise
    TransferTrouble trouble() const { return trouble_; }    ///< after a throw

private:
    friend class TransferLoop;
    friend class HttpResponse;
    static std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* self) noexcept;
    static std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* self) noexcept;
    static std::size_t give_body(char* bytes, std::size_t size, std::size_t count, void* self) noexcept;
    std::size_t next_of_body(ByteSpan buffer);
    bool add_header(std::string_view line);
    std::size_t add_body(std::string_view bytes);
    void finish(int code);
    [[noreturn]] void throw_failure() const;
    template <class Condition>
    void wait(std::unique_lock<std::mutex>& lock, Condition condition);

    void* easy_;
    void* fields_ = nullptr;
    std::string place_;
    std::vector<char> error_text_; // libcurl writes into it

    std::mutex mutex_; // guards all below
    std::condition_variable changed_;
    HttpHeaders headers_;
    std::size_t header_bytes_ = 0;
    int status_ = 0;
    bool headers_done_ = false;
    bool paused_ = false;
    bool finished_ = false;
    bool cancelled_ = false;
    std::string refusal_;      // ours, in place of libcurl's message
    std::string body_trouble_; // likewise, of the source of what is sent
    int code_ = 0;             // CURLcode
    TransferTrouble trouble_ = TransferTrouble::none;
    std::string arrived_; // body that nobody has taken yet
    HttpBody body_;       // what is sent
    std::unique_ptr<ByteSource> body_source_;
    std::uint64_t body_sent_ = 0;
};

class TransferLoop {
public:
    TransferLoop();
    ~TransferLoop(); ///< ends all transfers
    TransferLoop(const TransferLoop&) = delete;
    TransferLoop& operator=(const TransferLoop&) = delete;

    void start(std::shared_ptr<Transfer> transfer);
    /// Reads up to buffer.size() bytes of the body into `current` when that is used up; 0 at the end of the body.
    std::size_t read(const std::shared_ptr<Transfer>& transfer, std::string& current, std::size_t& at, ByteSpan buffer);
    void cancel(const std::shared_ptr<Transfer>& transfer);

private:
    enum class Order : std::uint8_t { start, resume, cancel };
    void give(Order order, std::shared_ptr<Transfer> transfer);
    void run() noexcept;
    void run_orders();
    void collect_finished();
    void remove(const std::shared_ptr<Transfer>& transfer);
    void end(int code);

    void* multi_; // CURLM*
    std::mutex mutex_;
    std::vector<std::pair<Order, std::shared_ptr<Transfer>>> orders_; // guarded by mutex_
    bool stop_ = false;                                               // likewise
    std::vector<std::shared_ptr<Transfer>> active_;                   // of the loop's thread
    std::thread thread_;
};

} // namespace touchstone
