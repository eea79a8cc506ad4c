#include "daemon/config/read_host.hpp"

#include <cctype>

#include "daemon/config/keys.hpp"
#include "daemon/config/named_files.hpp"
#include "daemon/config/node_choice.hpp"

namespace vmha::config {
namespace {

constexpr core::Duration settle_max = std::chrono::hours(1);
constexpr core::Duration interval_max = std::chrono::hours(1);

// Any case, colons or none: what openssl, vCenter and the host's own page print.
std::optional<std::string> hex_digits(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (c == ':') continue;
        if (!std::isxdigit(static_cast<unsigned char>(c))) return std::nullopt;
        digits += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return digits;
}

// Colons stand between all bytes or nowhere.
bool colons_in_place(std::string_view text) {
    if (text.find(':') == std::string_view::npos) return true;
    if (text.size() % 3 != 2) return false;
    for (size_t i = 0; i < text.size(); ++i)
        if ((text[i] == ':') != (i % 3 == 2)) return false;
    return true;
}

std::optional<std::string> read_thumbprint(Section& api) {
    const auto text = api.text("thumbprint");
    if (!text) return std::nullopt;
    const auto digits = hex_digits(*text);
    if (!digits) {
        api.problem("thumbprint", "must be hexadecimal digits in pairs, with colons between them: AA:BB:…");
    } else if (digits->size() == 40) {
        api.problem("thumbprint", "is a SHA-1 thumbprint (20 bytes), the SHA-256 one (32 bytes) is needed");
    } else if (digits->size() != 64) {
        api.problem("thumbprint", "must be a SHA-256 thumbprint of 64 hexadecimal digits, not " +
                                      std::to_string(digits->size()));
    } else if (!colons_in_place(*text)) {
        api.problem("thumbprint", "has colons in the wrong places, they stand between all bytes: AA:BB:…");
    } else {
        std::string shown;
        for (size_t i = 0; i < digits->size(); i += 2) shown += (i ? ":" : "") + digits->substr(i, 2);
        return shown;
    }
    return std::nullopt;
}

std::optional<Trust> read_trust(Section& api, const std::string& address) {
    const bool pinned = api.find("thumbprint");
    const bool by_ca = api.find("ca_file");
    if (pinned && by_ca)
        api.check().problem(api.path(), "has both thumbprint and ca_file, one of them is needed");
    if (!pinned && !by_ca)
        api.check().lack(api.path(),
                         "has neither thumbprint nor ca_file, one of them is needed: certificate checking "
                         "cannot be turned off");
    if (!by_ca && api.find("server_name"))
        api.check().lack(api.path_of("server_name"), "is of use together with ca_file only");
    std::optional<Trust> trust;
    if (pinned)
        if (auto thumbprint = read_thumbprint(api)) trust = Pinned{*thumbprint};
    if (by_ca)
        if (auto file = named_file(api, "ca_file", FileKind::certificates))
            trust = SignedBy{*file, api.text("server_name").value_or(address)};
    return trust;
}

std::optional<Api> read_api(Section& section, const std::string& address) {
    Api api;
    api.port = section.port("port", api.port);
    const auto user = section.required_text("user");
    const auto password_file = required_file(section, "password_file", FileKind::secret);
    const auto trust = read_trust(section, address);
    if (!user || !password_file || !trust) return std::nullopt;
    api.user = *user;
    api.password_file = *password_file;
    api.trust = *trust;
    return api;
}

std::optional<Ssh> read_ssh(Section& section) {
    Ssh ssh;
    ssh.port = section.port("port", ssh.port);
    ssh.interval = section.time("interval_s", ssh.interval, {false, interval_max});
    const auto user = section.required_text("user");
    const auto identity = required_file(section, "identity_file", FileKind::secret);
    const auto known_hosts = required_file(section, "known_hosts", FileKind::host_keys);
    if (!user || !identity || !known_hosts) return std::nullopt;
    ssh.user = *user;
    ssh.identity_file = *identity;
    ssh.known_hosts = *known_hosts;
    return ssh;
}

// What no host can have: unspecified, multicast and broadcast addresses, and those that need a scope id.
std::string unusable(std::string_view normal) {
    if (normal == "0.0.0.0" || normal == "::") return "is no address of a machine";
    if (normal == "255.255.255.255") return "is a broadcast address";
    if (normal.find(':') != std::string_view::npos) {
        if (normal.starts_with("ff") && normal.find(':') == 4) return "is a multicast address";
        const bool link_local = normal.size() > 4 && normal.find(':') == 4 && normal.starts_with("fe") &&
                                std::string_view("89ab").find(normal[2]) != std::string_view::npos;
        return link_local ? "is a link-local address, which needs a scope id and cannot be used" : "";
    }
    const int first = std::stoi(std::string(normal.substr(0, normal.find('.'))));
    return first >= 224 && first <= 239 ? "is a multicast address" : "";
}

}  // namespace

std::string read_address(Section& section, std::string_view key) {
    const auto text = section.required_text(key);
    if (!text) return {};
    const auto normal = normal_address(*text);
    std::string trouble;
    if (text->find('%') != std::string::npos) {
        trouble = "has a scope id, which cannot be used";
    } else if (!normal) {
        trouble = "is no IP address: names are not looked up, as a name service may be down when it counts";
    } else {
        trouble = unusable(*normal);
    }
    if (trouble.empty()) return *text;
    section.problem(key, dump_json(Json(*text)) + " " + trouble);
    return {};
}

Host read_host(Section& section) {
    Host host;
    host.address = read_address(section, "address");
    host.name = HostName(host.address);
    if (section.find("name")) {
        host.name = HostName();
        if (const auto name = section.text("name"); name && is_valid_name(*name)) {
            host.name = HostName(*name);
        } else if (name) {
            section.problem("name",
                            dump_json(Json(*name)) +
                                " is no valid name of a host: 1 to 64 characters of A-Z, a-z, 0-9, \".\", "
                                "\"_\", \"-\"");
        }
    }
    if (const auto adapter = section.text("iscsi_adapter")) {
        if (is_valid_name(*adapter)) {
            host.iscsi_adapter = *adapter;
        } else {
            section.problem("iscsi_adapter",
                            dump_json(Json(*adapter)) + " is no name of an adapter such as vmhba65");
        }
    }
    host.settle = section.time("settle_s", host.settle, {false, settle_max});
    if (auto api = section.section("api", {keys::api.begin(), keys::api.end()}))
        host.api = read_api(*api, host.address);
    if (auto ssh = section.section("ssh", {keys::ssh.begin(), keys::ssh.end()})) host.ssh = read_ssh(*ssh);
    if (!section.find("api") && !section.find("ssh"))
        section.check().lack(section.path(), "has neither api nor ssh, so there is no way to talk to it");
    return host;
}

}  // namespace vmha::config
