// An HTTP server of a few lines on this machine: answers each request with the bytes that a function makes, then
// closes.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace touchstone::test {

class ToyServer {
public:
    /// Gets the request (request line and fields, and the body behind the blank line), returns everything that is sent.
    using Answer = std::function<std::string(const std::string& head)>;
    explicit ToyServer(Answer answer);
    ~ToyServer();
    ToyServer(const ToyServer&) = delete;
    ToyServer& operator=(const ToyServer&) = delete;

    std::string url(const std::string& path = "/") const; ///< "http://127.0.0.1:PORT/…"
    std::string port() const { return std::to_string(port_); }
    std::vector<std::string> heads() const; ///< of all requests so far

private:
    void serve();
    Answer answer_;
    int listener_ = -1;
    unsigned port_ = 0;
    mutable std::mutex mutex_;
    std::vector<std::string> heads_;
    std::thread thread_;
};

/// "HTTP/1.1 STATUS …", the fields, and a body with its Content-Length.
std::string answer(int status, const std::vector<std::string>& fields, const std::string& body = "");

} // namespace touchstone::test
