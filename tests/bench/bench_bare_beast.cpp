// What Beast alone reaches on this machine: coroutines, keep-alive, one thread, a constant answer on a Unix
// socket.
//
//   bench_bare_beast SOCKET BODY-FILE
//
// Prints "ready" when it listens; ends on SIGTERM.
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Unix = asio::local::stream_protocol;

namespace {

asio::awaitable<void> serve(Unix::socket socket, const std::string& body) {
    boost::beast::flat_buffer buffer;
    try {
        for (;;) {
            http::request<http::string_body> request;
            co_await http::async_read(socket, buffer, request, asio::use_awaitable);
            http::response<http::string_body> response{http::status::ok, request.version()};
            response.set(http::field::content_type, "application/json");
            response.set("Vmha-Api", "1");
            response.body() = body;
            response.keep_alive(request.keep_alive());
            response.prepare_payload();
            co_await http::async_write(socket, response, asio::use_awaitable);
            if (!request.keep_alive()) co_return;
        }
    } catch (const boost::system::system_error&) {
        // The client closed its connection: the usual end.
    }
}

asio::awaitable<void> accept_all(Unix::acceptor& acceptor, const std::string& body) {
    for (;;) {
        auto socket = co_await acceptor.async_accept(asio::use_awaitable);
        asio::co_spawn(acceptor.get_executor(), serve(std::move(socket), body), asio::detached);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    std::ifstream file(argv[2], std::ios::binary);
    const std::string body(std::istreambuf_iterator<char>(file), {});
    asio::io_context context{1};
    Unix::acceptor acceptor(context, Unix::endpoint(argv[1]));
    asio::signal_set ended(context, SIGTERM, SIGINT);
    ended.async_wait([&context](auto, int) { context.stop(); });
    asio::co_spawn(context, accept_all(acceptor, body), asio::detached);
    std::puts("ready");
    std::fflush(stdout);
    context.run();
}
