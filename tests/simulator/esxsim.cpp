// esxsim: a simulated site of standalone ESXi hosts on the network.
#include <getopt.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <string>

#include "tests/simulator/front/control.hpp"
#include "tests/simulator/front/network.hpp"
#include "tests/simulator/site_file.hpp"

namespace {

using namespace vmha;

constexpr const char* usage =
    "usage: esxsim [--site FILE] [--control PATH]\n"
    "       esxsim ctl [--control PATH] COMMAND...\n"
    "Simulates standalone ESXi hosts. Without a site file: esxi1 on 127.0.0.11:8443 and esxi2 on "
    "127.0.0.12:8443,\n"
    "user root, password esxsim. `esxsim ctl help` lists the commands.\n";

struct Options {
    std::string site_file;
    std::string control = sim::default_control_path();
};

// 0: go on; else the exit code plus one.
int read_options(int argc, char** argv, Options& options) {
    const option known[] = {{"site", required_argument, nullptr, 's'},
                            {"control", required_argument, nullptr, 'c'},
                            {"help", no_argument, nullptr, 'h'},
                            {"version", no_argument, nullptr, 'V'},
                            {nullptr, 0, nullptr, 0}};
    // "+": what follows the first word of a ctl command is the command's.
    for (int got; (got = getopt_long(argc, argv, "+hV", known, nullptr)) != -1;) {
        if (got == 's') options.site_file = optarg;
        if (got == 'c') options.control = optarg;
        if (got == 'h') return std::fputs(usage, stdout), 1;
        if (got == 'V') return std::puts("esxsim " VMHA_VERSION), 1;
        if (got == '?') return std::fputs(usage, stderr), 3;
    }
    return 0;
}

int serve(const Options& options) {
    site::SiteConfig config = site::default_site();
    if (!options.site_file.empty()) {
        auto read = sim::read_site_file(options.site_file);
        if (!read) return std::cerr << "esxsim: " << read.error().message << "\n", 2;
        config = std::move(*read);
    }
    boost::asio::io_context loop{1};
    auto network = sim::Network::open(loop.get_executor(), std::move(config));
    if (!network) return std::cerr << "esxsim: " << network.error().message << "\n", 1;
    auto control = sim::Control::open(loop.get_executor(), **network, options.control);
    if (!control) return std::cerr << "esxsim: " << control.error().message << "\n", 1;
    boost::asio::signal_set signals(loop, SIGINT, SIGTERM);
    signals.async_wait([&network, &control, &loop](const boost::system::error_code&, int) {
        (*control)->close();
        (*network)->close();
        loop.stop();
    });
    for (site::HostId id = 0; id < (*network)->site().hosts().size(); ++id) {
        const auto& host = (*network)->site().host(id).config;
        std::cout << host.name << " " << host.address << ":" << (*network)->port(id) << " thumbprint "
                  << (*network)->thumbprint(id) << "\n";
    }
    std::cout << "control " << options.control << "\nready" << std::endl;
    loop.run();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    Options options;
    if (const int code = read_options(argc, argv, options)) return code - 1;
    if (optind == argc) return serve(options);
    if (std::string(argv[optind]) != "ctl") return std::fputs(usage, stderr), 2;
    argc -= optind;
    argv += optind;
    optind = 0;
    if (const int code = read_options(argc, argv, options)) return code - 1;
    std::string command;
    for (int i = optind; i < argc; ++i) command += (command.empty() ? "" : " ") + std::string(argv[i]);
    return sim::send_command(options.control, command);
}
