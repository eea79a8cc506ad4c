#include "tests/simulator/front/ssh_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>

#include "tests/simulator/front/ssh_command.hpp"
#include "tests/simulator/front/ssh_connection.hpp"

namespace asio = boost::asio;

namespace vmha::sim {
namespace {

// Beside this program, wherever that was built or installed.
std::string command_program() {
    std::error_code failed;
    return std::filesystem::read_symlink("/proc/self/exe", failed).parent_path() / "esxsim-cmd";
}

}  // namespace

Result<std::unique_ptr<SshServer>> SshServer::create(const asio::any_io_executor& executor, Network& network,
                                                     site::HostId id, Children& children,
                                                     Shell::Outside outside) {
    const auto& config = network.site().host(id).config;
    auto files = SshFiles::make(*config.ssh, command_program());
    if (!files) return files.error();
    auto commands = net::UnixListener::bind(executor, files->command_socket());
    if (!commands) return commands.error();
    std::unique_ptr<SshServer> server(new SshServer(executor, network, id, children, std::move(outside),
                                                    std::move(*files), std::move(*commands)));
    if (auto opened = server->open(Way::own, config.ssh->port); !opened) return opened.error();
    if (config.ssh->peer_port)
        if (auto opened = server->open(Way::peers, *config.ssh->peer_port); !opened) return opened.error();
    if (auto written = server->write_known_hosts("known_hosts"); !written) return written.error();
    server->hears_ = true;
    asio::co_spawn(executor, accept_commands(server.get(), server->commands_listener_), asio::detached);
    return server;
}

SshServer::SshServer(const asio::any_io_executor& executor, Network& network, site::HostId id,
                     Children& children, Shell::Outside outside, SshFiles files, net::UnixListener commands)
    : executor_(executor),
      network_(network),
      id_(id),
      children_(children),
      files_(std::move(files)),
      shell_(network.site(), id, {outside.began, std::move(outside.vmx), [this] { return service_; }}),
      commands_listener_(std::make_shared<net::UnixListener>(std::move(commands))),
      log_(std::make_shared<SshLog>()) {
    log_->file.open(files_.log(), std::ios::trunc);
}

SshServer::~SshServer() {
    deafen();
    for (Door& door : doors_) shut(door);
    end_commands();
    commands_listener_->close();
}

uint16_t SshServer::port(Way way) const {
    const auto& listener = doors_[static_cast<size_t>(way)].listener;
    return listener ? listener->endpoint().port() : 0;
}

Result<void> SshServer::open(Way way, uint16_t port) {
    Door& door = doors_[static_cast<size_t>(way)];
    if (door.listener || door.cut) return {};
    const auto endpoint = net::tcp_endpoint(network_.site().host(id_).config.address, port);
    if (!endpoint) return endpoint.error();
    auto listener = net::TcpListener::bind(executor_, *endpoint);
    if (!listener) return listener.error();
    door.listener = std::make_shared<net::TcpListener>(std::move(*listener));
    ports_[static_cast<size_t>(way)] = door.listener->endpoint().port();
    asio::co_spawn(executor_, accept(way, door.listener), asio::detached);
    return {};
}

// A port that somebody took in the meantime stays closed, as one behind a firewall would.
void SshServer::listen() {
    for (const Way way : {Way::own, Way::peers})
        if (const uint16_t port = ports_[static_cast<size_t>(way)]; port != 0) (void)open(way, port);
}

void SshServer::deafen() {
    for (Door& door : doors_) {
        if (door.listener) door.listener->close();
        door.listener.reset();
    }
}

void SshServer::shut(Door& door) {
    const auto ending = door.connections;
    for (SshConnection* connection : ending) connection->close();
}

void SshServer::end_commands() {
    shell_.forget_everything();
    const auto ending = commands_;
    for (SshCommand* command : ending) command->close();
}

// The power is gone, and with it whatever ran in a session, also behind its back.
void SshServer::end_sessions() {
    end_commands();
    Children::end_those_with("ESXSIM_COMMANDS=" + files_.command_socket());
}

void SshServer::follow(const site::Host& host) {
    hears_ = host.powered && (host.answering || host.restarting) && host.network != site::Network::cut;
    if (!hears_)
        for (Door& door : doors_) shut(door);
    if (std::exchange(powered_, host.powered) && !host.powered) end_sessions();
    if (hears_ && service_)
        listen();
    else
        deafen();
    const bool stalled = host.network == site::Network::stalled;
    if (std::exchange(stalled_, stalled) == stalled) return;
    for (Door& door : doors_)
        for (SshConnection* connection : door.connections) connection->wake();
}

void SshServer::set_cut(Way way, bool cut) {
    Door& door = doors_[static_cast<size_t>(way)];
    door.cut = cut;
    if (!cut) return;
    if (door.listener) door.listener->close();
    door.listener.reset();
    shut(door);
}

void SshServer::set_service(bool on) {
    service_ = on;
}

Result<void> SshServer::write_known_hosts(const std::string& file) const {
    std::vector<uint16_t> ports;
    for (const uint16_t port : ports_)
        if (port != 0) ports.push_back(port);
    return files_.write_known_hosts(file, network_.site().host(id_).config.address, ports);
}

Result<void> SshServer::new_host_keys() {
    if (auto made = files_.new_host_keys(); !made) return made;
    return write_known_hosts("known_hosts.new");
}

Result<void> SshServer::start_sshd(unsigned connection, int in_out, int errors) {
    return children_.start(files_.sshd(connection, sessions_max_), in_out, errors);
}

net::Task<> SshServer::accept(Way way, std::shared_ptr<net::TcpListener> listener) {
    // Ends with its listener, which is closed before the server goes away.
    while (true) {
        auto stream = co_await listener->accept();
        if (!stream) co_return;
        auto connection =
            std::make_shared<SshConnection>(executor_, *this, ++last_connection_, std::move(*stream));
        doors_[static_cast<size_t>(way)].connections.insert(connection.get());
        asio::co_spawn(executor_, SshConnection::run(connection), asio::detached);
    }
}

net::Task<> SshServer::accept_commands(SshServer* self, std::shared_ptr<net::UnixListener> listener) {
    while (true) {
        auto accepted = co_await listener->accept();
        if (!accepted) co_return;
        auto command = std::make_shared<SshCommand>(self->executor_, *self, std::move(accepted->stream));
        asio::co_spawn(self->executor_, SshCommand::run(command), asio::detached);
    }
}

void SshServer::ended(SshConnection* connection) {
    for (Door& door : doors_) door.connections.erase(connection);
}

void SshServer::close_connection(unsigned number) {
    for (Door& door : doors_) {
        const auto all = door.connections;
        for (SshConnection* connection : all)
            if (connection->number() == number) connection->close();
    }
}

void SshServer::counted(const std::string& name) {
    ++counted_[name];
}

void SshServer::vim_cmd(bool begins) {
    if (!begins) {
        --vim_cmd_now_;
        return;
    }
    vim_cmd_most_ = std::max(vim_cmd_most_, ++vim_cmd_now_);
}

Spoiled SshServer::next_spoiled() {
    if (spoiled_left_ == 0) return Spoiled::no;
    --spoiled_left_;
    return spoiled_;
}

SshServer::Counters SshServer::counters() const {
    return {doors_[0].connections.size() + doors_[1].connections.size(),
            last_connection_,
            log_->accepted,
            log_->refused,
            commands_.size(),
            vim_cmd_most_,
            counted_};
}

}  // namespace vmha::sim
