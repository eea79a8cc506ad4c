// TLS over TCP, both sides. No way exists to connect without checking the peer's certificate.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "daemon/net/certificate.hpp"
#include "daemon/net/deadline.hpp"
#include "daemon/net/stream.hpp"
#include "daemon/net/tcp.hpp"

namespace vmha::net {

// The certificate itself, by its SHA-256 thumbprint (any spelling): nothing else about it matters, neither
// its key size nor its dates, as ESXi's own certificates are self-signed and old ones weak.
struct PinnedCertificate {
    explicit PinnedCertificate(std::string text) : thumbprint(std::move(text)) {}
    std::string thumbprint;
};

// A certificate that a CA of this PEM file has signed for this DNS name or IP address.
struct TrustedCa {
    TrustedCa(std::string file, std::string name) : ca_file(std::move(file)), server_name(std::move(name)) {}
    std::string ca_file;
    std::string server_name;
};

using TlsTrust = std::variant<PinnedCertificate, TrustedCa>;

// TCP connection and handshake (TLS 1.2 or later), nothing sent before the certificate has been accepted.
// Errc::certificate_changed when the pin does not match (the message shows the offered thumbprint) or the
// CA's check fails, Errc::tls when the handshake fails, Errc::invalid_input when the pin or the CA file is
// unusable, else as connect_tcp. A server that asks for a client certificate gets none.
Task<Result<StreamPtr>> connect_tls(const TcpEndpoint& endpoint, const TlsTrust& trust, Deadline deadline);

struct TlsServerOptions {
    bool ask_for_client_certificate = false;  // as ESXi's and vcsim's do; none is needed
};

// Owned by its server; outlives the handshakes, not the streams. Never throws.
class TlsServer {
public:
    static Result<TlsServer> create(const TlsIdentity& identity, const TlsServerOptions& options = {});
    TlsServer(TlsServer&&) noexcept;
    TlsServer& operator=(TlsServer&&) noexcept;
    ~TlsServer();

    const std::string& thumbprint() const;

    // Takes a stream from TcpListener::accept(). Run it in the connection's own task, not in the accept loop.
    Task<Result<StreamPtr>> handshake(StreamPtr tcp, Deadline deadline);

private:
    struct Impl;
    explicit TlsServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace vmha::net
