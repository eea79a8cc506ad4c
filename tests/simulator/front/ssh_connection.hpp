// One SSH connection to a host: bytes between the client and an sshd of its own, and what that sshd says.
#pragma once
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <fstream>
#include <memory>
#include <string>

#include "daemon/net/stream.hpp"
#include "daemon/net/wakeup.hpp"

namespace vmha::sim {

class SshServer;

// What the sshds of a host have said. A line may come when its connection and the server have ended.
struct SshLog {
    std::ofstream file;
    uint64_t accepted = 0;  // logins
    uint64_t refused = 0;   // keys
    void add(const std::string& line);
};

// Keeps itself alive while its coroutines run; the server is told when it ends. sshd ends when its connection
// does.
class SshConnection : public std::enable_shared_from_this<SshConnection> {
public:
    SshConnection(const boost::asio::any_io_executor& executor, SshServer& server, unsigned number,
                  net::StreamPtr tcp);

    static net::Task<> run(std::shared_ptr<SshConnection> self);
    void close();
    void wake();  // the network may move again
    unsigned number() const { return number_; }

private:
    static net::Task<> to_client(std::shared_ptr<SshConnection> self);
    static net::Task<> read_log(std::shared_ptr<SshConnection> self);
    net::Task<> to_sshd();
    net::Task<> flow(net::Wakeup& bell);  // waits while the network stands still
    Result<void> start();

    boost::asio::any_io_executor executor_;
    SshServer* server_;  // null once closed
    std::shared_ptr<SshLog> told_;
    unsigned number_;
    net::StreamPtr tcp_;
    boost::asio::local::stream_protocol::socket sshd_;
    boost::asio::posix::stream_descriptor log_;
    net::Wakeup bell_in_;
    net::Wakeup bell_out_;
};

}  // namespace vmha::sim
