// Requests per second and latency of two or more HTTP servers on Unix sockets, in turns.
//
//   bench_load ROUNDS SLICE_MS CONNECTIONS LABEL SOCKET PATH [LABEL SOCKET PATH]...
//
// Each connection has one request under way; all are keep-alive and stay open over the rounds. In each round
// each server is loaded for one slice. Prints "LABEL requests_per_s p50_us p99_us requests" a line: medians
// over the rounds.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "bench_load: %s\n", why.c_str());
    std::exit(1);
}

int connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) give_up("socket path too long: " + path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        give_up("cannot connect to " + path + ": " + std::strerror(errno));
    return fd;
}

struct Connection {
    int fd = -1;
    Clock::time_point sent;
    std::string input;
    std::optional<http::response_parser<http::string_body>> parser;
};

// One server with its open connections, and what the rounds measured.
struct Server {
    std::string label, request;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    std::vector<std::unique_ptr<Connection>> connections;
    std::vector<double> rates, p50s, p99s;
    size_t requests = 0;
};

void send_request(const Server& server, Connection& connection) {
    connection.parser.emplace();
    connection.parser->eager(true);
    connection.sent = Clock::now();
    const auto size = static_cast<ssize_t>(server.request.size());
    if (send(connection.fd, server.request.data(), server.request.size(), MSG_NOSIGNAL) != size)
        give_up(server.label + ": cannot send: " + std::strerror(errno));
}

// True when the whole response is there.
bool read_some(const Server& server, Connection& connection) {
    std::array<char, 16384> chunk;
    const ssize_t got = recv(connection.fd, chunk.data(), chunk.size(), 0);
    if (got <= 0) give_up(server.label + ": the server closed a connection");
    connection.input.append(chunk.data(), static_cast<size_t>(got));
    boost::beast::error_code error;
    const size_t used = connection.parser->put(boost::asio::buffer(connection.input), error);
    connection.input.erase(0, used);
    if (error == http::error::need_more) return false;
    if (error) give_up(server.label + ": " + error.message());
    return connection.parser->is_done();
}

double percentile(std::vector<double>& sorted, double share) {
    return sorted[std::min(sorted.size() - 1,
                           static_cast<size_t>(share * static_cast<double>(sorted.size())))];
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return percentile(values, 0.5);
}

void load(Server& server, std::chrono::milliseconds slice, bool counts) {
    std::vector<double> latencies_us;
    std::array<epoll_event, 64> events;
    size_t under_way = server.connections.size();
    const auto begin = Clock::now();
    const auto end = begin + slice;
    for (auto& connection : server.connections) send_request(server, *connection);
    while (under_way > 0) {
        const int ready = epoll_wait(server.epoll, events.data(), events.size(), 5000);
        if (ready <= 0) give_up(server.label + ": no answer for 5 s");
        for (int i = 0; i < ready; ++i) {
            auto& connection = *static_cast<Connection*>(events[static_cast<size_t>(i)].data.ptr);
            if (!read_some(server, connection)) continue;
            const auto now = Clock::now();
            latencies_us.push_back(std::chrono::duration<double, std::micro>(now - connection.sent).count());
            if (now < end)
                send_request(server, connection);
            else
                --under_way;
        }
    }
    if (!counts) return;
    const std::chrono::duration<double> took = Clock::now() - begin;
    server.requests += latencies_us.size();
    server.rates.push_back(static_cast<double>(latencies_us.size()) / took.count());
    std::ranges::sort(latencies_us);
    server.p50s.push_back(percentile(latencies_us, 0.5));
    server.p99s.push_back(percentile(latencies_us, 0.99));
}

Server open_server(char** words, int connections) {
    Server server;
    server.label = words[0];
    server.request = std::string("GET ") + words[2] + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (int i = 0; i < connections; ++i) {
        auto& connection = *server.connections.emplace_back(std::make_unique<Connection>());
        connection.fd = connect_to(words[1]);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &connection;
        epoll_ctl(server.epoll, EPOLL_CTL_ADD, connection.fd, &event);
    }
    return server;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 7 || (argc - 4) % 3 != 0)
        give_up("usage: bench_load ROUNDS SLICE_MS CONNECTIONS LABEL SOCKET PATH...");
    const int rounds = std::atoi(argv[1]);
    const std::chrono::milliseconds slice(std::atoi(argv[2]));
    std::vector<Server> servers;
    for (int i = 4; i < argc; i += 3) servers.push_back(open_server(argv + i, std::atoi(argv[3])));
    for (int round = -1; round < rounds; ++round)
        for (auto& server : servers) load(server, slice, round >= 0);
    for (auto& server : servers) {
        std::printf("%s %.0f %.1f %.1f %zu\n", server.label.c_str(), median(server.rates),
                    median(server.p50s), median(server.p99s), server.requests);
    }
}
