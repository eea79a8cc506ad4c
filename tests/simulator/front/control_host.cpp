// The commands about one host.
#include <map>

#include "tests/simulator/front/control_words.hpp"

namespace vmha::sim {
namespace {

using site::HostId;

// Each gets the words behind its own; false: it does not understand them.
using Act = bool (*)(Network&, HostId, const Words&);

bool is_switch(const std::string& text) {
    return text == "on" || text == "off";
}

bool power(Network& network, HostId id, const Words& how) {
    if (!is_switch(word(how, 0))) return false;
    network.site().host_power(id, how[0] == "on");
    return true;
}

bool maintenance(Network& network, HostId id, const Words& how) {
    if (!is_switch(word(how, 0))) return false;
    network.site().host_maintenance(id, how[0] == "on");
    return true;
}

bool cut_one_way(Network& network, HostId id, const std::string& way) {
    if (way == "own") return network.cut(id, Way::own, true), true;
    if (way != "peers" || !network.site().host(id).config.peer_port) return false;
    return network.cut(id, Way::peers, true), true;
}

bool network(Network& network, HostId id, const Words& how) {
    const std::string state = word(how, 0);
    if (state == "cut" && how.size() > 1) return cut_one_way(network, id, how[1]);
    if (state == "cut") return network.site().host_network(id, site::Network::cut), true;
    if (state == "stall") return network.site().host_network(id, site::Network::stalled), true;
    if (state != "restore") return false;
    for (const Way way : {Way::own, Way::peers}) network.cut(id, way, false);
    return network.site().host_network(id, site::Network::up), true;
}

bool expire_sessions(Network& network, HostId id, const Words& how) {
    static const std::map<std::string, std::optional<site::ExpiredShape>> shapes{
        {"", std::nullopt},
        {"fault", site::ExpiredShape::fault},
        {"empty", site::ExpiredShape::empty},
        {"missing", site::ExpiredShape::missing}};
    const auto shape = shapes.find(word(how, 0));
    if (shape == shapes.end()) return false;
    network.site().expire_sessions(id, shape->second);
    return true;
}

bool storage(Network& network, HostId id, const Words& how) {
    site::Site& site = network.site();
    const std::string state = word(how, 0);
    if (state == "lost") return site.offer(id, std::nullopt), true;
    if (state == "pdl") return site.storage_pdl(id), true;
    if (state == "snapshot" || state == "resolved") return site.see_snapshot(id, state == "snapshot"), true;
    const auto copy = copy_of(network, word(how, 1));
    if (state != "copy" || !copy) return false;
    return site.offer(id, *copy), true;
}

bool licence(Network& network, HostId id, const Words& how) {
    const auto licence = site::licence_of(word(how, 0));
    if (licence) network.site().set_licence(id, *licence);
    return licence.has_value();
}

bool hostd_restart(Network& network, HostId id, const Words& how) {
    const auto time = number(word(how, 0));
    if (time) network.site().hostd_restarts(id, std::chrono::milliseconds(*time));
    return time.has_value();
}

bool fail_unregister(Network& network, HostId id, const Words& how) {
    const auto count = number(word(how, 0));
    if (count) network.site().fail_unregister(id, static_cast<int>(*count));
    return count.has_value();
}

bool power_on_lies(Network& network, HostId id, const Words& how) {
    const auto count = number(word(how, 0));
    if (count) network.site().lie_about_power_on(id, static_cast<int>(*count));
    return count.has_value();
}

bool password(Network& network, HostId id, const Words& how) {
    if (how.size() != 2) return false;
    for (const auto& account : network.site().host(id).config.accounts)
        if (account.user == how[0]) return network.site().set_password(id, how[0], how[1]), true;
    return false;
}

bool ssh(Network& network, HostId id, const Words& how) {
    return network.ssh(id) && ssh_command(*network.ssh(id), how);
}

}  // namespace

std::string host_command(Network& site_network, const Words& words) {
    static const std::map<std::string, Act> acts{{"power", power},
                                                 {"network", network},
                                                 {"maintenance", maintenance},
                                                 {"expire-sessions", expire_sessions},
                                                 {"storage", storage},
                                                 {"licence", licence},
                                                 {"hostd-restart", hostd_restart},
                                                 {"fail-unregister", fail_unregister},
                                                 {"power-on-lies", power_on_lies},
                                                 {"password", password},
                                                 {"ssh", ssh}};
    const auto id = site_network.site().find_host(word(words, 1));
    if (!id) return error("no host '" + word(words, 1) + "'");
    const auto act = acts.find(word(words, 2));
    if (act == acts.end() || !act->second(site_network, *id, Words(words.begin() + 3, words.end())))
        return error("host " + words[1] + ": cannot understand '" + rest_of(words, 2) + "'");
    return "ok";
}

}  // namespace vmha::sim
