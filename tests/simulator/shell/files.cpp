// vmkfstools, and the files that only the host has: its inventory, the volume's folders, the .vmx of each VM.
#include <algorithm>
#include <set>

#include "tests/simulator/shell/options.hpp"

namespace vmha::sim {
namespace {

constexpr const char* inventory_file = "/etc/vmware/hostd/vmInventory.xml";
constexpr const char* volumes = "/vmfs/volumes";
constexpr const char* run_folder = "/var/run/vmware/";

// Also as a pattern that no shell could expand.
bool is_hostd_pid(const std::string& path) {
    return path.starts_with(run_folder) && path.find("hostd") != std::string::npos && path.ends_with(".PID");
}

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else
            out += c;
    }
    return out;
}

std::string without_slash(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

// A VM's files all have its name: vm1/vm1-flat.vmdk belongs to vm1/vm1.vmx.
std::string vmx_of(const site::Disk& disk, const std::string& file) {
    std::string best;
    for (const auto& [path, files] : disk.vms()) {
        const std::string base = path.substr(0, path.rfind(".vmx"));
        if (file.starts_with(base) && path.size() > best.size()) best = path;
    }
    return best;
}

Printed no_such_file(const std::string& program, const std::string& path) {
    return {"", program + ": " + path + ": No such file or directory\n", 1};
}

std::string owner_uuid(const site::Host& host) {
    std::string mac = host.mac;
    std::erase(mac, ':');
    return host.uuid.substr(0, 8) + "-" + host.uuid.substr(9, 4) + host.uuid.substr(14, 4) + "-" +
           host.uuid.substr(19, 4) + "-" + mac;
}

}  // namespace

std::optional<std::string> Shell::inside_volume(const std::string& path) const {
    const auto* disk = site_.disk_of(id_);
    if (!disk) return std::nullopt;
    for (const auto& name : {disk->datastore(), disk->vmfs_uuid()}) {
        const std::string root = std::string(volumes) + "/" + name;
        if (path == root) return "";
        if (path.starts_with(root + "/")) return path.substr(root.size() + 1);
    }
    return std::nullopt;
}

std::optional<std::vector<std::string>> Shell::list(const std::string& given) const {
    const std::string path = without_slash(given);
    const auto* disk = site_.disk_of(id_);
    if (path == volumes)
        return disk ? std::vector<std::string>{disk->vmfs_uuid(), disk->datastore()}
                    : std::vector<std::string>{};
    const auto inside = inside_volume(path);
    if (!inside || !host().accessible) return std::nullopt;
    auto names = disk->list(*inside);
    if (!names || inside->empty()) return names;
    // What a datastore browser does not show: the disk's data behind its descriptor, and the swap of who
    // runs.
    for (const auto& [vmx, files] : disk->vms()) {
        if (vmx.substr(0, vmx.rfind('/')) != *inside) continue;
        const std::string base = vmx.substr(vmx.rfind('/') + 1, vmx.rfind(".vmx") - vmx.rfind('/') - 1);
        names->push_back(base + "-flat.vmdk");
        if (disk->lock(vmx)) names->push_back(base + ".vswp");
    }
    std::sort(names->begin(), names->end());
    return names;
}

bool Shell::has_file(const std::string& path) const {
    if (inside_volume(path).value_or("").empty()) return false;
    const auto slash = path.rfind('/');
    const auto names = list(path.substr(0, slash));
    return names && std::find(names->begin(), names->end(), path.substr(slash + 1)) != names->end();
}

std::string Shell::inventory_xml() const {
    std::string out = "<ConfigRoot>\n";
    size_t number = 0;
    for (const auto& [id, entry] : host().vms) {
        std::string key = std::to_string(number++);
        key.insert(0, 4 - std::min<size_t>(4, key.size()), '0');
        out += "  <ConfigEntry id=\"" + key + "\">\n    <objID>" + std::to_string(id) +
               "</objID>\n    <secDomain>" + std::to_string(id + 10) + "</secDomain>\n    <vmxCfgPath>" +
               escaped(volume_path(entry.path)) + "</vmxCfgPath>\n  </ConfigEntry>\n";
    }
    return out + "</ConfigRoot>\n";
}

std::optional<std::string> Shell::read(const std::string& path) const {
    if (path == inventory_file) return inventory_xml();
    // Another process after every boot and restart.
    if (is_hostd_pid(path))
        return std::to_string(2098000 + host().up_since.count() / 1000000 % 1000000) + "\n";
    const auto inside = inside_volume(path);
    if (!inside || !host().accessible || !inside->ends_with(".vmx")) return std::nullopt;
    return outside_.vmx(*inside);
}

Shell::Outcome Shell::cat(const Argv& words) {
    Printed all{"", "", 0};
    for (size_t at = 1; at < words.size(); ++at) {
        if (words[at].starts_with('-')) continue;
        const auto text = read(words[at]);
        if (text) {
            all.out += *text;
        } else {
            all.err += "cat: can't open '" + words[at] + "': No such file or directory\n";
            all.status = 1;
        }
    }
    return all;
}

Shell::Outcome Shell::ls(const Argv& words) {
    Printed all{"", "", 0};
    for (size_t at = 1; at < words.size(); ++at) {
        if (words[at].starts_with('-')) continue;
        const std::string path = without_slash(words[at]);
        if (const auto names = list(path)) {
            for (const auto& name : *names) all.out += name + "\n";
        } else if (path == inventory_file || has_file(path)) {
            all.out += path + "\n";
        } else {
            const Printed missing = no_such_file("ls", path);
            all.err += missing.err;
            all.status = 1;
        }
    }
    return all;
}

// For the shell's cd: the folder's path by the volume's uuid, then its names.
Shell::Outcome Shell::folder(const Argv& words) {
    const std::string path = without_slash(words.size() > 1 ? words[1] : "");
    const auto names = list(path);
    if (!names) return Printed{"", "cd: can't cd to " + path + ": No such file or directory\n", 2};
    const auto inside = inside_volume(path);
    Printed all{path + "\n", "", 0};
    if (inside)
        all.out = std::string(volumes) + "/" + site_.disk_of(id_)->vmfs_uuid() +
                  (inside->empty() ? "" : "/") + *inside + "\n";
    for (const auto& name : *names) all.out += name + (list(path + "/" + name) ? "/\n" : "\n");
    return all;
}

Shell::Outcome Shell::test(const Argv& words) {
    // test -r PATH, or test ! -r PATH
    const bool negated = words.size() > 1 && words[1] == "!";
    const size_t at = negated ? 2 : 1;
    if (words.size() != at + 2 || words[at].size() != 2) return Printed{"", "test: cannot understand\n", 2};
    const std::string path = without_slash(words[at + 1]);
    const bool folder = list(path).has_value();
    const bool file = !folder && (path == inventory_file || has_file(path));
    bool holds = false;
    switch (words[at][1]) {
        case 'd': holds = folder; break;
        case 'f':
        case 's': holds = file; break;
        case 'e':
        case 'r':
        case 'w': holds = folder || file; break;
        default: return Printed{"", "test: cannot understand " + words[at] + "\n", 2};
    }
    return Printed{"", "", holds != negated ? 0 : 1};
}

Shell::Outcome Shell::ssh_service(const Argv& words) {
    if (words.size() < 2 || words[1] != "status") return Printed{"usage: SSH status\n", "", 1};
    const bool runs = outside_.ssh_runs && outside_.ssh_runs();
    return Printed{runs ? "SSH is running\n" : "SSH is not running\n", "", 0};
}

Shell::Outcome Shell::vmkfstools(const Argv& words) {
    if (words.size() == 2 && (words[1] == "-V" || words[1] == "--refresh")) {
        site_.rescan(id_);
        return Printed{"", "", 0};
    }
    if (words.size() == 3 && (words[1] == "-D" || words[1] == "--lock")) return lock_of(words[2]);
    if (words.size() == 3 && words[1] == "--activehosts") return active_hosts(words[2]);
    return Printed{"Usage: vmkfstools -D FILE | -V | --activehosts VOLUME\n", "", 1};
}

Printed Shell::lock_of(const std::string& file) const {
    const auto inside = inside_volume(file);
    const std::string missing = "Could not open '" + file + "': ";
    if (!inside || inside->empty()) return {"", missing + "No such file or directory\n", 255};
    if (!host().accessible) return {"", missing + "Input/output error\n", 255};
    if (!has_file(file)) return {"", missing + "No such file or directory\n", 255};
    const auto& disk = *site_.disk_of(id_);
    const std::string vmx = vmx_of(disk, *inside);
    const auto lock = disk.lock(vmx);
    const bool counts = lock && !file.ends_with(".log") && !file.ends_with(".nvram");
    const bool stranger = counts && lock->holder >= site_.hosts().size();
    const std::string nobody = "00000000-00000000-0000-000000000000";
    const std::string other = "5f3c1d2e-9a8b7c6d-1e2f-0ccc47d1e2f3";  // of no host of the site
    const std::string holder = !counts ? nobody : stranger ? other : owner_uuid(site_.host(lock->holder));
    const bool shared = stranger && texts_.is("stranger_lock", "read-only");
    const int mode = !counts ? 0 : shared ? 2 : 1;
    const std::string tail = texts_.is("lock_tail", "new") ? " num 2 gblnum 0 gblgen 0 gblbrk 0]" : "]";
    std::string out = "Lock [type 10c00001 offset 138997760 v 589, hb offset 3907584\ngen 4851, mode " +
                      std::to_string(mode) + ", owner " + (shared ? nobody : holder) +
                      " mtime 730751 nHld 0 nOvf 0" + tail + "\n";
    if (shared) out += "RO Owner[0] HB Offset 3907584 " + holder + "\n";
    return {out + "Addr <4, 310, 46>, gen 584, links 1, type reg, flags 0, uid 0, gid 0, mode 600\n", "", 0};
}

Printed Shell::active_hosts(const std::string& volume) const {
    if (!inside_volume(without_slash(volume))) return {"", "Could not open '" + volume + "'\n", 255};
    std::string rows;
    size_t count = 0;
    for (const auto& other : site_.hosts())
        if (other.powered && other.accessible && other.disk == host().disk)
            rows += "\t(" + std::to_string(++count) + "): MAC address " + other.mac + "\n";
    return {
        "Found " + std::to_string(count) + " actively heartbeating hosts on volume '" + volume + "'\n" + rows,
        "", 0};
}

}  // namespace vmha::sim
