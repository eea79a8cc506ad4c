// What the tests of the site's model share: short words for common steps.
#pragma once
#include <string>

#include "tests/simulator/model/site.hpp"
#include "tests/support/catch.hpp"

namespace vmha::site {

inline const std::string vm1 = "[EC_iSCSI] vm1/vm1.vmx";
inline constexpr HostId esxi1 = 0;
inline constexpr HostId esxi2 = 1;

inline const Task& task_of(const Site& site, HostId host, const std::string& id) {
    return site.host(host).tasks.at(id);
}

inline int registered(Site& site, HostId host, const std::string& path = vm1) {
    const std::string task = site.register_vm(host, path, "", "root");
    REQUIRE(task_of(site, host, task).state == TaskState::success);
    return task_of(site, host, task).result_vm;
}

inline TaskState did(Site& site, HostId host, int vm, Verb verb) {
    return task_of(site, host, site.power(host, vm, verb, "root")).state;
}

inline int running(Site& site, HostId host, const std::string& path = vm1) {
    const int vm = registered(site, host, path);
    REQUIRE(did(site, host, vm, Verb::power_on) == TaskState::success);
    return vm;
}

inline std::string fault_of(Site& site, HostId host, const std::string& task) {
    const auto& fault = task_of(site, host, task).fault;
    return fault ? fault->name : "";
}

inline std::string field_of(const Fault& fault, std::string_view name) {
    for (const auto& field : fault.fields)
        if (field.name == name) return field.text;
    return {};
}

inline Power power_of(const Site& site, HostId host, int vm) {
    return site.vm(host, vm)->power;
}

}  // namespace vmha::site
