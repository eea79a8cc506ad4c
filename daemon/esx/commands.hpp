// The connection for commands: short calls, one after the other, from as many coroutines as like. And one
// more on demand, for calls that can block (rule 9: three connections a host with the watch's).
#pragma once
#include <boost/asio/any_io_executor.hpp>

#include "daemon/esx/caller.hpp"
#include "daemon/esx/limits.hpp"
#include "daemon/net/turn.hpp"

namespace vmha::esx {

// Owned by the host, for its whole life. A connection that died is opened again by the next call, with the
// same cookie; the call that died with it is not sent again.
class Commands : public Caller {
public:
    Commands(boost::asio::any_io_executor executor, Dial dial, Peer peer, Limits limits);

    // A session has begun, or ended: calls without one are refused, unsent.
    void begin(std::unique_ptr<Link> link, std::string cookie);
    void end();
    bool has_session() const { return !cookie_.empty(); }

    Task<Called> call(const Request& request, Deadline deadline) override;

    // On a connection of its own that is closed afterwards; one at a time.
    Task<Called> call_apart(const Request& request, Deadline deadline);

private:
    Dial dial_;
    Peer peer_;
    Limits limits_;
    net::Turn turn_, turn_apart_;
    std::shared_ptr<Link> link_;
    std::string cookie_;
};

}  // namespace vmha::esx
