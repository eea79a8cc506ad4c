// The change feed of one host: one property filter over one container view, waited on by WaitForUpdatesEx.
#pragma once
#include <functional>

#include "daemon/core/events.hpp"
#include "daemon/esx/caller.hpp"
#include "daemon/esx/inventory.hpp"
#include "daemon/esx/limits.hpp"
#include "daemon/esx/requests.hpp"

namespace vmha::esx {

// A session on a host: what was learned at login.
struct Session {
    uint64_t number = 0;
    std::string cookie;
    ServiceContent content;
    Places places;
    Moref view;
    ClockPair clock;
};

struct WatchSettings {
    HostName host;
    core::Duration interval = core::seconds(1);
    std::function<core::Time()> clock;
    Limits limits = {};
    std::function<void()> progress = {};  // called for every reply, and for every wait that failed
};

struct WatchEnd {
    enum class Why {
        expired,  // the session is not valid any more
        rebuild,  // the filter, the collector or the version is gone, or news could not be merged: begin anew
        mute,     // the host answers other calls, but not the one that is to tell its full view
        dead,     // the connection
    };
    Why why = Why::dead;
    Error error{Errc::closed, ""};
    bool told = false;  // there was a full Read before it ended
};

// Owned by the host for one session; run() may be called again after it ended, on a new connection. What it
// emits is in order: first a full Read, then one Read for every reply, also for an empty one, which confirms
// all that is known.
class Watch {
public:
    using OnRead = std::function<void(core::Read, const Inventory::Applied&)>;

    Watch(WatchSettings settings, Session session, PropertyPlan plan, OnRead on_read);

    Task<WatchEnd> run(Caller& caller);

    const Inventory& inventory() const { return inventory_; }
    const PropertyPlan& plan() const { return plan_; }
    // Learned otherwise; told with the next Read.
    void set_aside(const Aside& aside);
    void task_ended(const std::string& task);
    // The reply to read_tasks. known: the tasks that ran when it was sent.
    void tasks_read(const Retrieved& retrieved, const std::set<std::string>& known);
    // What destroys the objects that were made on the host; for a session that goes on without this watch.
    std::vector<Request> left_behind() const;

private:
    Task<std::optional<WatchEnd>> set_up(Caller& caller);
    Task<std::optional<WatchEnd>> read_everything(Caller& caller);
    Task<std::optional<WatchEnd>> watch_tasks(Caller& caller);
    Task<std::optional<WatchEnd>> read_changes(Caller& caller);
    Task<Called> call(Caller& caller, const Request& request, Deadline until);
    WatchEnd ended(const Called& called) const;
    bool own_collector() const;
    core::Read begin_read(core::Time asked) const;

    WatchSettings settings_;
    Session session_;
    PropertyPlan plan_;
    OnRead on_read_;
    Inventory inventory_;
    Moref collector_;
    std::string version_;
    Aside aside_;
    bool facts_changed_ = false;
    Inventory::Applied touched_;  // by what was learned otherwise
};

}  // namespace vmha::esx
