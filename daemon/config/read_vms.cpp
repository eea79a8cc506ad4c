#include "daemon/config/read_vms.hpp"

#include <array>
#include <cctype>

#include "daemon/config/keys.hpp"

namespace vmha::config {
namespace {

using core::VmSettings;

constexpr std::array<std::pair<std::string_view, core::StopMode>, 2> stop_modes{
    {{"shutdown", core::StopMode::shutdown}, {"power-off", core::StopMode::power_off}}};
constexpr std::array<std::pair<std::string_view, core::OnRunningElsewhere>, 2> on_running_elsewhere{
    {{"takeover", core::OnRunningElsewhere::takeover}, {"refuse", core::OnRunningElsewhere::refuse}}};
constexpr std::array<std::pair<std::string_view, core::StartWaitsFor>, 2> start_waits_for{
    {{"power", core::StartWaitsFor::power}, {"heartbeat", core::StartWaitsFor::heartbeat}}};

// A stop keeps this much of its time for the hard ways; the guest's shutdown gets what is before it.
constexpr core::Duration kept_for_power_off = core::seconds(60);

void read_settings(Section& section, VmSettings& vm) {
    for (const auto& row : keys::vm_times)
        vm.*row.member = section.time(row.key, vm.*row.member, {row.zero_allowed, row.max});
    vm.stop_mode = section.one_of("stop_mode", vm.stop_mode, Words<core::StopMode>(stop_modes));
    vm.on_running_elsewhere = section.one_of("on_running_elsewhere", vm.on_running_elsewhere,
                                             Words<core::OnRunningElsewhere>(on_running_elsewhere));
    vm.start_waits_for =
        section.one_of("start_waits_for", vm.start_waits_for, Words<core::StartWaitsFor>(start_waits_for));
    vm.tidy = section.boolean("tidy", vm.tidy);
    std::vector<std::string_view> known;
    for (const auto& row : keys::confirm) known.push_back(row.key);
    if (auto confirm = section.section("confirm_s", std::move(known)))
        for (const auto& row : keys::confirm)
            vm.confirm.*row.member = confirm->time(row.key, vm.confirm.*row.member, {true, keys::day});
}

void warn_of_short_stop(const Section& section, const VmSettings& vm) {
    if (vm.stop_mode == core::StopMode::power_off) return;
    if (!section.find("stop_timeout_s") && !section.find("guest_shutdown_timeout_s") &&
        !section.find("stop_mode"))
        return;
    if (vm.stop_timeout <= kept_for_power_off) {
        section.check().warn(
            section.path(),
            "stop_timeout_s leaves no time for a guest shutdown, its last 60 seconds are kept for "
            "power off: every stop will be hard");
    } else if (vm.guest_shutdown_timeout > vm.stop_timeout - kept_for_power_off) {
        section.check().warn(
            section.path(),
            "guest_shutdown_timeout_s is cut to stop_timeout_s less 60 seconds, which are kept for "
            "power off");
    }
}

std::string vmx_trouble(const std::string& text) {
    const std::string shown = "\"" + text + "\" ";
    if (!text.starts_with('/') && !text.starts_with('['))
        return shown +
               "is not an absolute path: write /vmfs/volumes/DATASTORE/DIRECTORY/NAME.vmx or "
               "[DATASTORE] DIRECTORY/NAME.vmx";
    if (text.starts_with('/') && !text.starts_with("/vmfs/volumes/"))
        return shown + "is not below /vmfs/volumes/";
    return shown +
           "is malformed: write /vmfs/volumes/DATASTORE/DIRECTORY/NAME.vmx or [DATASTORE] "
           "DIRECTORY/NAME.vmx, "
           "without . and ..";
}

std::optional<core::VmxPath> read_vmx(Section& section) {
    const auto text = section.required_text("vmx");
    if (!text) return std::nullopt;
    auto path = core::parse_vmx_path(*text);
    if (!path || path->volume.find('/') != std::string::npos) {
        section.problem("vmx", vmx_trouble(*text));
        return std::nullopt;
    }
    if (!path->file.ends_with(".vmx") || path->file == ".vmx" || path->file.ends_with("/.vmx")) {
        section.problem("vmx", "\"" + *text + "\" does not name a .vmx file");
        return std::nullopt;
    }
    return path;
}

// 63c1a2b4-5d6e7f80-1a2b-001122334455: how VMFS writes the uuid of a volume.
bool is_volume_uuid(std::string_view volume) {
    constexpr std::string_view shape = "xxxxxxxx-xxxxxxxx-xxxx-xxxxxxxxxxxx";
    if (volume.size() != shape.size()) return false;
    for (size_t i = 0; i < shape.size(); ++i)
        if (shape[i] == '-' ? volume[i] != '-' : !std::isxdigit(static_cast<unsigned char>(volume[i])))
            return false;
    return true;
}

// Each file belongs to one VM. Of a volume's name and its uuid only the host knows whether they are the same.
class Owners {
public:
    void add(Section& section, const std::string& vm, const core::VmxPath& path) {
        const auto [same, is_new] = by_path_.try_emplace(path, vm);
        if (!is_new) {
            section.problem("vmx", "\"" + core::datastore_path(path) + "\" is also the .vmx of vm \"" +
                                       same->second + "\", one VM cannot be protected under two names");
            return;
        }
        const bool by_uuid = is_volume_uuid(path.volume);
        for (const auto& [volume, other] : by_file_[path.file])
            if (is_volume_uuid(volume) != by_uuid)
                section.check().warn(
                    section.path_of("vmx"),
                    "may be the same file as that of vm \"" + other +
                        "\": one is written with the datastore's uuid, the other with its name");
        by_file_[path.file].emplace_back(path.volume, vm);
    }

private:
    std::map<core::VmxPath, std::string> by_path_;
    std::map<std::string, std::vector<std::pair<std::string, std::string>>> by_file_;
};

}  // namespace

std::map<VmName, VmSettings> read_vms(Section& top) {
    const std::vector<std::string_view> settings(keys::vm_settings.begin(), keys::vm_settings.end());
    VmSettings defaults;
    if (auto section = top.section("defaults", settings)) {
        read_settings(*section, defaults);
        warn_of_short_stop(*section, defaults);
    }
    std::map<VmName, VmSettings> vms;
    auto section = top.section("vms", {});
    if (!top.find("vms") || (section && section->object().empty()))
        top.check().warn(top.path_of("vms"), "no VM is configured, there is nothing to protect");
    if (!section) return vms;
    auto known = settings;
    known.emplace_back("vmx");
    Owners owners;
    for (const auto& item : section->object().items()) {
        const std::string& name = item.key();
        if (!is_valid_name(name))
            section->problem(
                name, "is no valid name of a VM: 1 to 64 characters of A-Z, a-z, 0-9, \".\", \"_\", \"-\"");
        auto vm = section->section(name, known);
        if (!vm) continue;
        VmSettings merged = defaults;
        read_settings(*vm, merged);
        warn_of_short_stop(*vm, merged);
        if (const auto path = read_vmx(*vm)) {
            merged.vmx = *path;
            owners.add(*vm, name, *path);
        }
        vms.emplace(VmName(name), std::move(merged));
    }
    return vms;
}

}  // namespace vmha::config
