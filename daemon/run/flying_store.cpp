#include "daemon/run/flying_store.hpp"

#include <array>
#include <cstdlib>
#include <utility>

#include "daemon/core/via.hpp"
#include "daemon/run/files.hpp"

namespace vmha::run {
namespace {

using core::Duration;
using core::Flying;
using core::Time;
using core::Verb;

constexpr size_t file_bytes_max = 64 << 10;
// No write is given longer; a limit beyond it comes from a broken file.
constexpr Duration limit_max = std::chrono::hours(24);

constexpr std::array<std::pair<std::string_view, Verb>, 9> verbs{{
    {"register", Verb::register_vm},
    {"unregister", Verb::unregister},
    {"power_on", Verb::power_on},
    {"power_off", Verb::power_off},
    {"shutdown_guest", Verb::shutdown_guest},
    {"answer_question", Verb::answer_question},
    {"rescan_storage", Verb::rescan_storage},
    {"cancel_task", Verb::cancel_task},
    {"kill_process", Verb::kill_process},
}};

std::string verb_word(Verb verb) {
    for (const auto& [name, value] : verbs)
        if (value == verb) return std::string(name);
    return "";
}

std::optional<Verb> verb_from_word(std::string_view word) {
    for (const auto& [name, value] : verbs)
        if (name == word) return value;
    return std::nullopt;
}

Json to_json(const Flying& flying, const std::string& boot_id) {
    const auto& write = flying.write;
    return {{"boot_id", boot_id},
            {"id", write.id},
            {"vm", write.vm.str()},
            {"host", write.host.str()},
            {"verb", verb_word(write.verb)},
            {"vmid", write.vmid},
            {"volume", write.path.volume},
            {"file", write.path.file},
            {"question_id", write.question_id},
            {"choice_key", write.choice_key},
            {"adapter", write.adapter},
            {"task", write.task},
            {"world_id", write.world_id},
            {"kill", static_cast<int>(write.kill)},
            {"via", core::word(write.via)},
            {"sent_ns", flying.sent.time_since_epoch().count()},
            {"limit_ns", write.limit.time_since_epoch().count()},
            {"unanswered", flying.unanswered}};
}

// Moved to this boot's clock; nullopt if the record makes no sense.
std::optional<Flying> from_json(const Json& value, const std::string& boot_id, Time now) {
    const auto id = get_integer(value, "id");
    const auto vm = get_string(value, "vm");
    const auto host = get_string(value, "host");
    const auto verb = verb_from_word(get_string(value, "verb").value_or(""));
    const auto sent_ns = get_integer(value, "sent_ns");
    const auto limit_ns = get_integer(value, "limit_ns");
    const auto stored_boot = get_string(value, "boot_id");
    if (!id || *id < 0 || !vm || !host || host->empty() || !verb || !sent_ns || !limit_ns || !stored_boot)
        return std::nullopt;
    Flying flying;
    flying.write = {
        .id = static_cast<core::WriteId>(*id),
        .vm = VmName(*vm),
        .host = HostName(*host),
        .verb = *verb,
        .vmid = get_string(value, "vmid").value_or(""),
        .path = {get_string(value, "volume").value_or(""), get_string(value, "file").value_or("")},
        .question_id = get_string(value, "question_id").value_or(""),
        .choice_key = get_string(value, "choice_key").value_or(""),
        .adapter = get_string(value, "adapter").value_or(""),
        .task = get_string(value, "task").value_or(""),
        .world_id = get_string(value, "world_id").value_or("")};
    if (get_string(value, "via") == core::word(core::Via::ssh)) flying.write.via = core::Via::ssh;
    const auto kill = get_integer(value, "kill").value_or(0);
    if (kill > 0 && kill <= static_cast<int>(core::Kill::force))
        flying.write.kill = static_cast<core::Kill>(kill);
    // Whoever was waiting for the answer is no more.
    flying.unanswered = true;
    const Time sent{Duration(*sent_ns)};
    const Time limit{Duration(*limit_ns)};
    if (*sent_ns < 0 || limit < sent || limit - sent > limit_max) return std::nullopt;
    const bool this_boot = !boot_id.empty() && boot_id == *stored_boot && sent <= now;
    // A clock that stands before the sending has begun anew since then, and all that it shows has passed.
    const Time at_latest = sent > now ? Time{} : now;
    flying.sent = this_boot ? sent : at_latest;
    flying.write.limit = flying.sent + (limit - sent);
    return flying;
}

std::string path_in(const std::string& directory, const VmName& vm) {
    return directory + "/" + vm.str() + ".json";
}

}  // namespace

FlyingStore::FlyingStore(const std::string& state_dir, const std::string& runtime_dir, std::string boot_id,
                         HostName local, const std::string& folder)
    : directory_(state_dir + "/" + folder),
      spare_(runtime_dir + "/" + folder),
      boot_id_(std::move(boot_id)),
      local_(std::move(local)) {}

Result<> FlyingStore::put_into(const std::string& directory, const Flying& flying) {
    const std::string text = dump_json(to_json(flying, boot_id_));
    const std::string file = path_in(directory, flying.write.vm);
    auto stored = write_file(file, text, 0600, Sync::none);
    if (stored || stored.error().code != Errc::not_found) return stored;
    if (auto made = prepare_directory(directory, 0700); !made) return made;
    return write_file(file, text, 0600, Sync::none);
}

Result<> FlyingStore::put(const Flying& flying) {
    state_directory_ = put_into(directory_, flying);
    // At most one of the two is there, so that nobody has to tell which is the newer one.
    if (state_directory_) return remove_file(path_in(spare_, flying.write.vm));
    auto spared = put_into(spare_, flying);
    return spared ? spared : state_directory_;
}

Result<> FlyingStore::drop(const VmName& vm) {
    auto dropped = remove_file(path_in(spare_, vm));
    auto dropped_too = remove_file(path_in(directory_, vm));
    return dropped ? dropped_too : dropped;
}

FlyingStore::Restored FlyingStore::load(const VmName& vm, Time now) const {
    auto spared = load_from(spare_, vm, now);
    return spared.flying ? spared : load_from(directory_, vm, now);
}

FlyingStore::Restored FlyingStore::load_from(const std::string& directory, const VmName& vm, Time now) const {
    const std::string file = path_in(directory, vm);
    const auto text = read_file(file, file_bytes_max);
    if (!text && text.error().code == Errc::not_found) return {};
    std::string cause = text ? "cannot understand " + file : text.error().message;
    if (text)
        if (const auto value = parse_json(*text))
            if (auto flying = from_json(*value, boot_id_, now); flying && flying->write.vm == vm)
                return {std::move(flying), ""};
    return {unknown(vm, now),
            cause + ", a write may still be under way: nothing is concluded from the absence of vm '" +
                vm.str() + "' for " + std::to_string(core::to_ms(unknown_limit) / 1000) + " s"};
}

FlyingStore::AllRestored FlyingStore::load_all(const std::set<VmName>& vms, Time now) const {
    AllRestored all;
    for (const auto& vm : vms) {
        auto one = load(vm, now);
        if (one.flying) all.flying.push_back(std::move(*one.flying));
        if (!one.warning.empty()) all.warnings.push_back(std::move(one.warning));
    }
    return all;
}

Flying FlyingStore::unknown(const VmName& vm, Time now) const {
    Flying flying;
    flying.write = {.vm = vm, .host = local_, .verb = Verb::register_vm, .limit = now + unknown_limit};
    flying.sent = now;
    flying.unanswered = true;
    return flying;
}

// The unit hides /proc/sys (ProcSubset=) and hands the number over instead, in systemd's spelling: without
// the hyphens.
std::string boot_id() {
    std::string text;
    if (const char* told = std::getenv("VMHAD_BOOT_ID"))
        text = told;
    else if (auto read = read_file("/proc/sys/kernel/random/boot_id", 64))
        text = std::move(*read);
    std::erase_if(text, [](char c) { return c == '-' || c == '\n'; });
    return text;
}

}  // namespace vmha::run
