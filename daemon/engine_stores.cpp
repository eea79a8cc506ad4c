// The engine and its files in the state directory. None of them is fatal: what fails is said once, and once
// that it is over; only a write that cannot be stored is not sent.
#include "daemon/core/view.hpp"
#include "daemon/engine.hpp"

namespace vmha {
namespace {

constexpr auto forgets = "; going on, but a restart would forget what it holds";

}  // namespace

// What is missing or broken is said, and gone on without.
core::Remembered Engine::recall(const std::set<VmName>& vms) {
    core::Remembered remembered;
    if (auto marks = runtime_.active())
        remembered.active = std::move(*marks);
    else
        log_.error(marks.error().message);
    for (Stored* stored : {&flying_, &answering_}) {
        auto restored = stored->store.load_all(vms, now());
        for (const auto& warning : restored.warnings) log_.warning(warning);
        for (const auto& item : restored.flying) {
            stored->ids[item.write.vm] = item.write.id;
            log_.warning(
                "a write about " + item.write.vm.str() + " on " + item.write.host.str() +
                " may still be under way, left by an earlier vmhad: looking before anything else is done");
        }
        (stored == &flying_ ? remembered.flying : remembered.answering) = std::move(restored.flying);
    }
    auto loaded = judgements_.load(now(), wall_clock());
    if (!loaded.warning.empty()) log_.error(loaded.warning);
    remembered.judgements = std::move(loaded.judgements);
    return remembered;
}

void Engine::load_ids() {
    auto ids = run::load_ids(state_dir_);
    if (ids)
        ids_ = std::move(*ids);
    else
        log_.warning(ids.error().message + "; going on without it");
}

std::map<HostName, std::map<VmName, core::KnownEntry>> Engine::known_entries() const {
    std::map<HostName, std::map<VmName, core::KnownEntry>> known;
    for (const auto& [host, vms] : ids_)
        for (const auto& [vm, entry] : vms)
            known[host][vm] = {entry.vmid, core::parse_vmx_path(entry.vmx), entry.instance_uuid,
                               entry.memory_mb, entry.networks};
    return known;
}

void Engine::save_new_ids() {
    for (const auto& [name, host] : state_.hosts)
        for (const auto& [vm, entry] : host.remembered) {
            if (!entry.path || !state_.vms.contains(vm)) continue;
            const core::DatastoreSeen* datastore = core::datastore_of(host, state_.vms.at(vm));
            run::KnownIds& known = ids_[name][vm];
            run::KnownIds news{entry.vmid,
                               core::datastore_path(*entry.path),
                               datastore ? datastore->datastore.uuid : known.datastore_uuid,
                               entry.instance_uuid,
                               entry.memory_mb,
                               entry.networks};
            if (known == news) continue;
            known = std::move(news);
            ids_changed_ = true;
        }
    if (!ids_changed_) return;
    const auto saved = run::save_ids(state_dir_, ids_);
    complain_once("ids.json", saved, forgets);
    ids_changed_ = !saved;
}

void Engine::save_judgements() {
    if (unsaved_.empty()) return;
    const auto saved = judgements_.save(unsaved_, now(), wall_clock());
    complain_once(judgement_file, saved, forgets);
    if (saved) unsaved_.clear();
}

void Engine::complain_once(const std::string& file, const Result<>& result, const std::string& so) {
    const auto said = complaints_.find(file);
    if (result) {
        if (said == complaints_.end()) return;
        log_.write({Level::info, run::MessageId::store_works, file + " is written again"});
        complaints_.erase(said);
        return;
    }
    if (said != complaints_.end() && said->second == result.error().message) return;
    log_.write({Level::error, run::MessageId::store_failed, result.error().message + so});
    complaints_[file] = result.error().message;
}

// False: it must not be sent.
bool Engine::store(const core::Write& write, Stored& stored) {
    const auto& flying = state_.vms.at(write.vm).*stored.slot;
    if (!flying || flying->write.id != write.id) return true;
    const auto kept = stored.store.put(*flying);
    complain_once("the store of writes about " + write.vm.str(), kept ? stored.store.state_directory() : kept,
                  kept ? "; the runtime directory takes its place" : "; so it is not sent");
    if (kept) stored.ids[write.vm] = write.id;
    return kept.has_value();
}

void Engine::drop_landed() {
    drop_landed(flying_);
    drop_landed(answering_);
}

void Engine::drop_landed(Stored& stored) {
    for (auto it = stored.ids.begin(); it != stored.ids.end();) {
        const auto& flying = state_.vms.at(it->first).*stored.slot;
        if (flying && flying->write.id == it->second) {
            ++it;
            continue;
        }
        // Without the lock the file may by now hold a write of the engine that has it.
        if (locks_.contains(it->first)) complain(stored.store.drop(it->first));
        it = stored.ids.erase(it);
    }
}

}  // namespace vmha
