// Unix sockets: a stale file is replaced, a live one is not, and the kernel says who is there.
#include "daemon/net/unix.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run_task.hpp"

using namespace vmha;
using namespace vmha::net;
using std::chrono::seconds;
namespace asio = boost::asio;

namespace {

struct Folder {
    std::string path = "/tmp/vmha_unix_test_XXXXXX";
    Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string socket() const { return path + "/s"; }
};

// A listening socket made without the room under test.
int plain_listener(const std::string& path) {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(descriptor, 5) == 0);
    return descriptor;
}

Task<> talk(UnixListener& listener, std::string path) {
    auto client = co_await connect_unix(path, deadline_in(seconds(5)));
    REQUIRE(client);
    auto served = co_await listener.accept();
    REQUIRE(served);
    CHECK(served->peer.uid == ::getuid());
    CHECK(served->peer.gid == ::getgid());
    CHECK(served->peer.pid == ::getpid());
    std::vector<gid_t> groups(static_cast<size_t>(::getgroups(0, nullptr)));
    ::getgroups(static_cast<int>(groups.size()), groups.data());
    CHECK(served->peer.groups == groups);

    co_await must((*client)->write(asio::buffer("ping", 4)));
    std::string buffer(10, '\0');
    const auto bytes = co_await served->stream->read_some(asio::buffer(buffer));
    REQUIRE(bytes);
    CHECK(buffer.substr(0, *bytes) == "ping");
    (*client)->close();
    const auto end = co_await served->stream->read_some(asio::buffer(buffer));
    REQUIRE(!end);
    CHECK(end.error().code == Errc::closed);
}

}  // namespace

TEST_CASE("both ends talk, and the server knows who its client is") {
    const Folder folder;
    asio::io_context context{1};
    auto listener = UnixListener::bind(context.get_executor(), folder.socket());
    REQUIRE(listener);
    struct stat found {};
    REQUIRE(::stat(folder.socket().c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0666);
    run_task(context, talk(*listener, folder.socket()));
    listener->close();
    CHECK(!std::filesystem::exists(folder.socket()));
}

TEST_CASE("a stale socket file is replaced") {
    const Folder folder;
    ::close(plain_listener(folder.socket()));
    REQUIRE(std::filesystem::exists(folder.socket()));
    asio::io_context context{1};
    auto listener = UnixListener::bind(context.get_executor(), folder.socket());
    REQUIRE(listener);
    run_task(context, talk(*listener, folder.socket()));
}

TEST_CASE("a live socket is left alone") {
    const Folder folder;
    const int other = plain_listener(folder.socket());
    asio::io_context context{1};
    const auto listener = UnixListener::bind(context.get_executor(), folder.socket());
    REQUIRE(!listener);
    CHECK(listener.error().code == Errc::io);
    CHECK(listener.error().message.find("in use") != std::string::npos);
    CHECK(std::filesystem::exists(folder.socket()));
    ::close(other);
}

TEST_CASE("a file that is no socket is left alone") {
    const Folder folder;
    std::ofstream(folder.socket()) << "precious";
    asio::io_context context{1};
    CHECK(!UnixListener::bind(context.get_executor(), folder.socket()));
    CHECK(std::filesystem::file_size(folder.socket()) == 8);
}

TEST_CASE("an inherited descriptor is served and its file is left") {
    const Folder folder;
    const int inherited = plain_listener(folder.socket());
    asio::io_context context{1};
    auto listener = UnixListener::adopt(context.get_executor(), inherited);
    REQUIRE(listener);
    run_task(context, talk(*listener, folder.socket()));
    listener->close();
    CHECK(std::filesystem::exists(folder.socket()));
}

TEST_CASE("a descriptor that is no listening socket is refused") {
    asio::io_context context{1};
    CHECK(!UnixListener::adopt(context.get_executor(), STDERR_FILENO));
    std::array<int, 2> pair{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
    CHECK(!UnixListener::adopt(context.get_executor(), pair[0]));
    ::close(pair[0]);
    ::close(pair[1]);
    CHECK(!UnixListener::adopt(context.get_executor(), 987));
}

TEST_CASE("a path too long for a socket is refused") {
    asio::io_context context{1};
    const auto listener = UnixListener::bind(context.get_executor(), "/tmp/" + std::string(200, 'x'));
    REQUIRE(!listener);
    CHECK(listener.error().code == Errc::invalid_input);
}

TEST_CASE("connecting where nobody listens is unreachable") {
    asio::io_context context{1};
    run_task(context, []() -> Task<> {
        const auto stream = co_await connect_unix("/tmp/vmha_no_such_socket", deadline_in(seconds(5)));
        REQUIRE(!stream);
        CHECK(stream.error().code == Errc::unreachable);
    }());
}

TEST_CASE("close ends a pending accept and a pending read") {
    const Folder folder;
    asio::io_context context{1};
    auto listener = UnixListener::bind(context.get_executor(), folder.socket());
    REQUIRE(listener);
    std::optional<Errc> accept_ended;
    std::optional<Errc> read_ended;
    asio::co_spawn(
        context,
        [](UnixListener& from, std::optional<Errc>& accepting, std::optional<Errc>& reading) -> Task<> {
            auto served = co_await from.accept();
            REQUIRE(served);
            asio::post(co_await asio::this_coro::executor,
                       [stream = served->stream.get()] { stream->close(); });
            std::string buffer(10, '\0');
            reading = (co_await served->stream->read_some(asio::buffer(buffer))).error().code;
            asio::post(co_await asio::this_coro::executor, [&from] { from.close(); });
            accepting = (co_await from.accept()).error().code;
        }(*listener, accept_ended, read_ended),
        asio::detached);
    run_task(context, [](std::string path) -> Task<> {
        auto client = co_await connect_unix(path, deadline_in(seconds(5)));
        REQUIRE(client);
        std::string buffer(10, '\0');
        const auto end = co_await (*client)->read_some(asio::buffer(buffer));
        CHECK(!end);
        co_await sleep_until(deadline_in(std::chrono::milliseconds(20)));
    }(folder.socket()));
    CHECK(read_ended == Errc::closed);
    CHECK(accept_ended == Errc::closed);
}
