// The API of one host: every method a client can call, its sessions' views and collectors, and the calls that
// wait. Pure: no sockets and no clock; an answer is handed to the function given with the call, at once or
// later.
#pragma once
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulator/model/site.hpp"
#include "tests/simulator/soap/collector.hpp"
#include "tests/simulator/soap/text.hpp"
#include "tests/simulator/soap/world.hpp"

namespace vmha::sim {

struct Caller {
    std::string cookie;
    std::string address;
    std::string agent;
};

// Owned by the front; the site must outlive it. The owner passes the site's changes to note() and calls
// publish() after whatever may have made some: then pending waits are answered.
class Api {
public:
    using OnReply = std::function<void(Reply)>;
    using Ticket = uint64_t;  // of a call that waits; 0: it has been answered

    Api(site::Site& site, site::HostId host, std::chrono::system_clock::time_point began);

    void count(const std::string& method) { ++counters_[method]; }
    Ticket call(const Request& request, const Caller& caller, OnReply on_reply);
    void drop(Ticket ticket);  // its caller has gone

    void note(const site::Change& change) { noted_.push_back(change); }
    void publish();
    void run_until(site::Time now);  // answers waits whose time is over
    std::optional<site::Time> next_wake() const;
    void forget_everything();  // the host's power is gone

    const std::map<std::string, uint64_t>& counters() const { return counters_; }
    size_t waiting() const { return waits_.size(); }

    // GET /folder/<path>?dcPath=…&dsName=…: nullopt is 404. The session is checked by the caller.
    std::optional<std::string> file(const std::string& path, const std::string& datastore) const;

private:
    // What belongs to one session besides what the model knows of it.
    struct Belongings {
        std::map<std::string, View> views;
        std::map<std::string, std::unique_ptr<Collector>> collectors;
    };
    struct Call {
        const Request& request;
        const Caller& caller;
        site::Session* session;  // null only for methods that need none
        Belongings* belongings;  // null as the session is
    };
    struct Wait {
        Ticket ticket;
        std::string method;
        std::string cookie;
        std::string collector;
        std::string version;
        size_t objects_max;
        std::optional<site::Time> until;
        OnReply on_reply;
    };
    using Outcome = site::Answer<std::string>;  // what stands inside the response, or the fault
    struct Method {
        const char* target;  // the type of _this
        Outcome (Api::*run)(const Call&);
        enum class Kind { read, write, open } kind = Kind::read;  // open: needs no session
    };
    static const std::map<std::string, Method, std::less<>>& methods();

    World world(const site::Session* session, const Belongings* belongings) const;
    World world(const Call& call) const { return world(call.session, call.belongings); }
    std::string new_name(const Call& call);
    bool is_target(const Call& call, const char* type) const;
    Reply run(const Call& call);
    std::optional<Reply> without_session(const Request& request, const Caller& caller);
    Outcome unauthenticated_read(const Request& request, const Caller& caller);

    Outcome retrieve_service_content(const Call&);
    Outcome current_time(const Call&);
    Outcome login(const Call&);
    Outcome logout(const Call&);
    Outcome session_is_active(const Call&);

    Outcome create_container_view(const Call&);
    Outcome destroy_view(const Call&);
    Outcome create_collector(const Call&);
    Outcome destroy_collector(const Call&);
    Outcome create_filter(const Call&);
    Outcome destroy_filter(const Call&);
    Outcome retrieve(const Call&);
    Outcome retrieve_ex(const Call&);
    Outcome continue_retrieve(const Call&);
    Outcome cancel_retrieve(const Call&);
    Outcome check_for_updates(const Call&);
    Outcome cancel_wait(const Call&);
    site::Answer<std::deque<std::string>> retrieve_objects(const World& world, const FilterSpec& spec);
    Outcome page_of(Collector& collector, std::deque<std::string> objects, size_t max);

    Outcome power(const Call&, site::Verb);
    Outcome power_on(const Call& call) { return power(call, site::Verb::power_on); }
    Outcome power_off(const Call& call) { return power(call, site::Verb::power_off); }
    Outcome reset(const Call& call) { return power(call, site::Verb::reset); }
    Outcome suspend(const Call& call) { return power(call, site::Verb::suspend); }
    Outcome shutdown_guest(const Call&);
    Outcome reboot_guest(const Call&);
    Outcome answer_vm(const Call&);
    Outcome register_vm(const Call&);
    Outcome unregister_vm(const Call&);
    Outcome cancel_task(const Call&);
    Outcome rescan(const Call&);
    Outcome query_unresolved(const Call&);
    std::optional<site::Fault> wrong_question(const Call&) const;
    Outcome has_privilege(const Call&);
    Outcome has_privileges(const Call&);
    Outcome search_datastore(const Call&);
    Outcome search_subfolders(const Call&);
    Outcome enter_maintenance(const Call&);
    Outcome exit_maintenance(const Call&);
    Outcome find_by_uuid(const Call&);
    Outcome find_by_path(const Call&);
    Outcome find_by_inventory_path(const Call&);
    Outcome find_child(const Call&);
    Outcome virtual_disk_uuid(const Call&);
    Outcome nothing(const Call&) { return std::string{}; }

    Ticket wait_for_updates(const Call& call, OnReply on_reply);
    std::optional<Reply> wait_result(const Wait& wait, bool time_is_over);
    std::optional<Reply> expired_wait_result(const Wait& wait, bool time_is_over);
    void answer_waits(const std::function<std::optional<Reply>(const Wait&)>& result_of);
    Collector* collector(Belongings* belongings, const std::string& id);

    site::Site& site_;
    site::HostId host_;
    std::chrono::system_clock::time_point began_;
    Numbers numbers_;
    std::map<std::string, Belongings> belongings_;  // by cookie
    std::vector<site::Change> noted_;
    std::list<Wait> waits_;
    Ticket last_ticket_ = 0;
    std::string new_cookie_;  // a login's, on its way into the answer
    std::map<std::string, uint64_t> counters_;
};

}  // namespace vmha::sim
