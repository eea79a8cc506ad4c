// Talks to one ESXi (or a simulated one) through the esx room alone and prints every event, one line each: a
// tool for people who debug the room. Commands are read from stdin, one a line:
//   on|off|unregister|shutdown VMID     register PATH     rescan [ADAPTER]     answer VMID QUESTION KEY
//   look [VMID]     check PATH     retry     quit
// Usage: esx_probe ADDRESS PORT THUMBPRINT USER PASSWORD_FILE
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
#include <iostream>
#include <sstream>

#include "daemon/esx/host.hpp"

namespace asio = boost::asio;
using namespace vmha;

namespace {

struct MemoryStore : esx::BreakerStore {
    std::string text;
    Result<std::string> load() override { return text; }
    Result<void> save(const std::string& all) override {
        text = all;
        return {};
    }
};

core::Time boot_now() {
    return core::Time(net::BootClock::now().time_since_epoch());
}

void print(const core::VmEntry& vm) {
    std::cout << "  vm " << vm.vmid << " '" << vm.name << "' "
              << (vm.path ? core::datastore_path(*vm.path) : "-") << " power=" << int(vm.power)
              << " connection=" << int(vm.connection) << " heartbeat=" << int(vm.heartbeat);
    if (vm.memory_mb) std::cout << " memory=" << *vm.memory_mb << "MB";
    for (const auto& network : vm.networks) std::cout << " network='" << network << "'";
    if (vm.task)
        std::cout << " task=" << vm.task->id << ' ' << vm.task->what << (vm.task->cancellable ? "?" : "");
    if (vm.booted) std::cout << " up=" << core::to_ms(boot_now() - *vm.booted) << "ms";
    if (vm.question) {
        std::cout << " question=" << vm.question->id << " [";
        for (const auto& id : vm.question->message_ids) std::cout << id << ' ';
        for (const auto& choice : vm.question->choices) std::cout << choice.key << '=' << choice.label << ' ';
        std::cout << "]";
    }
    std::cout << '\n';
}

// An empty Read confirms what is known: one a second, not worth a line.
bool says_nothing(const core::Event& event) {
    const auto* read = std::get_if<core::Read>(&event);
    return read != nullptr && !read->full && read->entries.empty() && read->left.empty() &&
           read->datastores.empty() && read->datastores_left.empty() && !read->facts;
}

template <class T>
std::string told(const std::optional<T>& value) {
    return value ? std::to_string(*value) : "?";
}

void print(const core::HostFacts& facts) {
    std::cout << "  writes=" << told(facts.api_writes) << " privileged=" << told(facts.privileged)
              << " evaluation_days=" << told(facts.evaluation_days) << " networks=";
    for (const auto& name : facts.networks.value_or(std::vector<std::string>{"?"})) std::cout << name << ',';
    std::cout << " autostart=";
    for (const auto& vmid : facts.autostart) std::cout << vmid << ',';
    std::cout << " unresolved=";
    for (const auto& label : facts.unresolved_volumes) std::cout << label << ',';
    std::cout << '\n';
}

void print(const core::Read& read) {
    std::cout << "read session=" << read.session << (read.full ? " full" : "") << (read.look ? " look" : "")
              << " entries=" << read.entries.size() << " age=" << core::to_ms(boot_now() - read.asked)
              << "ms\n";
    for (const auto& vm : read.entries) print(vm);
    for (const auto& id : read.left) std::cout << "  left " << id << '\n';
    for (const auto& store : read.datastores)
        std::cout << "  datastore " << store.id << " '" << store.name << "' " << store.uuid
                  << (store.accessible ? " ok " : " INACCESSIBLE ") << store.trouble
                  << " extents=" << (store.extents.empty() ? "-" : store.extents.front()) << '\n';
    for (const auto& id : read.datastores_left) std::cout << "  datastore left " << id << '\n';
    if (!read.facts) return;
    std::cout << "  host " << read.facts->product << (read.facts->in_maintenance ? " maintenance" : "")
              << " memory=" << read.facts->memory_free_mb.value_or(-1) << "MB\n";
    print(*read.facts);
    for (const auto& path : read.facts->paths)
        std::cout << "  path " << path.adapter << ' ' << path.device
                  << (path.active ? " active\n" : " DEAD\n");
}

struct Printer {
    void operator()(const core::LinkChanged& change) const {
        std::cout << "link " << int(change.link) << ' ' << word(change.reason)
                  << " session=" << change.session << ' ' << change.detail << '\n';
    }
    void operator()(const core::Read& read) const { print(read); }
    void operator()(const core::Looked& looked) const {
        std::cout << "looked " << looked.vmid << (looked.entry ? "\n" : " gone\n");
        if (looked.entry) print(*looked.entry);
    }
    void operator()(const core::LookFailed&) const { std::cout << "look failed\n"; }
    void operator()(const core::WriteDone& done) const {
        static constexpr const char* words[] = {"ok", "refused", "unsent", "unanswered"};
        std::cout << "write " << done.id << ' ' << words[int(done.outcome)] << ' ' << done.vmid << ' '
                  << done.fault.name << ' ' << done.fault.message << " kind=" << int(done.fault.kind)
                  << " existing=" << done.fault.existing << '\n';
    }
    void operator()(const core::VmxChecked& checked) const {
        static constexpr const char* words[] = {"present", "missing", "cannot tell"};
        std::cout << "file " << words[int(checked.presence)] << '\n';
    }
    template <class Other>
    void operator()(const Other&) const {}
};

bool obey(esx::Host& host, const HostName& name, const std::string& line) {
    static core::WriteId last = 0;
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    core::Write write;
    write.id = ++last;
    write.host = name;
    write.limit = boot_now() + core::seconds(60);
    if (verb == "quit") return false;
    if (verb == "retry") {
        host.retry_login();
    } else if (verb == "look") {
        core::Look look{last, {}, name, {}};
        words >> look.vmid;
        host.look(look);
    } else if (verb == "check" || verb == "register") {
        std::string path;
        std::getline(words >> std::ws, path);
        write.verb = core::Verb::register_vm;
        write.path = core::parse_vmx_path(path).value_or(core::VmxPath{});
        if (verb == "check")
            host.check_vmx({{}, name, write.path});
        else
            host.perform(write);
    } else {
        static const std::map<std::string, core::Verb> verbs = {
            {"on", core::Verb::power_on},           {"off", core::Verb::power_off},
            {"unregister", core::Verb::unregister}, {"shutdown", core::Verb::shutdown_guest},
            {"rescan", core::Verb::rescan_storage}, {"answer", core::Verb::answer_question}};
        const auto found = verbs.find(verb);
        if (found == verbs.end()) return true;
        write.verb = found->second;
        words >> (write.verb == core::Verb::rescan_storage ? write.adapter : write.vmid) >>
            write.question_id >> write.choice_key;
        host.perform(write);
    }
    return true;
}

net::Task<> converse(asio::io_context& io, esx::Host& host, HostName name) {
    asio::posix::stream_descriptor input(io, ::dup(STDIN_FILENO));
    asio::streambuf buffer;
    for (;;) {
        auto [error, bytes] =
            co_await asio::async_read_until(input, buffer, '\n', asio::as_tuple(asio::use_awaitable));
        if (error) break;
        std::istream stream(&buffer);
        std::string line;
        std::getline(stream, line);
        if (!obey(host, name, line)) break;
    }
    co_await host.stop();
    io.stop();
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 6) {
        std::cerr << "usage: esx_probe ADDRESS PORT THUMBPRINT USER PASSWORD_FILE\n";
        return 2;
    }
    const auto endpoint =
        net::tcp_endpoint(arguments[1], static_cast<unsigned short>(std::stoi(arguments[2])));
    if (!endpoint) {
        std::cerr << endpoint.error().message << '\n';
        return 2;
    }
    std::cout << std::unitbuf;
    MemoryStore store;
    esx::Breaker breaker(store);
    asio::io_context io{1};
    const HostName name("host");
    const std::string file = arguments[5];
    esx::HostConfig config;
    config.name = name;
    config.endpoint = *endpoint;
    config.trust = net::PinnedCertificate(arguments[3]);
    config.user = arguments[4];
    config.secret = [file]() -> Result<std::string> {
        std::ifstream in(file);
        std::string line;
        if (!std::getline(in, line)) return Error{Errc::io, "cannot read password file " + file};
        return line;
    };
    const auto began = boot_now();
    esx::Host host(io.get_executor(), config,
                   {boot_now, [] { return int64_t(::time(nullptr)); },
                    [began](core::Event event) {
                        if (says_nothing(event)) return;
                        std::cout << core::to_ms(boot_now() - began) << "ms ";
                        std::visit(Printer{}, event);
                    },
                    &breaker});
    host.start();
    asio::co_spawn(io, converse(io, host, name), asio::detached);
    io.run();
}
