// One host's SSH front: its listeners, its connections, and the commands that run in them.
#pragma once
#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "daemon/net/tcp.hpp"
#include "daemon/net/unix.hpp"
#include "tests/simulator/front/children.hpp"
#include "tests/simulator/front/network.hpp"
#include "tests/simulator/front/ssh_files.hpp"
#include "tests/simulator/shell/shell.hpp"

namespace vmha::sim {

class SshCommand;
class SshConnection;
struct SshLog;

// How the next commands print, whatever they did.
enum class Spoiled { no, binary, half, flood, unset };

// Owned by the network. A connection or command that fails ends alone.
class SshServer {
public:
    static Result<std::unique_ptr<SshServer>> create(const boost::asio::any_io_executor& executor,
                                                     Network& network, site::HostId id, Children& children,
                                                     Shell::Outside outside);
    ~SshServer();

    Shell& shell() { return shell_; }
    uint16_t port(Way way = Way::own) const;  // 0: nobody listens

    void follow(const site::Host& host);  // power, network, the service
    void set_cut(Way way, bool cut);
    bool stalled() const { return stalled_; }

    // --- the person at the site
    void set_service(bool on);  // off: connections stay, new ones are refused
    bool service() const { return service_; }
    void set_sessions_max(int max) { sessions_max_ = max; }  // of new connections
    Result<void> new_host_keys();  // known_hosts stays as it is; known_hosts.new has the new ones
    void spoil(Spoiled how, int count) { spoiled_ = how, spoiled_left_ = count; }

    struct Counters {
        size_t connections = 0;  // now
        uint64_t connections_total = 0;
        uint64_t logins = 0;
        uint64_t refused_keys = 0;
        size_t running = 0;       // commands now
        size_t vim_cmd_most = 0;  // at one time
        const std::map<std::string, uint64_t>& commands;
    };
    Counters counters() const;

    // --- for its connections and commands
    Network& network() { return network_; }
    site::HostId id() const { return id_; }
    std::shared_ptr<SshLog> log() const { return log_; }
    Result<void> start_sshd(unsigned connection, int in_out, int errors);
    void ended(SshConnection* connection);
    void began(SshCommand* command) { commands_.insert(command); }
    void ended(SshCommand* command) { commands_.erase(command); }
    void counted(const std::string& name);
    void vim_cmd(bool begins);
    Spoiled next_spoiled();
    void close_connection(unsigned number);

private:
    SshServer(const boost::asio::any_io_executor& executor, Network& network, site::HostId id,
              Children& children, Shell::Outside outside, SshFiles files, net::UnixListener commands);
    struct Door {
        std::shared_ptr<net::TcpListener> listener = {};
        std::set<SshConnection*> connections = {};  // each keeps itself alive until its streams have ended
        bool cut = false;
    };
    void listen();
    Result<void> open(Way way, uint16_t port);
    void deafen();  // no listener
    void shut(Door& door);
    void end_commands();
    void end_sessions();
    net::Task<> accept(Way way, std::shared_ptr<net::TcpListener> listener);
    static net::Task<> accept_commands(SshServer* self, std::shared_ptr<net::UnixListener> listener);
    Result<void> write_known_hosts(const std::string& file) const;

    boost::asio::any_io_executor executor_;
    Network& network_;
    site::HostId id_;
    Children& children_;
    SshFiles files_;
    Shell shell_;
    std::shared_ptr<net::UnixListener> commands_listener_;
    std::shared_ptr<SshLog> log_;
    std::array<Door, 2> doors_;  // by Way
    std::array<uint16_t, 2> ports_{};
    std::set<SshCommand*> commands_;
    std::map<std::string, uint64_t> counted_;
    unsigned last_connection_ = 0;
    size_t vim_cmd_now_ = 0;
    size_t vim_cmd_most_ = 0;
    int sessions_max_ = 10;  // OpenSSH's own; ESXi sets none
    Spoiled spoiled_ = Spoiled::no;
    int spoiled_left_ = 0;
    bool service_ = true;
    bool stalled_ = false;
    bool hears_ = false;
    bool powered_ = true;
};

}  // namespace vmha::sim
