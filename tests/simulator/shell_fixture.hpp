// A host's commands over a site without any network.
#pragma once
#include <sstream>
#include <string>

#include "tests/simulator/shell/shell.hpp"
#include "tests/simulator/site_fixture.hpp"

namespace vmha::sim {

using site::esxi1;
using site::esxi2;

// What a command has printed so far.
struct Heard {
    std::string out;
    std::string err;
    std::optional<int> status;
    bool has(const std::string& text) const { return out.find(text) != std::string::npos; }
};

struct Hosts {
    explicit Hosts(site::SiteConfig config = site::default_site())
        : site(std::move(config)), one(site, esxi1, outside), two(site, esxi2, outside) {}

    // Words are separated by blanks; '~' stands for a blank inside one.
    static Argv words(const std::string& line) {
        std::istringstream text(line);
        Argv argv;
        for (std::string word; text >> word;) {
            for (char& c : word) c = c == '~' ? ' ' : c;
            argv.push_back(word);
        }
        return argv;
    }

    Heard on(Shell& shell, const std::string& line) {
        Heard heard;
        const auto ticket = begin(shell, line, heard);
        if (ticket != 0) shell.drop(ticket);
        return heard;
    }
    Shell::Ticket begin(Shell& shell, const std::string& line, Heard& heard) {
        return shell.run(words(line), [&heard](const Printed& printed) {
            heard.out += printed.out;
            heard.err += printed.err;
            heard.status = printed.status;
        });
    }
    void run_until(site::Time time) {
        site.run_until(time);
        one.publish();
        two.publish();
    }

    Shell::Outside outside{
        {},
        [](const std::string& path) { return std::optional<std::string>("text of " + path); },
        [] { return true; }};
    site::Site site;
    Shell one;
    Shell two;
};

}  // namespace vmha::sim
