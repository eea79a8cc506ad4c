// What the socket API needs from the daemon. The app implements it; tests use a fake.
#pragma once
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/log_line.hpp"
#include "common/result.hpp"
#include "daemon/core/events.hpp"
#include "daemon/core/state.hpp"

namespace vmha::api {

// What came of reading the configuration anew, as lines for people.
struct Reloaded {
    bool accepted = false;
    std::vector<std::string> changes = {};   // accepted; none: nothing has changed
    std::vector<std::string> problems = {};  // refused
    std::vector<std::string> hints = {};     // refused: what else a person should know
    std::vector<std::string> warnings = {};
};

// Owned by the app, outlives the server and the hub. Called on the one thread of the event loop. Any of the
// calls that change something may lead to Hub::say() and Hub::answer() before it returns.
class Backend {
public:
    virtual ~Backend() = default;

    virtual const core::State& state() const = 0;
    // The configuration was broken when the daemon started, and the last good one is in use since.
    virtual bool on_last_good() const = 0;
    virtual core::Time now() const = 0;
    virtual std::time_t wall_clock() const = 0;  // for display only

    virtual void submit(core::Event event) = 0;

    // The VM and the host exist. for_how_long unset: until resumed.
    virtual void pause(const VmName& vm, std::optional<core::Duration> for_how_long) = 0;
    virtual void resume(const VmName& vm) = 0;
    // Allows one more login although the breaker is open.
    virtual Result<void> retry_login(const HostName& host) = 0;

    // Reads the configuration anew.
    virtual Reloaded reload() = 0;

    virtual void log(Level level, std::string_view text) = 0;
};

}  // namespace vmha::api
