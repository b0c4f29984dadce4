// See toy_server.h.
#include "tests/image/remote/toy_server.h"

#include <fmt/format.h>

#include <array>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace touchstone::test {

namespace {

std::size_t body_length(const std::string& head) {
    const std::string name = "\r\nContent-Length: ";
    const std::size_t at = head.find(name);
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + name.size()));
}

} // namespace

ToyServer::ToyServer(Answer answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, length) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, generic, &length) != 0) {
        throw std::runtime_error("toy server");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

ToyServer::~ToyServer() {
    ::shutdown(listener_, SHUT_RDWR); // accept comes back
    thread_.join();
    ::close(listener_);
}

std::string ToyServer::url(const std::string& path) const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::vector<std::string> ToyServer::heads() const {
    const std::scoped_lock lock(mutex_);
    return heads_;
}

void ToyServer::serve() {
    for (;;) {
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) return;
        std::string head;
        std::array<char, 4096> block{};
        while (head.find("\r\n\r\n") == std::string::npos) {
            const ssize_t count = ::read(client, block.data(), block.size());
            if (count <= 0) break;
            head.append(block.data(), static_cast<std::size_t>(count));
        }
        const std::size_t end = head.find("\r\n\r\n");
        while (head.size() < end + 4 + body_length(head)) {
            const ssize_t count = ::read(client, block.data(), block.size());
            if (count <= 0) break;
            head.append(block.data(), static_cast<std::size_t>(count));
        }
        {
            const std::scoped_lock lock(mutex_);
            heads_.push_back(head.substr(0, end + 4));
        }
        const std::string text = answer_(head);
        for (std::size_t sent = 0; sent < text.size();) {
            const ssize_t count = ::send(client, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
            if (count <= 0) break;
            sent += static_cast<std::size_t>(count);
        }
        ::close(client);
    }
}

std::string answer(int status, const std::vector<std::string>& fields, const std::string& body) {
    std::string text = fmt::format("HTTP/1.1 {} X\r\nConnection: close\r\n", status);
    for (const std::string& field : fields) text += field + "\r\n";
    return text + fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body);
}

} // namespace touchstone::test
