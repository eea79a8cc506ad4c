// A directory with a good configuration of two nodes and one VM, to be spoilt by each test in one place.
#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "common/json.hpp"
#include "daemon/config/load.hpp"
#include "tests/run/temp_dir.hpp"
#include "tests/support/catch.hpp"

namespace vmha::config::test {

class Site {
public:
    Site() {
        dir.write("esxi1.password", "first secret\n");
        dir.write("esxi2.password", "second secret\n");
        value = Json::parse(R"({
            "nodes": {
                "ec1": {"address": "192.0.2.11", "host": {"name": "esxi1", "address": "192.0.2.1",
                    "api": {"user": "vmha", "password_file": "esxi1.password"}}},
                "ec2": {"address": "192.0.2.12", "host": {"name": "esxi2", "address": "192.0.2.2",
                    "api": {"user": "vmha", "password_file": "esxi2.password"}}}},
            "vms": {"vm1": {"vmx": "/vmfs/volumes/EC_iSCSI/vm1/vm1.vmx"}}})");
        at("/nodes/ec1/host/api/thumbprint") = thumbprint('A');
        at("/nodes/ec2/host/api/thumbprint") = thumbprint('B');
    }

    // 32 times the byte "AA", with colons.
    static std::string thumbprint(char digit, int bytes = 32) {
        std::string text;
        for (int i = 0; i < bytes; ++i) text += std::string(i ? ":" : "") + digit + digit;
        return text;
    }

    // "/nodes/ec1/address"
    Json& at(const std::string& pointer) { return value[Json::json_pointer(pointer)]; }
    void remove(const std::string& pointer) {
        const Json::json_pointer place(pointer);
        value.at(place.parent_pointer()).erase(place.back());
    }

    Loaded load() {
        dir.write("vmhad.json", value.dump(2));
        return config::load(source());
    }
    Source source() const { return {.file = dir.file("vmhad.json"), .credentials_directory = credentials}; }

    // Problems as people read them, without the directory's name.
    std::vector<std::string> problems() { return shown(load().problems); }
    std::vector<std::string> warnings() {
        auto loaded = load();
        CHECK(shown(loaded.problems) == std::vector<std::string>{});
        for (auto& line : loaded.warnings) line = relative(line);
        return loaded.warnings;
    }
    std::vector<std::string> shown(const std::vector<Problem>& problems) const {
        std::vector<std::string> out;
        for (const auto& problem : problems) out.push_back(relative(problem.text()));
        return out;
    }
    std::string relative(std::string text) const {
        for (size_t at; (at = text.find(dir.path() + "/")) != std::string::npos;)
            text.erase(at, dir.path().size() + 1);
        return text;
    }

    vmha::test::TempDir dir;
    Json value;
    std::string credentials;
};

using Lines = std::vector<std::string>;

// What the administrator reads when one value of the good configuration is replaced, or taken away.
inline Lines with(const std::string& pointer, const Json& value) {
    Site site;
    site.at(pointer) = value;
    return site.problems();
}

inline Lines without(const std::string& pointer) {
    Site site;
    site.remove(pointer);
    return site.problems();
}

}  // namespace vmha::config::test
