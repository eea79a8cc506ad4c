// What can talk to what: the API between a node and a host, the target between a node and a host, heartbeats
// and mirror between the nodes; SSH between a node and a host. All up, until it is cut.
#pragma once
#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace vmha::scenario {

enum class Net { api, storage, heartbeat, mirror, ssh };

class Network {
public:
    void cut(Net net, const std::string& a, const std::string& b, bool is_cut) {
        const auto key = std::tuple(net, std::min(a, b), std::max(a, b));
        if (is_cut)
            cuts_.insert(key);
        else
            cuts_.erase(key);
    }
    bool linked(Net net, const std::string& a, const std::string& b) const {
        return !cuts_.contains({net, std::min(a, b), std::max(a, b)});
    }
    // Everything between the two sides.
    void part(const std::vector<std::string>& side, const std::vector<std::string>& other, bool is_cut) {
        for (const auto& a : side)
            for (const auto& b : other)
                for (const Net net : {Net::api, Net::storage, Net::heartbeat, Net::mirror, Net::ssh})
                    cut(net, a, b, is_cut);
    }
    void heal() { cuts_.clear(); }

private:
    std::set<std::tuple<Net, std::string, std::string>> cuts_;
};

}  // namespace vmha::scenario
