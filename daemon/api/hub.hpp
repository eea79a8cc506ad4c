// Where the core's words meet those who listen: the callers of operations, the followers of the event stream,
// and the requests that wait for the first view.
#pragma once
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/api/backend.hpp"
#include "daemon/net/wakeup.hpp"

namespace vmha::api {

using Line = std::shared_ptr<const std::string>;  // shared, because many may listen

// The lines that one listener has not been sent yet, at most `capacity`. Owned by its connection.
struct Feed {
    explicit Feed(const boost::asio::any_io_executor& executor) : bell(executor) {}

    static constexpr size_t capacity = 1024;
    std::deque<Line> lines;
    VmName vm;           // only lines about this VM; empty: all
    bool ended = false;  // after `lines` there is nothing more
    bool cut = false;  // ends now, without a last line: the daemon stops, or the listener is too slow or gone
    net::Wakeup bell;  // rung for each of these
    std::function<void()> on_cut;  // the connection may be stuck in a write
};

// Owned by the app, outlives the server. The app hands it every Say and Answer of the core, and calls
// state_changed() after each step. Nothing here waits, and nothing calls back into the core.
class Hub {
public:
    Hub(boost::asio::any_io_executor executor, Backend& backend);

    void say(const core::Say& say);
    void answer(const core::Answer& answer);
    void state_changed();

    // Every stream ends without a last line, so that the shims post again to the daemon that follows.
    void shutdown();

    // The side of the connections.
    core::CallerId new_caller() { return ++last_caller_; }
    std::shared_ptr<Feed> follow(const VmName& only_vm);
    std::shared_ptr<Feed> follow_operation(core::CallerId caller, const VmName& vm);
    const std::deque<Line>& recent() const { return recent_; }

    // True for good once the local host has been seen whole.
    bool has_view() const { return has_view_; }
    net::Task<> wait_for_view(net::Deadline until);
    // Until it holds, which is asked after every step; or until then, or shutdown.
    net::Task<> wait_for(std::function<bool()> holds, net::Deadline until);

private:
    struct Listener {
        std::weak_ptr<Feed> feed;
        core::CallerId caller = 0;  // 0: a follower of all events
    };

    std::shared_ptr<Feed> add(core::CallerId caller, const VmName& vm);
    void push(Feed& feed, const Line& line);
    void cut(Feed& feed);

    static constexpr size_t recent_capacity = 1000;
    boost::asio::any_io_executor executor_;
    Backend& backend_;
    core::CallerId last_caller_ = 0;
    std::vector<Listener> listeners_;
    std::deque<Line> recent_;
    struct Waiting {
        std::function<bool()> holds;
        net::Wakeup* bell;
    };
    std::list<Waiting> waiting_;
    bool has_view_ = false;
    bool shut_down_ = false;
};

}  // namespace vmha::api
