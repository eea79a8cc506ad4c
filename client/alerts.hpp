// The cluster's alert log: what a human has to see goes there once per change, by clplogcmd.
#pragma once
#include <set>
#include <string>

namespace vmha::client {

// One per program. What was said last is remembered per subject in small files below /run/vmha-alerts, so
// that the next run of the monitor keeps silent; where they cannot be written, once per program is the best
// there is. Without clplogcmd nothing happens. VMHA_CLPLOGCMD and VMHA_ALERT_DIR replace the two paths.
class Alerts {
public:
    enum class Severity { warning, error };
    // wait: up to 2 s for clplogcmd to end. A follower cannot afford that; then it is left alone. In both
    // cases it is killed after 2 s.
    explicit Alerts(bool wait) : wait_(wait) {}

    // subject: a file name, such as "genw-vm1"; state: what makes a second alert a repetition.
    void raise(const std::string& subject, const std::string& state, Severity severity,
               const std::string& text);
    // All is well again. Cheap: called on the healthy path.
    void forget(const std::string& subject);

private:
    bool wait_;
    std::set<std::string> said_;  // subjects whose state could not be written
};

}  // namespace vmha::client
