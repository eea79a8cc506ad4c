#include "daemon/run/journal.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/run/files.hpp"

// Without this the header's macros add the line of this file to every entry.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

namespace vmha::run {
namespace {

// sd_journal_sendv() waits where the journal's queue is full, and says that all is well where there is no
// journal (sd_journal_send(3)). A datagram socket that is connected can be written to while its peer's queue
// has room (unix(7)).
bool has_room(const std::string& path) {
    const Fd probe(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) return false;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        return false;
    pollfd wanted{probe.get(), POLLOUT, 0};
    return ::poll(&wanted, 1, 0) == 1 && (wanted.revents & POLLOUT);
}

}  // namespace

Journal::Journal(std::string socket, Send send)
    : socket_(std::move(socket)), send_(send ? std::move(send) : Send(&::sd_journal_sendv)) {}

bool Journal::write(const std::vector<std::string>& fields) {
    if (!has_room(socket_)) return false;
    std::vector<iovec> parts;
    parts.reserve(fields.size());
    for (const auto& field : fields) parts.push_back({const_cast<char*>(field.data()), field.size()});
    return send_(parts.data(), static_cast<int>(parts.size())) == 0;
}

}  // namespace vmha::run
