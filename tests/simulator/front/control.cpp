#include "tests/simulator/front/control.hpp"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <iostream>

#include "daemon/net/unix.hpp"

namespace vmha::sim {
namespace {

constexpr size_t line_max = 4096;

// The next line without its end; empty optional at the end of the stream.
net::Task<std::optional<std::string>> read_line(net::ByteStream& stream, std::string& kept, size_t max) {
    while (true) {
        if (const auto end = kept.find('\n'); end != std::string::npos) {
            std::string line = kept.substr(0, end);
            kept.erase(0, end + 1);
            co_return line;
        }
        if (kept.size() > max) co_return std::nullopt;
        char block[4096];
        const auto got = co_await stream.read_some(boost::asio::buffer(block));
        if (!got) co_return std::nullopt;
        kept.append(block, *got);
    }
}

net::Task<int> send(std::string path, std::string command) {
    auto stream = co_await net::connect_unix(path, net::deadline_in(std::chrono::seconds(5)));
    if (!stream) {
        std::cerr << "esxsim: " << stream.error().message << "\n";
        co_return 1;
    }
    command += "\n";
    std::string kept;
    std::optional<std::string> answer;
    if (co_await (*stream)->write(boost::asio::buffer(command)))
        answer = co_await read_line(**stream, kept, size_t{64} << 20);
    if (!answer) {
        std::cerr << "esxsim: cannot read the answer from " << path << ": the connection ended\n";
        co_return 1;
    }
    std::cout << *answer << "\n";
    co_return answer->starts_with("ok") ? 0 : 1;
}

}  // namespace

struct Control::Impl {
    Impl(const boost::asio::any_io_executor& on, Network& of, net::UnixListener socket)
        : executor(on), network(of), listener(std::move(socket)) {}

    boost::asio::any_io_executor executor;
    Network& network;
    net::UnixListener listener;

    static net::Task<> accept(std::shared_ptr<Impl> self) {
        while (true) {
            auto connection = co_await self->listener.accept();
            if (!connection) co_return;
            boost::asio::co_spawn(self->executor, converse(self, std::move(connection->stream)),
                                  boost::asio::detached);
        }
    }

    static net::Task<> converse(std::shared_ptr<Impl> self, net::StreamPtr stream) {
        std::string kept;
        while (auto line = co_await read_line(*stream, kept, line_max)) {
            const std::string answer = run_command(self->network, *line) + "\n";
            if (!co_await stream->write(boost::asio::buffer(answer))) co_return;
        }
    }
};

std::string default_control_path() {
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    if (runtime && *runtime) return std::string(runtime) + "/esxsim.sock";
    return "/tmp/esxsim-" + std::to_string(::getuid()) + ".sock";
}

int send_command(const std::string& path, const std::string& command) {
    boost::asio::io_context loop{1};
    int code = 1;
    boost::asio::co_spawn(loop, send(path, command),
                          [&code](std::exception_ptr, int result) { code = result; });
    loop.run();
    return code;
}

Result<std::unique_ptr<Control>> Control::open(const boost::asio::any_io_executor& executor, Network& network,
                                               const std::string& path) {
    auto listener = net::UnixListener::bind(executor, path);
    if (!listener) return listener.error();
    auto impl = std::make_shared<Impl>(executor, network, std::move(*listener));
    boost::asio::co_spawn(executor, Impl::accept(impl), boost::asio::detached);
    return std::unique_ptr<Control>(new Control(std::move(impl)));
}

Control::Control(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Control::~Control() {
    close();
}
void Control::close() {
    impl_->listener.close();
}

}  // namespace vmha::sim
