// The pin or the CA decides, and nothing else: a right pin opens servers that OpenSSL would call weak, a
// wrong one is refused before a byte of ours is sent.
#include "daemon/net/tls.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "daemon/net/task_group.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run_task.hpp"

using namespace vmha;
using namespace vmha::net;
using std::chrono::seconds;
namespace asio = boost::asio;

namespace {

const TlsIdentity& identity(int rsa_bits = 2048) {
    static const TlsIdentity usual = *make_self_signed({{"127.0.0.1", "esxi1.example"}});
    static const TlsIdentity weak = *make_self_signed({{"esxi-old"}, 1024});
    return rsa_bits == 1024 ? weak : usual;
}

// Echoes what it gets, and counts it.
struct Echo {
    TcpListener listener;
    TlsServer server;
    size_t received = 0;

    Task<> serve(StreamPtr tcp) {
        auto stream = co_await server.handshake(std::move(tcp), deadline_in(seconds(5)));
        if (!stream) co_return;
        std::string buffer(4096, '\0');
        for (;;) {
            const auto bytes = co_await (*stream)->read_some(asio::buffer(buffer));
            if (!bytes) co_return;
            received += *bytes;
            if (!co_await (*stream)->write(asio::buffer(buffer.data(), *bytes))) co_return;
        }
    }
    Task<> run(TaskGroup& group) {
        for (;;) {
            auto tcp = co_await listener.accept();
            if (!tcp) co_return;
            group.spawn("connection", serve(std::move(*tcp)));
        }
    }
};

struct Site {
    asio::io_context context{1};
    TaskGroup group{context.get_executor()};
    Echo echo;

    explicit Site(int rsa_bits = 2048, const TlsServerOptions& options = {})
        : echo{*TcpListener::bind(context.get_executor(), *tcp_endpoint("127.0.0.1", 0)),
               *TlsServer::create(identity(rsa_bits), options)} {
        group.spawn("accept", echo.run(group));
    }

    Result<std::string> say_hello(const TlsTrust& trust) {
        std::optional<Result<std::string>> outcome;
        run_task(context,
                 [](TcpEndpoint to, const TlsTrust& by, std::optional<Result<std::string>>& into) -> Task<> {
                     auto stream = co_await connect_tls(to, by, deadline_in(seconds(5)));
                     if (!stream) {
                         into.emplace(stream.error());
                         co_return;
                     }
                     co_await must((*stream)->write(asio::buffer("hello", 5)));
                     std::string buffer(100, '\0');
                     const auto bytes = co_await (*stream)->read_some(asio::buffer(buffer));
                     REQUIRE(bytes);
                     into.emplace(buffer.substr(0, *bytes));
                     (*stream)->close();
                 }(echo.listener.endpoint(), trust, outcome));
        return *outcome;
    }
};

struct TemporaryFile {
    std::string path = "/tmp/vmha_tls_test_XXXXXX";
    explicit TemporaryFile(const std::string& text) {
        const int descriptor = ::mkstemp(path.data());
        if (descriptor >= 0) ::close(descriptor);
        std::ofstream(path) << text;
    }
    ~TemporaryFile() { ::unlink(path.c_str()); }
};

std::string lower_without_colons(std::string text) {
    std::erase(text, ':');
    for (char& c : text) c = static_cast<char>(std::tolower(c));
    return text;
}

}  // namespace

TEST_CASE("the right pin opens the connection, in any spelling") {
    Site site;
    const auto& thumbprint = site.echo.server.thumbprint();
    CHECK(thumbprint.size() == 95);
    const auto answer = site.say_hello(PinnedCertificate{thumbprint});
    REQUIRE(answer);
    CHECK(*answer == "hello");
    CHECK(site.say_hello(PinnedCertificate{lower_without_colons(thumbprint)}).has_value());
}

TEST_CASE("a wrong pin is certificate_changed, shows the offered thumbprint, and nothing is sent") {
    Site site;
    std::string other = site.echo.server.thumbprint();
    other[0] = other[0] == 'A' ? 'B' : 'A';
    const auto answer = site.say_hello(PinnedCertificate{other});
    REQUIRE(!answer);
    CHECK(answer.error().code == Errc::certificate_changed);
    CHECK(answer.error().message.find(site.echo.server.thumbprint()) != std::string::npos);
    CHECK(site.echo.received == 0);
}

TEST_CASE("a thumbprint that is none is refused before connecting") {
    Site site;
    const auto answer = site.say_hello(PinnedCertificate{"AA:BB"});
    REQUIRE(!answer);
    CHECK(answer.error().code == Errc::invalid_input);
}

TEST_CASE("a pinned RSA-1024 certificate is accepted, an unpinned one is not") {
    Site site(1024);
    CHECK(site.say_hello(PinnedCertificate{site.echo.server.thumbprint()}).has_value());
    const TemporaryFile ca(identity(1024).certificate_pem);
    CHECK(!site.say_hello(TrustedCa{ca.path, "esxi-old"}).has_value());
}

TEST_CASE("a server that asks for a client certificate does without one") {
    Site site(2048, {true});
    CHECK(site.say_hello(PinnedCertificate{site.echo.server.thumbprint()}).has_value());
}

TEST_CASE("a CA is accepted for the names in the certificate only") {
    Site site;
    const TemporaryFile ca(identity().certificate_pem);
    CHECK(site.say_hello(TrustedCa{ca.path, "127.0.0.1"}).has_value());
    CHECK(site.say_hello(TrustedCa{ca.path, "esxi1.example"}).has_value());
    for (const auto* name : {"127.0.0.2", "esxi2.example", ""}) {
        const auto answer = site.say_hello(TrustedCa{ca.path, name});
        REQUIRE(!answer);
        CHECK(answer.error().code == (*name ? Errc::certificate_changed : Errc::invalid_input));
    }
    CHECK(site.echo.received == 10);
}

TEST_CASE("another CA is refused") {
    Site site;
    const TemporaryFile ca(identity(1024).certificate_pem);
    const auto answer = site.say_hello(TrustedCa{ca.path, "127.0.0.1"});
    REQUIRE(!answer);
    CHECK(answer.error().code == Errc::certificate_changed);
}

TEST_CASE("a server that speaks no TLS and says nothing is a timeout") {
    asio::io_context context{1};
    run_task(context, []() -> Task<> {
        auto silent = TcpListener::bind(co_await asio::this_coro::executor, *tcp_endpoint("127.0.0.1", 0));
        const auto stream = co_await connect_tls(silent->endpoint(), PinnedCertificate{std::string(64, 'A')},
                                                 deadline_in(std::chrono::milliseconds(100)));
        REQUIRE(!stream);
        CHECK(stream.error().code == Errc::timeout);
    }());
}

TEST_CASE("thumbprints of one certificate agree in every form") {
    const auto of_pem = thumbprint_of_pem(identity().certificate_pem);
    REQUIRE(of_pem);
    CHECK(normal_thumbprint(*of_pem) == *of_pem);
    CHECK(normal_thumbprint(lower_without_colons(*of_pem)) == *of_pem);
    CHECK(!normal_thumbprint(of_pem->substr(1)));
    CHECK(!normal_thumbprint("sha256"));
    CHECK(!thumbprint_of_pem("nothing"));
    // The SHA-256 of the empty text, as FIPS 180-4 gives it.
    CHECK(thumbprint_of_der("").substr(0, 11) == "E3:B0:C4:42");
}
