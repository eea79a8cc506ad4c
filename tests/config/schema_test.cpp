// The JSON schema and the loader say the same: the same keys here; the same verdict about each file in
// examples/, here by the loader and in schema_test.py by the schema.
#include <fstream>

#include "daemon/config/keys.hpp"
#include "site.hpp"

using namespace vmha;
using namespace vmha::config;
using namespace vmha::config::test;

namespace {

namespace fs = std::filesystem;

Json read_json(const std::string& file) {
    std::ifstream in(file);
    return Json::parse(in);
}

// Paths of all properties, through references; * stands for keys that the administrator chooses.
void collect(const Json& root, const Json& node, const std::string& path, std::vector<std::string>& out) {
    if (node.contains("$ref")) {
        const auto reference = node["$ref"].get<std::string>();
        return collect(root, root.at(Json::json_pointer(reference.substr(1))), path, out);
    }
    if (node.contains("properties"))
        for (const auto& [key, value] : node["properties"].items()) {
            out.push_back(path + key);
            collect(root, value, path + key + ".", out);
        }
    if (node.contains("additionalProperties") && node["additionalProperties"].is_object())
        collect(root, node["additionalProperties"], path + "*.", out);
}

std::vector<std::string> files_in(const std::string& directory) {
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(directory)) files.push_back(entry.path().string());
    REQUIRE(files.size() >= 3);
    return files;
}

Loaded load_example(const std::string& file) {
    Site site;
    site.dir.write("id_rsa", "key\n");
    site.dir.write("known_hosts", "192.0.2.1 ssh-ed25519 AAAA\n", 0644);
    site.dir.write("ca.pem", "-----BEGIN CERTIFICATE-----\n", 0644);
    site.value = read_json(file);
    return site.load();
}

}  // namespace

TEST_CASE("the schema and the loader know the same keys") {
    const auto schema = read_json(VMHA_SOURCE_DIR "/config/vmhad.schema.json");
    std::vector<std::string> in_schema;
    collect(schema, schema, "", in_schema);
    std::ranges::sort(in_schema);
    CHECK(in_schema == keys::known_keys());
}

TEST_CASE("the loader accepts every good example") {
    for (const auto& file : files_in(VMHA_SOURCE_DIR "/tests/config/examples/good")) {
        INFO(file);
        const auto loaded = load_example(file);
        for (const auto& problem : loaded.problems) UNSCOPED_INFO(problem.text());
        CHECK(loaded.config);
    }
}

TEST_CASE("the loader refuses every bad example for one reason") {
    for (const auto& file : files_in(VMHA_SOURCE_DIR "/tests/config/examples/bad")) {
        INFO(file);
        const auto loaded = load_example(file);
        for (const auto& problem : loaded.problems) UNSCOPED_INFO(problem.text());
        CHECK(loaded.problems.size() == 1);
    }
}
