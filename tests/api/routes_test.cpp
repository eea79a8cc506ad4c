// The route table and its description are one.
#include "daemon/api/routes.hpp"

#include <fstream>
#include <iterator>

#include "tests/support/catch.hpp"

using namespace vmha::api;

namespace {

std::string text_of(const char* path) {
    std::ifstream file(path);
    REQUIRE(file);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

// The lines of one path in the description.
std::string described(const std::string& openapi, const std::string& path) {
    const auto begin = openapi.find("\n  " + path + ":\n");
    if (begin == std::string::npos) return {};
    const auto end = openapi.find("\n  /", begin + 1);
    return openapi.substr(begin, std::min(end, openapi.find("\ncomponents:")) - begin);
}

}  // namespace

TEST_CASE("every route stands in openapi.yaml, and nothing else does") {
    const std::string openapi = text_of(VMHA_OPENAPI);
    size_t paths = 0;
    for (auto at = openapi.find("\n  /"); at != std::string::npos; at = openapi.find("\n  /", at + 1))
        ++paths;
    CHECK(paths == routes().size());
    for (const auto& route : routes()) {
        std::string path(route.path);
        const auto hole = path.find("{}");
        if (hole != std::string::npos)
            path.replace(hole, 2, path.starts_with("/v1/hosts") ? "{host}" : "{vm}");
        INFO(path);
        const std::string text = described(openapi, path);
        CHECK(text.find(route.method == "GET" ? "\n    get:\n" : "\n    post:\n") != std::string::npos);
        // The description says "(operators)" exactly where the table asks for it.
        CHECK((text.find("(operators)") != std::string::npos) == (route.access == Access::operate));
    }
}

TEST_CASE("a path matches its pattern only as a whole") {
    CHECK(match_path("/v1/status", "/v1/status") == std::string_view());
    CHECK(!match_path("/v1/status", "/v1/status/"));
    CHECK(!match_path("/v1/status", "/v1/statu"));
    CHECK(match_path("/v1/vms/{}", "/v1/vms/vm1") == std::string_view("vm1"));
    CHECK(match_path("/v1/vms/{}/health", "/v1/vms/a.b-c_1/health") == std::string_view("a.b-c_1"));
    CHECK(!match_path("/v1/vms/{}", "/v1/vms/vm1/health"));
    CHECK(!match_path("/v1/vms/{}", "/v1/vms/"));
    CHECK(!match_path("/v1/vms/{}/health", "/v1/vms/health"));
}

TEST_CASE("a query gives its parameters") {
    const auto target = split_target("/v1/events?follow=1&vm=&x&follow=2");
    CHECK(target.path == "/v1/events");
    CHECK(target.parameter("follow") == std::string_view("1"));
    CHECK(target.parameter("vm") == std::string_view(""));
    CHECK(target.parameter("x") == std::string_view(""));
    CHECK(!target.parameter("fol"));
    CHECK(!split_target("/v1/events").parameter("follow"));
    CHECK(!split_target("/v1/events?").parameter("follow"));
}
