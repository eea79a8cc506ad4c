#include "daemon/shell/known_hosts.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace vmha::shell {

namespace {

std::string offered_by(ssh_session session) {
    ssh_key key = nullptr;
    if (ssh_get_server_publickey(session, &key) != SSH_OK) return "a key that cannot be read";
    const SshKey owner(key);
    return fingerprint_of(key);
}

// ssh-keyscan(1) asks for the port by an option; known_hosts has it in the name (sshd(8)).
std::string scan_command(const net::TcpEndpoint& endpoint, const std::string& file) {
    return "ssh-keyscan -p " + std::to_string(endpoint.port()) + " " + endpoint.address().to_string() +
           " >> " + file;
}

std::string name_in_file(const net::TcpEndpoint& endpoint) {
    const auto address = endpoint.address().to_string();
    return endpoint.port() == 22 ? address : "'[" + address + "]:" + std::to_string(endpoint.port()) + "'";
}

}  // namespace

Result<void> check_host_key(ssh_session session, const std::string& peer, const net::TcpEndpoint& endpoint,
                            const std::string& known_hosts) {
    const auto untrusted = [&peer](const std::string& cause) {
        return Error{Errc::host_key_changed, "cannot trust " + peer + ": " + cause};
    };
    const std::string offered = offered_by(session);
    // To libssh a file that it cannot open is an empty one.
    if (::access(known_hosts.c_str(), R_OK) != 0)
        return untrusted("cannot read " + known_hosts + ": " + std::strerror(errno) + "; the host offers " +
                         offered);
    switch (ssh_session_is_known_server(session)) {
        case SSH_KNOWN_HOSTS_OK: return {};
        case SSH_KNOWN_HOSTS_CHANGED:
            return untrusted("its host key has changed: it offers " + offered + ", which is not the one in " +
                             known_hosts + "; if that is meant to be so: ssh-keygen -R " +
                             name_in_file(endpoint) + " -f " + known_hosts + ", then " +
                             scan_command(endpoint, known_hosts));
        case SSH_KNOWN_HOSTS_OTHER:
            return untrusted("it offers " + offered + ", but " + known_hosts +
                             " knows it by a key of another type; " +
                             "if both are its own: " + scan_command(endpoint, known_hosts));
        case SSH_KNOWN_HOSTS_UNKNOWN:
        case SSH_KNOWN_HOSTS_NOT_FOUND:
            return untrusted("its host key is not in " + known_hosts + ": it offers " + offered +
                             "; compare that with the host's console, then " +
                             scan_command(endpoint, known_hosts));
        case SSH_KNOWN_HOSTS_ERROR: break;
    }
    return untrusted("cannot look its host key " + offered + " up in " + known_hosts + ": " +
                     cause_of(session));
}

}  // namespace vmha::shell
