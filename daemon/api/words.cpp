#include "daemon/api/words.hpp"

namespace vmha::api {

std::string_view word(core::Power power) {
    switch (power) {
        case core::Power::unknown: return "unknown";
        case core::Power::off: return "off";
        case core::Power::on: return "on";
        case core::Power::suspended: return "suspended";
    }
    return "unknown";
}

std::string_view word(core::Connection connection) {
    switch (connection) {
        case core::Connection::unknown: return "unknown";
        case core::Connection::connected: return "connected";
        case core::Connection::disconnected: return "disconnected";
        case core::Connection::inaccessible: return "inaccessible";
        case core::Connection::invalid: return "invalid";
        case core::Connection::orphaned: return "orphaned";
    }
    return "unknown";
}

std::string_view word(core::Heartbeat heartbeat) {
    switch (heartbeat) {
        case core::Heartbeat::unknown: return "unknown";
        case core::Heartbeat::gray: return "gray";
        case core::Heartbeat::red: return "red";
        case core::Heartbeat::yellow: return "yellow";
        case core::Heartbeat::green: return "green";
    }
    return "unknown";
}

std::string_view word(core::Topic topic) {
    switch (topic) {
        case core::Topic::transition: return "transition";
        case core::Topic::health: return "health";
        case core::Topic::link: return "link";
        case core::Topic::note: return "note";
    }
    return "note";
}

std::string_view word(core::Ending ending) {
    switch (ending) {
        case core::Ending::ok: return "ok";
        case core::Ending::failed: return "failed";
        case core::Ending::timeout: return "timeout";
    }
    return "failed";
}

}  // namespace vmha::api
