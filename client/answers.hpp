// What vmhad says, read from its JSON into structs. Nothing here trusts that it is well formed.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "common/exit_codes.hpp"
#include "common/json.hpp"
#include "common/log_line.hpp"

namespace vmha::client {

enum class Verdict { healthy, unhealthy, unknown };

struct Health {
    std::string vm;
    Verdict verdict = Verdict::unknown;
    std::string reason;
    std::string detail;
    std::string host;
    std::string pending;  // for people: "powered_off for 1 s of 3 s"; empty if nothing is
    ExitCode exit_code = ExitCode::ok;
};

// Unset unless it is a health answer or event whose exit code a monitor may end with (0, 1 or 5).
std::optional<Health> read_health(const Json& answer);

Level level_of(const Health& health);

// "vm 'vm1': unhealthy: powered_off: the VM is powered off (esxi1)"
std::string health_text(const Health& health);

// "unknown_vm" and "no such VM is configured" of an error answer; empty words where it is none.
struct Refusal {
    std::string word;
    std::string sentence;
};
Refusal read_refusal(std::string_view body);

// The level word of an event; info where it is missing.
Level read_level(const Json& event);

}  // namespace vmha::client
