// Changes a host by commands: each Write becomes exactly one WriteDone. Nothing is ever sent twice.
#pragma once
#include <functional>

#include "daemon/shell/read.hpp"

namespace vmha::shell {

// Owned by the Host, for its whole life. One thread. A write that was sent and brought no answer is
// `unanswered`; nothing throws but the cancellation of the task, and then no event is told.
class Writer {
public:
    // one_channel: the connection carries no second command beside a running one. A power-on then does not
    // wait in it: it runs detached on the host and is asked after.
    Writer(boost::asio::any_io_executor executor, const HostConfig& config, const HostWorld& world,
           Runner& runner, Reader& reader, std::function<bool()> one_channel);

    // Spawn it: it ends with the WriteDone.
    net::Task<> write(core::Write order);

private:
    struct Answer {
        bool sent = false;
        std::optional<Reply> reply;
        std::string why;  // without a reply
    };

    net::Task<core::WriteDone> carry_out(const core::Write& order);
    net::Task<Answer> send(const Script& script, net::Deadline until);
    net::Task<core::WriteDone> by_vim_cmd(const core::Write& order, const std::string& command);
    net::Task<core::WriteDone> power_on(const core::Write& order);
    net::Task<core::WriteDone> power_on_here(const core::Write& order);
    net::Task<core::WriteDone> power_on_detached(const core::Write& order);
    net::Task<> watch_power_on(std::string vmid, net::Deadline until);
    net::Task<core::WriteDone> answer(const core::Write& order);
    net::Task<core::WriteDone> rescan(const core::Write& order);
    net::Task<core::WriteDone> kill(const core::Write& order);
    net::Deadline deadline_of(core::Time limit) const;

    boost::asio::any_io_executor executor_;
    const HostConfig& config_;
    const HostWorld& world_;
    Runner& runner_;
    Reader& reader_;
    std::function<bool()> one_channel_;
};

}  // namespace vmha::shell
