#include "daemon/times_json.hpp"

#include <chrono>

#include "common/json.hpp"

namespace vmha {

std::string times_as_json(const config::Config& config) {
    const auto whole = [](core::Duration time) {
        return static_cast<int64_t>(std::chrono::ceil<std::chrono::seconds>(time).count());
    };
    Json vms = Json::object();
    for (const auto& [name, settings] : config.vms)
        vms[name.str()] = {{"start_timeout_s", whole(settings.start_timeout)},
                           {"stop_timeout_s", whole(settings.stop_timeout)}};
    return dump_json({{"vms", std::move(vms)}});
}

}  // namespace vmha
