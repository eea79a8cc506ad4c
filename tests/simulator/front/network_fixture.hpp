// A site on the loopback and its clients, all in one loop, for the tests of the front.
#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "common/json.hpp"
#include "daemon/net/http.hpp"
#include "daemon/net/tls.hpp"
#include "tests/simulator/front/control.hpp"
#include "tests/simulator/front/network.hpp"
#include "tests/support/catch.hpp"

namespace vmha::sim {

inline constexpr site::HostId esxi1 = 0;

site::SiteConfig loopback_site();

inline const std::string current_time =
    "<CurrentTime xmlns=\"urn:vim25\"><_this type=\"ServiceInstance\">ServiceInstance</_this></CurrentTime>";

std::string on_vm(const std::string& method, int vm);

// One connection of a client; each call has two seconds.
class Client {
public:
    net::Task<bool> connect(Network& network, Way way = Way::own);
    // The status, or 0 when no answer came; -1 when the connection ended.
    net::Task<int> send(net::HttpRequest request, net::BootClock::duration limit = std::chrono::seconds(2));
    // The answer to what was sent before.
    net::Task<int> hear(net::BootClock::duration limit = std::chrono::seconds(2));
    net::Task<int> call(std::string text, net::BootClock::duration limit = std::chrono::seconds(2));
    net::Task<int> login();

    net::HttpResponse answer;
    std::string cookie;

private:
    net::StreamPtr stream_;
    std::unique_ptr<net::HttpReader> reader_;
};

struct Site {
    explicit Site(site::SiteConfig config = loopback_site()) {
        auto opened = Network::open(loop.get_executor(), std::move(config));
        REQUIRE(opened.has_value());
        network = std::move(*opened);
    }
    ~Site() {
        network->close();
        loop.poll();
    }

    template <class T>
    T run(net::Task<T> task) {
        std::optional<T> result;
        std::exception_ptr thrown;
        boost::asio::co_spawn(loop, std::move(task), [&result, &thrown](std::exception_ptr error, T value) {
            thrown = error;
            result = std::move(value);
        });
        loop.restart();
        while (!result) loop.run_one();
        if (thrown) std::rethrow_exception(thrown);
        return std::move(*result);
    }

    std::string control(const std::string& line) { return run_command(*network, line); }

    Client client() {
        Client one;
        REQUIRE(run(one.connect(*network)));
        REQUIRE(run(one.login()) == 200);
        return one;
    }

    int running_vm() {
        network->advance();
        const auto task = network->site().register_vm(esxi1, "[EC_iSCSI] vm1/vm1.vmx", "", "root");
        const int vm = network->site().host(esxi1).tasks.at(task).result_vm;
        network->site().power(esxi1, vm, site::Verb::power_on, "root");
        network->settle();
        return vm;
    }

    boost::asio::io_context loop{1};
    std::unique_ptr<Network> network;
};

}  // namespace vmha::sim
