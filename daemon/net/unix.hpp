// Unix stream sockets, and who is at the other end.
#pragma once
#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "daemon/net/deadline.hpp"
#include "daemon/net/stream.hpp"

namespace vmha::net {

// The peer as it was when it connected, by the kernel's word (SO_PEERCRED, SO_PEERGROUPS).
struct PeerCredentials {
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);
    pid_t pid = 0;
    std::vector<gid_t> groups;  // supplementary ones
};

struct UnixConnection {
    StreamPtr stream;
    PeerCredentials peer;
};

// Owned by its server, outlives its accept().
class UnixListener {
public:
    // A stale socket file is replaced; one where somebody listens is Errc::io ("… is in use"). The new one
    // has mode 0666, because access is decided per request. The file is removed again by close().
    static Result<UnixListener> bind(const boost::asio::any_io_executor& executor, const std::string& path);

    // A listening socket inherited from the service manager; its file is not ours to remove.
    static Result<UnixListener> adopt(const boost::asio::any_io_executor& executor, int descriptor);

    UnixListener(UnixListener&&) noexcept;
    UnixListener& operator=(UnixListener&&) noexcept;
    ~UnixListener();

    // The next connection. Waits while the process is out of descriptors; Errc::closed after close().
    Task<Result<UnixConnection>> accept();
    void close();

private:
    struct Impl;
    explicit UnixListener(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

Task<Result<StreamPtr>> connect_unix(const std::string& path, Deadline deadline);

}  // namespace vmha::net
