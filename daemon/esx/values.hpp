// Property values as text and tree -> the core's types. Pure. What is not known or not understood is
// `unknown`.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/esx/soap_text.hpp"

namespace vmha::esx {

using HostTime = std::chrono::sys_time<std::chrono::nanoseconds>;  // the host's own wall clock

std::optional<bool> flag_of(std::string_view text);

// xsd:dateTime with or without fraction and zone: "2026-11-22T08:02:13.5Z", "…+09:00".
std::optional<HostTime> time_of(std::string_view text);

// VirtualMachineQuestionInfo.
core::Question question_of(const pugi::xml_node& value);

// HostAutoStartManagerConfig: the VMs that the host powers on by itself.
std::vector<std::string> autostart_of(const pugi::xml_node& value);

// The last part of "/vmfs/volumes/<uuid>/", "ds:///vmfs/volumes/<uuid>/".
std::string volume_id_of_url(std::string_view url);

// How far the host's wall clock is from our boot clock: one CurrentTime, and our time while it was asked.
struct ClockPair {
    HostTime host{};
    core::Time ours{};
    core::Time to_ours(HostTime at) const { return ours + (at - host); }
};

}  // namespace vmha::esx
