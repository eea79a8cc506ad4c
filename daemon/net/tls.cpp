#include "daemon/net/tls.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include "daemon/net/tcp_stream.hpp"

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;

namespace vmha::net {

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);

// Lives as long as the context it is set in.
struct Pin {
    std::string wanted;
    std::string offered;
    bool refused = false;
};

// Takes the place of OpenSSL's chain check, so that inside the handshake, before any byte of ours is sent,
// the pin alone decides.
int check_pin(X509_STORE_CTX* store, void* argument) {
    auto& pin = *static_cast<Pin*>(argument);
    const X509* offered = X509_STORE_CTX_get0_cert(store);
    pin.offered = offered != nullptr ? thumbprint_of(offered) : std::string();
    pin.refused = pin.offered != pin.wanted;
    if (pin.refused) X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return pin.refused ? 0 : 1;
}

// One per connection, shared with its stream: the context must outlive it.
struct ClientContext {
    ssl::context context{ssl::context::tls_client};
    Pin pin;
};

class TlsStream : public ByteStream {
public:
    TlsStream(tcp::socket socket, std::shared_ptr<void> keep, ssl::context& context, std::string peer)
        : keep_(std::move(keep)), stream_(std::move(socket), context), peer_(std::move(peer)) {}

    Task<Result<size_t>> read_some(asio::mutable_buffer into) override {
        auto [error, bytes] = co_await stream_.async_read_some(into, token);
        if (!error) co_return bytes;
        if (error == ssl::error::stream_truncated)
            co_return Error{Errc::closed, "cannot read from " + peer_ + ": the connection was cut off"};
        co_return stream_error("read from " + peer_, error);
    }

    Task<Result<void>> write(asio::const_buffer from) override {
        writing_ = true;
        auto [error, bytes] = co_await asio::async_write(stream_, from, token);
        writing_ = false;
        if (error) co_return stream_error("write to " + peer_, error);
        co_return Result<void>();
    }

    void close() override {
        auto& socket = stream_.next_layer();
        if (!socket.is_open()) return;
        boost::system::error_code ignored;
        // A record that is half written must not be mixed with the close_notify.
        if (open_ && !writing_) {
            socket.non_blocking(true, ignored);
            stream_.shutdown(ignored);  // sends ours; the peer's is not waited for (would block)
        }
        socket.close(ignored);
    }

    ~TlsStream() override { close(); }

    Task<boost::system::error_code> handshake(ssl::stream_base::handshake_type side) {
        auto [error] = co_await stream_.async_handshake(side, token);
        open_ = !error;
        co_return error;
    }

    SSL* native() { return stream_.native_handle(); }
    const std::string& peer() const { return peer_; }

private:
    std::shared_ptr<void> keep_;
    ssl::stream<tcp::socket> stream_;
    std::string peer_;
    bool open_ = false;
    bool writing_ = false;
};

bool set_floor(ssl::context& context, int security_level) {
    SSL_CTX_set_security_level(context.native_handle(), security_level);
    return SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION) == 1;
}

Result<void> trust_pin(ClientContext& client, const PinnedCertificate& pinned) {
    const auto wanted = normal_thumbprint(pinned.thumbprint);
    if (!wanted)
        return Error{Errc::invalid_input, "cannot use thumbprint '" + pinned.thumbprint + "': not a SHA-256"};
    client.pin.wanted = *wanted;
    SSL_CTX_set_cert_verify_callback(client.context.native_handle(), check_pin, &client.pin);
    // Our own level, not the system's (CipherString in openssl.cnf may ask for more than old hosts can
    // offer): whether to trust a weak key is the pin's decision.
    return set_floor(client.context, 1) ? Result<void>() : Error{Errc::tls, "cannot require TLS 1.2"};
}

Result<void> trust_ca(ClientContext& client, const TrustedCa& ca) {
    boost::system::error_code error;
    client.context.load_verify_file(ca.ca_file, error);
    if (error)
        return Error{Errc::invalid_input, "cannot read CA file " + ca.ca_file + ": " + error.message()};
    return set_floor(client.context, 2) ? Result<void>() : Error{Errc::tls, "cannot require TLS 1.2"};
}

Result<std::shared_ptr<ClientContext>> client_context(const TlsTrust& trust) {
    auto client = std::make_shared<ClientContext>();
    boost::system::error_code error;
    client->context.set_verify_mode(ssl::verify_peer, error);
    const auto* pinned = std::get_if<PinnedCertificate>(&trust);
    const auto set = error ? Result<void>(Error{Errc::tls, "cannot check certificates: " + error.message()})
                     : pinned ? trust_pin(*client, *pinned)
                              : trust_ca(*client, std::get<TrustedCa>(trust));
    if (!set) return set.error();
    return client;
}

// The name is checked by OpenSSL as part of the chain; verify_peer alone would accept any name of that CA.
bool require_name(SSL* connection, const std::string& name) {
    std::array<unsigned char, sizeof(in6_addr)> ignored{};
    if (::inet_pton(AF_INET, name.c_str(), ignored.data()) == 1 ||
        ::inet_pton(AF_INET6, name.c_str(), ignored.data()) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), name.c_str()) == 1;
    SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return !name.empty() && SSL_set1_host(connection, name.c_str()) == 1 &&
           SSL_set_tlsext_host_name(connection, name.c_str()) == 1;
}

Error handshake_error(TlsStream& stream, const Pin& pin, const boost::system::error_code& cause) {
    const std::string message = "cannot trust " + stream.peer() + ": ";
    if (pin.refused)
        return {Errc::certificate_changed,
                message + "its certificate is " + pin.offered + ", the configuration pins " + pin.wanted};
    if (const long verdict = SSL_get_verify_result(stream.native()); verdict != X509_V_OK)
        return {Errc::certificate_changed, message + X509_verify_cert_error_string(verdict)};
    if (cause == asio::error::operation_aborted) return stream_error("connect to " + stream.peer(), cause);
    return {Errc::tls, "cannot complete the TLS handshake with " + stream.peer() + ": " + cause.message()};
}

Task<Result<StreamPtr>> connect_stream(TcpEndpoint endpoint, TlsTrust trust) {
    const auto client = client_context(trust);
    if (!client) co_return client.error();
    auto socket = co_await connect_socket(endpoint);
    if (!socket) co_return socket.error();
    auto stream =
        std::make_unique<TlsStream>(std::move(*socket), *client, (*client)->context, to_text(endpoint));
    if (const auto* ca = std::get_if<TrustedCa>(&trust);
        ca && !require_name(stream->native(), ca->server_name))
        co_return Error{Errc::invalid_input,
                        "cannot check server name '" + ca->server_name + "': not a name"};
    const auto error = co_await stream->handshake(ssl::stream_base::client);
    if (error) co_return handshake_error(*stream, (*client)->pin, error);
    co_return std::move(stream);
}

// No certificate is needed; one that is offered is accepted unread.
int accept_any_client(X509_STORE_CTX*, void*) {
    return 1;
}

Task<Result<StreamPtr>> serve_stream(StreamPtr tcp, std::shared_ptr<ssl::context> context) {
    auto* plain = dynamic_cast<TcpStream*>(tcp.get());
    if (plain == nullptr) co_return Error{Errc::invalid_input, "cannot speak TLS: not a TCP stream"};
    auto stream = std::make_unique<TlsStream>(std::move(plain->socket()), context, *context, plain->peer());
    const auto error = co_await stream->handshake(ssl::stream_base::server);
    if (error) co_return handshake_error(*stream, Pin{}, error);
    co_return std::move(stream);
}

}  // namespace

Task<Result<StreamPtr>> connect_tls(const TcpEndpoint& endpoint, const TlsTrust& trust, Deadline deadline) {
    return with_deadline(connect_stream(endpoint, trust), deadline, "connect to " + to_text(endpoint));
}

struct TlsServer::Impl {
    std::shared_ptr<ssl::context> context = std::make_shared<ssl::context>(ssl::context::tls_server);
    std::string thumbprint;
};

TlsServer::TlsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsServer::TlsServer(TlsServer&&) noexcept = default;
TlsServer& TlsServer::operator=(TlsServer&&) noexcept = default;
TlsServer::~TlsServer() = default;

Result<TlsServer> TlsServer::create(const TlsIdentity& identity, const TlsServerOptions& options) {
    auto impl = std::make_unique<Impl>();
    auto thumbprint = thumbprint_of_pem(identity.certificate_pem);
    if (!thumbprint) return thumbprint.error();
    impl->thumbprint = std::move(*thumbprint);
    boost::system::error_code error;
    if (!set_floor(*impl->context, 1)) return Error{Errc::tls, "cannot require TLS 1.2"};
    impl->context->use_certificate_chain(asio::buffer(identity.certificate_pem), error);
    if (!error) impl->context->use_private_key(asio::buffer(identity.key_pem), ssl::context::pem, error);
    if (!error && options.ask_for_client_certificate) {
        SSL_CTX_set_cert_verify_callback(impl->context->native_handle(), accept_any_client, nullptr);
        impl->context->set_verify_mode(ssl::verify_peer, error);
        // OpenSSL refuses to resume a session of a server that asks for certificates and has no session
        // context.
        static constexpr unsigned char session_context[] = "vmha";
        SSL_CTX_set_session_id_context(impl->context->native_handle(), session_context, 4);
    }
    if (error) return Error{Errc::invalid_input, "cannot use the server certificate: " + error.message()};
    return TlsServer(std::move(impl));
}

const std::string& TlsServer::thumbprint() const {
    return impl_->thumbprint;
}

Task<Result<StreamPtr>> TlsServer::handshake(StreamPtr tcp, Deadline deadline) {
    return with_deadline(serve_stream(std::move(tcp), impl_->context), deadline, "complete a TLS handshake");
}

}  // namespace vmha::net
