#include "daemon/config/validate.hpp"

#include <charconv>

#include "daemon/config/keys.hpp"
#include "daemon/config/node_choice.hpp"
#include "daemon/config/read_nodes.hpp"
#include "daemon/config/read_vms.hpp"

namespace vmha::config {
namespace {

constexpr core::Duration freshness_max = std::chrono::minutes(10);
constexpr core::Duration watch_interval_max = std::chrono::minutes(1);

// "127.0.0.1:9741" or "[::1]:9741".
std::optional<Listen> parse_listen(std::string_view text) {
    const size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view address = text.substr(0, colon);
    const std::string_view port_text = text.substr(colon + 1);
    const bool bracketed = address.starts_with('[') && address.ends_with(']');
    if (bracketed) address = address.substr(1, address.size() - 2);
    if (bracketed != (address.find(':') != std::string_view::npos)) return std::nullopt;
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (error != std::errc{} || end != port_text.data() + port_text.size() || port == 0) return std::nullopt;
    if (!normal_address(address)) return std::nullopt;
    return Listen{std::string(address), port};
}

void read_times(Section& top, Config& config) {
    const size_t before = top.check().problems.size();
    config.freshness = top.time("freshness_s", config.freshness, {false, freshness_max});
    config.watch_interval = top.time("watch_interval_s", config.watch_interval, {false, watch_interval_max});
    if (top.check().problems.size() == before && config.freshness <= config.watch_interval)
        top.check().lack(top.find("freshness_s") ? "freshness_s" : "watch_interval_s",
                         "freshness_s must be greater than watch_interval_s, else nothing is ever fresh");
    else if (config.freshness < 3 * config.watch_interval)
        // News is up to two intervals old when it is confirmed again.
        top.check().warnings.push_back(
            "freshness_s is less than three times watch_interval_s: a busy moment is enough "
            "for a VM to be unknown for a while");
}

void read_metrics(Section& top, Config& config) {
    const auto text = top.text("metrics_listen");
    if (!text) return;
    config.metrics_listen = parse_listen(*text);
    if (!config.metrics_listen)
        top.problem("metrics_listen",
                    dump_json(Json(*text)) + " is no address and port such as 127.0.0.1:9741 or [::1]:9741");
    else
        top.check().warn("metrics_listen",
                         "this version of vmhad serves no metrics, so nothing will answer there");
}

}  // namespace

Loaded validate(const Document& document, const Source& source, bool complete) {
    Check check{document, source, {}, {}, complete};
    Section top(check, document.root(), "", {keys::top.begin(), keys::top.end()});
    top.text("$schema");
    Config config;
    config.nodes = read_nodes(top);
    config.vms = read_vms(top);
    read_times(top, config);
    read_metrics(top, config);
    Loaded loaded;
    loaded.problems = std::move(check.problems);
    loaded.warnings = std::move(check.warnings);
    if (complete && loaded.problems.empty()) {
        loaded.config = std::move(config);
        loaded.merged = dump_json(document.root());
    }
    return loaded;
}

}  // namespace vmha::config
