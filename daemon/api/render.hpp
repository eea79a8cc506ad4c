// The state as JSON, as the API shows it. Pure: state and time in, value out.
#pragma once
#include <string>

#include "common/json.hpp"
#include "daemon/core/state.hpp"

namespace vmha::api {

Json status_json(const core::State& state, core::Time now);
Json hosts_json(const core::State& state, core::Time now);
Json vms_json(const core::State& state, core::Time now);
Json vm_json(const core::State& state, const core::VmState& vm, core::Time now);

// {"api","vm","verdict","reason","detail","host","age_ms","pending","exit_code"}: the hot path, so as text.
void append_health(std::string& out, const core::VmState& vm, core::Time now);

// 200 for healthy, 503 for unhealthy and unknown.
unsigned health_status(const core::VmState& vm);

}  // namespace vmha::api
