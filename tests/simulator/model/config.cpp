#include "tests/simulator/model/config.hpp"

#include <cstdio>

namespace vmha::site {
namespace {

uint64_t hashed(const std::string& text, uint64_t seed) {
    uint64_t hash = 1469598103934665603ull ^ seed;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
    return hash ^ (hash >> 29);
}

}  // namespace

std::string uuid_from(const std::string& text) {
    const uint64_t high = hashed(text, 0x9e3779b97f4a7c15ull);
    const uint64_t low = hashed(text, 0xc2b2ae3d27d4eb4full);
    char out[37];
    std::snprintf(out, sizeof out, "%08x-%04x-4%03x-8%03x-%012llx", static_cast<unsigned>(high >> 32),
                  static_cast<unsigned>(high >> 16 & 0xffff), static_cast<unsigned>(high & 0xfff),
                  static_cast<unsigned>(low >> 48 & 0xfff),
                  static_cast<unsigned long long>(low & 0xffffffffffffull));
    return out;
}

VmConfig plain_vm(const std::string& name) {
    VmConfig vm;
    vm.files.path = name + "/" + name + ".vmx";
    vm.files.name = name;
    vm.files.uuid = uuid_from("bios " + name);
    vm.files.instance_uuid = uuid_from("instance " + name);
    return vm;
}

SiteConfig default_site() {
    SiteConfig site;
    site.hosts = {HostConfig{.name = "esxi1", .address = "127.0.0.11"},
                  HostConfig{.name = "esxi2", .address = "127.0.0.12"}};
    for (const char* name : {"vm1", "vm2", "vm3"}) site.vms.push_back(plain_vm(name));
    return site;
}

}  // namespace vmha::site
