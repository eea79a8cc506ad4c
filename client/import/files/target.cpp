#include "client/import/files/target.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "client/import/texts.hpp"

namespace vmha::migration {
namespace {

namespace fs = std::filesystem;

constexpr size_t configuration_bytes_max = 1 << 20;
constexpr size_t known_hosts_bytes_max = 4 << 20;
constexpr const char* service_user = "vmha";

std::optional<Json> read_object(const std::string& file, Remarks& remarks) {
    const auto text = read_whole_file(file, configuration_bytes_max);
    if (text.has_error()) {
        remarks.problem("", 0, text.error().message);
        return std::nullopt;
    }
    auto value = parse_json(*text, {.bytes = configuration_bytes_max, .comments = true});
    if (value.has_error() || !value->is_object()) {
        remarks.problem(file, 0, value.has_error() ? value.error().message : "must hold one JSON object");
        return std::nullopt;
    }
    return std::move(*value);
}

std::vector<std::string> parts_of(const std::string& directory) {
    std::vector<std::string> files;
    std::error_code error;
    for (fs::directory_iterator at(directory + "/conf.d", error), end; !error && at != end;
         at.increment(error))
        if (const std::string name = at->path().filename().string();
            name.ends_with(".json") && name[0] != '.')
            files.push_back(directory + "/conf.d/" + name);
    std::ranges::sort(files);
    return files;
}

// The sample that the package brings trusts nobody: its thumbprints are zeros. It is no configuration of a
// site.
bool is_sample(const Json& main) {
    const auto nodes = main.find("nodes");
    return nodes != main.end() && nodes->is_object() && std::ranges::any_of(*nodes, [](const Json& node) {
               const Json::json_pointer pointer("/host/api/thumbprint");
               if (!node.is_object() || !node.contains(pointer) || !node.at(pointer).is_string())
                   return false;
               const auto pin = node.at(pointer).get<std::string>();
               return !pin.empty() && pin.find_first_not_of("0:") == std::string::npos;
           });
}

bool sample_is_at(const std::string& file) {
    Remarks said_already;
    const auto main = read_object(file, said_already);
    return main && is_sample(*main);
}

// A key that others than its owner may read is refused by vmhad, so the service's user has to own it.
NewFile identity_file(const Identity& identity, const std::string& directory, Remarks& remarks) {
    NewFile file{directory + "/" + identity.name, identity.text, 0600, {}, true};
    const passwd* const user = ::getpwnam(service_user);
    if (user && ::geteuid() == 0)
        file.owner = user->pw_uid;
    else
        remarks.note("", 0,
                     file.file + " will belong to the user who runs this, there is no user " + service_user +
                         ": where vmhad runs as another user, hand it over with LoadCredential=" +
                         identity.name + ":" + file.file + ", or chown");
    return file;
}

std::string read_host_keys(Plan& plan, const std::string& known_hosts) {
    const auto text = read_whole_file(known_hosts, known_hosts_bytes_max);
    if (text.has_error() && text.error().code != Errc::not_found)
        plan.remarks.problem("", 0, text.error().message);
    std::vector<std::string> lines;
    for (const NodePlan& node : plan.nodes) {
        const auto found = host_key_lines(text.has_error() ? "" : *text, node.host_address);
        if (found.empty())
            plan.remarks.problem(
                known_hosts, 0,
                "holds no key of the host " + node.host_address + ": get it with ssh-keyscan -t rsa,ecdsa " +
                    node.host_address + " >>" + known_hosts +
                    ", and compare its fingerprint (ssh-keygen -lf " + known_hosts +
                    ") with what the host's own console shows for /etc/ssh/ssh_host_rsa_key.pub");
        for (const std::string& line : found)
            if (std::ranges::find(lines, line) == lines.end()) lines.push_back(line);
    }
    if (!text.has_error() && (text->starts_with('@') || text->find("\n@") != std::string::npos))
        plan.remarks.note(known_hosts, 0, "its lines with @revoked or @cert-authority are not carried over");
    std::string out;
    for (const std::string& line : lines) out += line + "\n";
    return out;
}

Result<Identity> find_identity(const Keys& keys, Remarks& remarks) {
    if (!keys.identity.empty()) return read_identity(keys.identity);
    const auto file = default_identity("/root/.ssh", remarks);
    if (file.has_error()) return file.error();
    return read_identity(*file);
}

// What "ssh" reads there may make today's scripts work and vmhad not.
void note_ssh_configuration(const std::string& known_hosts, Remarks& remarks) {
    const fs::path file = fs::path(known_hosts).parent_path() / "config";
    std::error_code ignored;
    if (fs::exists(file, ignored))
        remarks.note(
            file.string(), 0,
            "is not carried over: where it gives the hosts another user, port or key, say so in vmhad.json");
}

}  // namespace

std::optional<Existing> read_existing(const std::string& directory, Remarks& remarks) {
    Existing existing{directory + "/vmhad.json", {}, {}};
    std::error_code ignored;
    const bool there = fs::exists(existing.file, ignored);
    existing.main = Json::object();
    if (there) {
        auto main = read_object(existing.file, remarks);
        if (!main) return std::nullopt;
        existing.main = std::move(*main);
    }
    if (is_sample(existing.main)) {
        remarks.note(existing.file, 0, "is the sample that came with the package, and is replaced");
        return std::nullopt;
    }
    for (const std::string& file : parts_of(directory))
        if (auto part = read_object(file, remarks)) existing.parts.emplace_back(file, std::move(*part));
    if (!there) return std::nullopt;
    return existing;
}

std::vector<NewFile> main_files(Plan& plan, const std::string& directory, const Keys& keys) {
    std::vector<NewFile> files;
    const auto identity = find_identity(keys, plan.remarks);
    if (identity.has_error())
        plan.remarks.problem("", 0, identity.error().message);
    else
        files.push_back(identity_file(*identity, directory, plan.remarks));
    files.push_back({directory + "/known_hosts", read_host_keys(plan, keys.known_hosts)});
    note_ssh_configuration(keys.known_hosts, plan.remarks);
    if (identity.has_error()) return files;
    files.push_back({directory + "/vmhad.json", main_text(plan, identity->name)});
    files.back().over_sample = sample_is_at(files.back().file);
    return files;
}

std::vector<NewFile> vm_files(const Plan& plan, const std::string& directory) {
    std::vector<NewFile> files;
    for (const VmPlan& vm : plan.vms)
        if (!vm.present) files.push_back({file_of_vm(directory + "/vmhad.json", vm.name), vm_text(vm)});
    return files;
}

void leave_unchanged(std::vector<NewFile>& files, bool replace, Remarks& remarks) {
    std::erase_if(files, [&](const NewFile& file) {
        struct stat status {};
        if (::lstat(file.file.c_str(), &status) != 0) return false;
        const auto text = read_whole_file(file.file, configuration_bytes_max);
        const bool mode_good = !file.secret || (status.st_mode & 077) == 0;
        const bool same = !text.has_error() && *text == file.text;
        if (same && mode_good) return true;
        if (!replace && !file.over_sample)
            remarks.problem(file.file, 0,
                            std::string("is there already and ") +
                                (same ? "others than its owner may read it" : "differs") +
                                "; --force replaces it, --output DIR writes elsewhere");
        return false;
    });
}

}  // namespace vmha::migration
