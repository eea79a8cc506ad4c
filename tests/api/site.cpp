#include "tests/api/site.hpp"

namespace vmha::api {

namespace {

core::HostView host_view(const std::string& name, const std::string& address, bool local) {
    core::HostView host;
    host.name = HostName(name);
    host.settings.address = address;
    host.settings.local = local;
    return host;
}

core::VmState vm_state(const std::string& name) {
    core::VmState vm;
    vm.name = VmName(name);
    vm.settings.vmx = *core::parse_vmx_path("[EC_iSCSI] " + name + "/" + name + ".vmx");
    return vm;
}

void add_running(core::HostView& host, const core::VmState& vm, const std::string& vmid) {
    core::Seen seen;
    seen.entry.vmid = vmid;
    seen.entry.path = vm.settings.vmx;
    seen.entry.power = core::Power::on;
    seen.entry.connection = core::Connection::connected;
    seen.entry.heartbeat = core::Heartbeat::green;
    seen.asked = ago(milliseconds(120));
    host.entries[vmid] = seen;
    host.where[vm.name] = vmid;
}

}  // namespace

core::State two_hosts() {
    core::State state;
    state.settings.node = "ec1";
    state.local = HostName("esxi1");
    auto local = host_view("esxi1", "172.31.255.2", true);
    local.link = core::Link::up;
    local.session = 1;
    local.complete = true;
    local.confirmed = ago(milliseconds(120));
    auto vm = vm_state("vm1");
    vm.active = true;
    add_running(local, vm, "12");
    core::DatastoreSeen datastore;
    datastore.datastore = {"ds1", "EC_iSCSI", "uuid-1", true, "", {"naa.1"}};
    datastore.asked = ago(milliseconds(500));
    local.datastores["ds1"] = datastore;
    vm.health.verdict = core::Verdict::healthy;
    vm.health.reason = Reason::running;
    vm.health.detail = "powered on";
    vm.health.host = local.name;
    vm.health.asked = ago(milliseconds(120));
    state.hosts[local.name] = local;
    const auto peer = host_view("esxi2", "172.31.255.3", false);
    state.hosts[peer.name] = peer;
    state.vms[vm.name] = vm;
    state.vms[VmName("vm2")] = vm_state("vm2");
    return state;
}

net::PeerCredentials nobody() {
    net::PeerCredentials peer;
    peer.uid = peer.gid = 1234;
    return peer;
}

net::PeerCredentials root() {
    net::PeerCredentials peer;
    peer.uid = peer.gid = 0;
    return peer;
}

Task<> Client::send(std::string text) {
    co_await must(stream_->write(asio::buffer(text)));
}

Task<> Client::send(const std::string& method, const std::string& target, const std::string& body,
                    const std::string& fields) {
    std::string text = method + " " + target + " HTTP/1.1\r\nHost: vmhad\r\n" + fields;
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return send(text + "\r\n" + body);
}

Task<net::HttpResponse> Client::receive() {
    net::HttpResponse response;
    co_await must(reader_->read(response));
    co_return response;
}

Task<net::HttpResponse> Client::ask(std::string method, std::string target, std::string body,
                                    std::string fields) {
    co_await send(method, target, body, fields);
    co_return co_await receive();
}

Task<std::string> Client::until(std::string end) {
    std::string buffer(4096, '\0');
    while (text_.find(end) == std::string::npos) {
        const auto bytes = co_await must(stream_->read_some(asio::buffer(buffer)));
        text_.append(buffer, 0, bytes);
    }
    const auto size = text_.find(end) + end.size();
    std::string found = text_.substr(0, size);
    text_.erase(0, size);
    co_return found;
}

Task<std::string> Client::rest() {
    std::string buffer(4096, '\0');
    for (;;) {
        const auto bytes = co_await stream_->read_some(asio::buffer(buffer));
        if (!bytes) co_return std::exchange(text_, {});
        text_.append(buffer, 0, *bytes);
    }
}

Site::Site(const Limits& limits, const Operators& operators)
    : server(context.get_executor(), backend, hub, operators, limits) {
    backend.state_ = two_hosts();
    hub.state_changed();
}

Site::~Site() {
    run([](Server& stopped) -> Task<> { co_await stopped.stop(net::deadline_in(seconds(5))); }(server));
}

Client Site::connect(const net::PeerCredentials& who, const net::MemoryOptions& options) {
    auto [here, there] = net::memory_streams(context.get_executor(), options);
    net::UnixConnection connection;
    connection.stream = std::move(there);
    connection.peer = who;
    server.serve(std::move(connection));
    return Client(std::move(here));
}

net::HttpResponse Site::ask(const std::string& method, const std::string& target, const std::string& body,
                            const std::string& fields, const net::PeerCredentials& who) {
    net::HttpResponse response;
    auto client = connect(who);
    run([](Client& from, const std::string& how, const std::string& what, const std::string& with,
           const std::string& more, net::HttpResponse& into) -> Task<> {
        into = co_await from.ask(how, what, with, more);
    }(client, method, target, body, fields, response));
    return response;
}

Json parsed(const std::string& text) {
    auto value = parse_json(text);
    REQUIRE(value);
    return *value;
}

std::string error_of(const net::HttpResponse& response) {
    const Json body = parsed(response.body);
    CHECK(get_integer(body, "api") == 1);
    CHECK(!get_string(body, "message").value_or("").empty());
    return get_string(body, "error").value_or("");
}

Task<> settle() {
    for (int i = 0; i < 50; ++i) co_await asio::post(asio::use_awaitable);
}

}  // namespace vmha::api
