// The steps of a script: what people, the cluster manager and fate do, and what is expected to have come of
// it.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/scenarios/setup.hpp"

namespace vmha::scenario {

class Play {
public:
    explicit Play(const Setup& setup);

    // Runs until that second and does the step. False: not understood.
    bool step(double time_s, const Words& words);

    const std::string& log() const { return log_; }
    const std::vector<std::string>& failures() const { return failures_; }

private:
    using Action = bool (Play::*)(const Words&);

    bool node(const Words& words);
    bool reload(const std::string& node, const Words& words);
    bool host(const Words& words);
    bool host_state(site::HostId host, const Words& words);
    bool vm(const Words& words);
    bool vm_state(site::HostId host, int id, const Words& words);
    bool person(site::HostId host, int id, const Words& words);
    bool cut(const Words& words);
    bool isolate(const Words& words);
    bool mirror(const Words& words);
    bool cluster(const Words& words);
    bool expect(const Words& words);
    bool expect_of_vm(const Words& words);
    bool expect_of_node(const Words& words);
    void expected(bool so, const Words& words, const std::string& instead = "");

    World world_;
    std::unique_ptr<Cluster> cluster_;
    Setup setup_;
    bool corruption_expected_;
    std::map<std::string, std::vector<std::string>>
        refused_;  // by node: what the last reload was refused for
    std::string log_;
    std::vector<std::string> failures_;
};

}  // namespace vmha::scenario
