// A server on a Unix socket that does to each connection what its script says. For the tests of the HTTP
// client.
#pragma once
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace vmha::client::test {

// What happens to one connection once its request has come. Then it is closed, or, if `stays`, kept until the
// client leaves.
struct Script {
    std::vector<std::string> pieces;  // each sent by itself, in turn
    bool stays = false;
    std::chrono::milliseconds between{0};
};

inline std::string temporary_socket_path() {
    static std::atomic<int> count = 0;
    return "/tmp/vmha_client_test." + std::to_string(::getpid()) + "." + std::to_string(++count);
}

inline int listening_socket(const std::string& path, int queue) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ::unlink(path.c_str());
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(fd, queue) != 0)
        throw std::runtime_error("cannot listen on " + path);
    return fd;
}

// Connection number n gets script n; the last script repeats. Each connection has a thread of its own.
class ScriptedServer {
public:
    explicit ScriptedServer(std::vector<Script> scripts)
        : path(temporary_socket_path()), scripts_(std::move(scripts)), listener_(listening_socket(path, 16)) {
        acceptor_ = std::thread([this] { accept_all(); });
    }
    ~ScriptedServer() {
        ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
        acceptor_.join();
        for (auto& worker : workers_) worker.join();
        ::close(listener_);
        ::unlink(path.c_str());
    }

    std::vector<std::string> requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

    const std::string path;

private:
    void accept_all() {
        for (std::size_t count = 0;; ++count) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) return;
            workers_.emplace_back([this, fd, script = scripts_[std::min(count, scripts_.size() - 1)]] {
                serve(fd, script);
                ::close(fd);
            });
        }
    }

    void serve(int fd, const Script& script) {
        std::string request;
        char buffer[4096];
        while (request.find("\r\n\r\n") == std::string::npos) {
            const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
            if (count <= 0) return;
            request.append(buffer, static_cast<std::size_t>(count));
        }
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
        }
        for (const std::string& piece : script.pieces) {
            if (::send(fd, piece.data(), piece.size(), MSG_NOSIGNAL) < 0) return;
            std::this_thread::sleep_for(script.between);
        }
        while (script.stays && ::recv(fd, buffer, sizeof buffer, 0) > 0) continue;
    }

    std::vector<Script> scripts_;
    int listener_;
    std::thread acceptor_;
    std::vector<std::thread> workers_;
    std::mutex mutex_;
    std::vector<std::string> requests_;
};

inline std::string whole(int status, const std::string& body) {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

inline const std::string stream_header = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

inline std::string chunk(const std::string& text) {
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", text.size());
    return size + text + "\r\n";
}

inline const std::string last_chunk = "0\r\n\r\n";

inline std::vector<std::string> byte_by_byte(const std::string& text) {
    std::vector<std::string> pieces;
    for (char c : text) pieces.emplace_back(1, c);
    return pieces;
}

}  // namespace vmha::client::test
