#include "daemon/shell/known_hosts.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace vmha::shell {

namespace {

std::string fingerprint_or_trouble(ssh_key key) {
    return key == nullptr ? "a key that cannot be read" : fingerprint_of(key);
}

std::string text_of(ssh_key key) {
    char* text = nullptr;
    if (ssh_pki_export_pubkey_base64(key, &text) != SSH_OK) return {};
    std::string copy(text);
    ssh_string_free_char(text);
    return copy;
}

bool has_key(const std::string& line, const std::string& host, ssh_key key) {
    ssh_knownhosts_entry* entry = nullptr;
    const bool named = ssh_known_hosts_parse_line(host.c_str(), line.c_str(), &entry) == SSH_OK;
    const bool same =
        named && entry != nullptr && ssh_key_cmp(entry->publickey, key, SSH_KEY_CMP_PUBLIC) == 0;
    ssh_knownhosts_entry_free(entry);
    return same;
}

// "172.*,!172.31.255.2 ssh-rsa AAAA…": not that one.
bool excludes(const std::string& line, const std::string& host, ssh_key key) {
    const std::string names = line.substr(0, line.find_first_of(" \t"));
    for (size_t at = names.find('!'); at != std::string::npos; at = names.find('!', at + 1)) {
        const std::string name = names.substr(at + 1, names.find(',', at) - at - 1);
        if (has_key(name + line.substr(names.size()), host, key)) return true;
    }
    return false;
}

enum class Standing { listed, revoked, excluded };

// What libssh overlooks of sshd(8): a key that is marked as revoked, and names that a line excludes, for
// which it takes them as named.
Standing standing_of(ssh_key key, const std::string& host, const std::string& file) {
    const std::string text = text_of(key);
    bool listed = false, excluded = false;
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (line.starts_with("@revoked") && line.find(text) != std::string::npos) return Standing::revoked;
        if (!has_key(line, host, key)) continue;
        (excludes(line, host, key) ? excluded : listed) = true;
    }
    return excluded && !listed ? Standing::excluded : Standing::listed;
}

// ssh-keyscan(1) asks for the port by an option; known_hosts has it in the name (sshd(8)).
std::string scan_command(const net::TcpEndpoint& endpoint, const std::string& file) {
    return "ssh-keyscan -p " + std::to_string(endpoint.port()) + " " + endpoint.address().to_string() +
           " >> " + file;
}

std::string name_in_file(const net::TcpEndpoint& endpoint) {
    const auto address = endpoint.address().to_string();
    return endpoint.port() == 22 ? address : "[" + address + "]:" + std::to_string(endpoint.port());
}

}  // namespace

Result<void> check_host_key(ssh_session session, const std::string& peer, const net::TcpEndpoint& endpoint,
                            const std::string& known_hosts) {
    const auto untrusted = [&peer](const std::string& cause) {
        return Error{Errc::host_key_changed, "cannot trust " + peer + ": " + cause};
    };
    ssh_key key = nullptr;
    ssh_get_server_publickey(session, &key);
    const SshKey owner(key);
    const std::string offered = fingerprint_or_trouble(key);
    const auto name = name_in_file(endpoint);
    const auto unknown = [&] {
        return untrusted("its host key is not in " + known_hosts + ": it offers " + offered +
                         "; compare that with the host's console, then " +
                         scan_command(endpoint, known_hosts));
    };
    // To libssh a file that it cannot open is an empty one.
    if (::access(known_hosts.c_str(), R_OK) != 0)
        return untrusted("cannot read " + known_hosts + ": " + std::strerror(errno) + "; the host offers " +
                         offered);
    switch (ssh_session_is_known_server(session)) {
        case SSH_KNOWN_HOSTS_OK:
            switch (standing_of(key, name, known_hosts)) {
                case Standing::listed: return {};
                case Standing::excluded: return unknown();
                case Standing::revoked: break;
            }
            return untrusted("it offers " + offered + ", which is marked as revoked in " + known_hosts);
        case SSH_KNOWN_HOSTS_CHANGED:
            return untrusted("its host key has changed: it offers " + offered + ", which is not the one in " +
                             known_hosts + "; if that is meant to be so: ssh-keygen -R '" + name + "' -f " +
                             known_hosts + ", then " + scan_command(endpoint, known_hosts));
        case SSH_KNOWN_HOSTS_OTHER:
            return untrusted("it offers " + offered + ", but " + known_hosts +
                             " knows it by a key of another type; " +
                             "if both are its own: " + scan_command(endpoint, known_hosts));
        case SSH_KNOWN_HOSTS_UNKNOWN:
        case SSH_KNOWN_HOSTS_NOT_FOUND: return unknown();
        case SSH_KNOWN_HOSTS_ERROR: break;
    }
    return untrusted("cannot look its host key " + offered + " up in " + known_hosts + ": " +
                     cause_of(session));
}

}  // namespace vmha::shell
