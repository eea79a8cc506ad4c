#include "tests/simulator/model/types.hpp"

#include <array>
#include <utility>

namespace vmha::site {
namespace {

constexpr std::array<std::pair<Verb, const char*>, 9> verbs{{{Verb::register_vm, "register"},
                                                             {Verb::power_on, "power_on"},
                                                             {Verb::power_off, "power_off"},
                                                             {Verb::reset, "reset"},
                                                             {Verb::suspend, "suspend"},
                                                             {Verb::search, "search"},
                                                             {Verb::enter_maintenance, "enter_maintenance"},
                                                             {Verb::exit_maintenance, "exit_maintenance"},
                                                             {Verb::backup, "backup"}}};

}  // namespace

// The words are those of the vSphere API's enumerations, so that fronts can use them as they are.
std::string to_word(Power power) {
    switch (power) {
        case Power::powered_off: return "poweredOff";
        case Power::powered_on: return "poweredOn";
        case Power::suspended: return "suspended";
    }
    return {};
}

std::string to_word(Connection connection) {
    switch (connection) {
        case Connection::connected: return "connected";
        case Connection::disconnected: return "disconnected";
        case Connection::inaccessible: return "inaccessible";
        case Connection::invalid: return "invalid";
        case Connection::orphaned: return "orphaned";
    }
    return {};
}

std::string to_word(Color color) {
    switch (color) {
        case Color::gray: return "gray";
        case Color::green: return "green";
        case Color::yellow: return "yellow";
        case Color::red: return "red";
    }
    return {};
}

std::string to_word(Network network) {
    switch (network) {
        case Network::up: return "up";
        case Network::cut: return "cut";
        case Network::stalled: return "stalled";
    }
    return {};
}

std::string to_word(TaskState state) {
    switch (state) {
        case TaskState::queued: return "queued";
        case TaskState::running: return "running";
        case TaskState::success: return "success";
        case TaskState::error: return "error";
    }
    return {};
}

std::string to_word(Verb verb) {
    for (const auto& [value, word] : verbs)
        if (value == verb) return word;
    return {};
}

std::string to_word(Licence licence) {
    switch (licence) {
        case Licence::full: return "full";
        case Licence::free: return "free";
        case Licence::expired: return "expired";
    }
    return {};
}

std::optional<Color> color_of(const std::string& word) {
    for (const Color color : {Color::gray, Color::green, Color::yellow, Color::red})
        if (to_word(color) == word) return color;
    return std::nullopt;
}

std::optional<Connection> connection_of(const std::string& word) {
    for (const Connection connection : {Connection::connected, Connection::disconnected,
                                        Connection::inaccessible, Connection::invalid, Connection::orphaned})
        if (to_word(connection) == word) return connection;
    return std::nullopt;
}

std::optional<Licence> licence_of(const std::string& word) {
    for (const Licence licence : {Licence::full, Licence::free, Licence::expired})
        if (to_word(licence) == word) return licence;
    return std::nullopt;
}

std::optional<Kill> kill_of(const std::string& word) {
    if (word == "soft") return Kill::soft;
    if (word == "hard") return Kill::hard;
    if (word == "force") return Kill::force;
    return std::nullopt;
}

std::optional<Verb> verb_of(const std::string& word) {
    for (const auto& [value, name] : verbs)
        if (word == name) return value;
    return std::nullopt;
}

}  // namespace vmha::site
