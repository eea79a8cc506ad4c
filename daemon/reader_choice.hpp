// Which of a host's two ways brings the news, and what the core is told of it.
#pragma once
#include <vector>

#include "daemon/core/events.hpp"

namespace vmha {

// The API reads where it can. While its session is down, or there is none, SSH reads. A change of the reader
// is a new session for the core: what one has told does not vouch for what the other does not tell. Owned by
// the Transports; pure; events come in the order in which they happened.
class ReaderChoice {
public:
    using Events = std::vector<core::Event>;

    // sessions_before: that the core has heard of over earlier links to this host; it heeds later ones only.
    ReaderChoice(HostName host, bool api, bool ssh, uint64_t sessions_before = 0)
        : host_(std::move(host)), has_api_(api), has_ssh_(ssh), session_(sessions_before) {}

    // What a transport said, as the core is to hear it.
    Events from_api(core::Event event);
    Events from_ssh(core::Event event);
    // SSH is up, and the host cannot be read by it.
    Events cannot_read(const std::string& why);

    bool ssh_shall_read() const { return has_ssh_ && !api_reads(); }
    // Who is asked for a look now.
    core::Via via() const {
        return ssh_shall_read() && (ssh_reads_ || !has_api_) ? core::Via::ssh : core::Via::api;
    }

private:
    bool api_reads() const { return has_api_ && api_.link == core::Link::up; }
    Events pass(core::Event event, core::Via via);
    bool is_current(core::Via via, uint64_t session) const;
    core::LinkChanged link() const;

    HostName host_;
    bool has_api_, has_ssh_;
    core::LinkChanged api_{};  // as it was told last
    core::ShellChanged ssh_{};
    std::string ssh_trouble_;  // up, and cannot read
    bool ssh_reads_ = false;   // and has told everything
    uint64_t session_ = 0;     // as the core counts them
    core::Via of_ = core::Via::api;
    uint64_t theirs_ = 0;  // as that transport does
};

}  // namespace vmha
