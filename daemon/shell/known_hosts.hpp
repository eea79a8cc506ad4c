// Is this the host that we know?
#pragma once
#include <string>

#include "common/result.hpp"
#include "daemon/net/tcp.hpp"
#include "daemon/shell/ssh_handles.hpp"

namespace vmha::shell {

// After the key exchange, before the login. The file is known_hosts of OpenSSH: hashed names and [host]:port
// are understood. Anything but a match is Errc::host_key_changed, with the fingerprint of the key that was
// offered and what to do about it. There is no way around it. Blocks for one small file read.
Result<void> check_host_key(ssh_session session, const std::string& peer, const net::TcpEndpoint& endpoint,
                            const std::string& known_hosts);

}  // namespace vmha::shell
