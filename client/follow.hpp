// vmha-genw --follow: stays until one of its VMs is unhealthy, whatever becomes of the daemon meanwhile.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/health.hpp"
#include "client/unix_http.hpp"

namespace vmha::client {

// Subscribes first and reads then, so that no change falls between the two; after a loss of the daemon again.
class Follower {
public:
    // No VM: all that are active here, also those that become active later.
    Follower(std::string socket_path, const std::vector<std::string>& vms, Alerts& alerts);

    // Returns the exit code of the verdict that ended it.
    ExitCode run();

private:
    struct Read {
        std::string vm;
        std::unique_ptr<Exchange> exchange;
    };

    void subscribe();
    void begin_reads();
    void begin_read(const std::string& vm);
    void settle_reads();
    bool take_event(std::string_view line);
    void take_answer(const std::string& vm, const Exchange& exchange);
    void take_list(const Exchange& exchange);
    void take_health(Health health);
    bool mine(const std::string& vm) const { return all_ || vms_.contains(vm); }
    void lose();

    std::string socket_path_;
    bool all_;
    std::set<std::string> vms_;
    Alerts& alerts_;
    std::unique_ptr<Exchange> events_;
    std::vector<Read> reads_;  // the one without a VM is the list
    bool subscribed_ = false;
    std::map<std::string, std::string> said_;  // per VM the line said last
    std::optional<ExitCode> end_;
    std::optional<int64_t> lost_ns_;
    Trouble lost_by_ = Trouble::none;
    int64_t subscribed_ns_ = 0;
    int64_t again_ms_;
};

}  // namespace vmha::client
