// A real OpenSSH server on a loopback address, set up as ESXi's is, with keys of its own in a temporary
// directory.
#pragma once
#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <string>
#include <vector>

#include "daemon/net/tcp.hpp"

namespace vmha::test {

// Ended, with all that it started, by its end. It listens when the constructor is over. Its log is read by
// the loop.
class SshServer {
public:
    struct Settings {
        std::vector<std::string> lines = {};  // of sshd_config, before ours: the first one counts
        std::string address = "127.0.0.41";
        std::string login_key_type = "ecdsa";
        std::string host_key_type = "ecdsa";
    };

    SshServer(boost::asio::io_context& io, Settings settings);
    explicit SshServer(boost::asio::io_context& io) : SshServer(io, Settings{}) {}
    ~SshServer();
    SshServer(const SshServer&) = delete;
    SshServer& operator=(const SshServer&) = delete;

    net::TcpEndpoint endpoint() const { return endpoint_; }
    std::string user() const;
    std::string directory() const { return directory_; }
    std::string identity_file() const { return directory_ + "/login"; }
    std::string known_hosts() const { return directory_ + "/known_hosts"; }
    std::string host_fingerprint() const;  // "SHA256:…"

    // A key that the server does not know; its file.
    std::string stranger(const std::string& type = "ecdsa");
    void take_new_host_key();  // at its next start
    void write_known_hosts(const std::string& text) const;
    std::string known_line() const;  // "[127.0.0.41]:port type key"

    void start();
    void end();                                 // the listener and the connections
    void end_listener();                        // open connections go on
    void signal_connections(int number) const;  // and what runs in them

    // How often the log says it, until now.
    int logged(const std::string& text) const;

private:
    std::string make_key(const std::string& name, const std::string& type) const;
    void write_config() const;
    void read_log();
    std::vector<pid_t> descendants() const;

    boost::asio::io_context& io_;
    Settings settings_;
    std::string directory_;
    net::TcpEndpoint endpoint_;
    pid_t listener_ = -1;
    std::vector<pid_t> left_;  // connections of a listener that was ended
    boost::asio::posix::stream_descriptor log_pipe_;
    std::string log_;
    std::array<char, 4096> piece_{};
};

std::string contents_of(const std::string& file);

}  // namespace vmha::test
