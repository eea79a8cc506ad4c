// One VM's state out of a reply, in a refresh as in a look.
#include <algorithm>

#include "daemon/shell/refresh.hpp"
#include "daemon/shell/text/faults.hpp"
#include "daemon/shell/text/lines.hpp"
#include "daemon/shell/text/message.hpp"
#include "daemon/shell/text/summary.hpp"
#include "daemon/shell/text/tasks.hpp"

namespace vmha::shell {

namespace {

constexpr size_t most_tasks = 8;
constexpr size_t ended_tasks_kept = 500;

// Both clocks tell seconds: the same time comes out a little differently each time. `age_s` is what the host
// says.
std::optional<core::Time> booted(int64_t age_s, core::Time asked, const core::VmEntry* before) {
    constexpr int64_t century_s = 3'000'000'000;
    if (age_s < -century_s || age_s > century_s) return std::nullopt;
    const auto now = asked - core::seconds(age_s);
    if (before == nullptr || !before->booted) return now;
    const auto apart = now > *before->booted ? now - *before->booted : *before->booted - now;
    return apart < core::seconds(5) ? *before->booted : now;
}

bool under_way_first(const core::RunningTask& a, const std::optional<core::RunningTask>& b) {
    return !b || (b->what.empty() && !a.what.empty());
}

}  // namespace

Result<Picture::One> Picture::one_of(const Reply& reply, const std::string& vmid, core::Time asked,
                                     std::optional<int64_t> host_s) const {
    One one;
    const std::string what = "the state of VM " + vmid;
    const auto* frame = reply.frame("summary." + vmid);
    if (frame == nullptr) return cannot(what, "the output is not whole");
    auto summary = text::read_summary(frame->out, vmid);
    if (!summary) {
        for (const auto text : {frame->out, frame->err}) {
            if (const auto down = text::hostd_down(text)) return hostd_away("vim-cmd", down->line);
            const auto fault = text::fault_in(text);
            if (!fault) continue;
            one.gone =
                fault->kind == core::FaultKind::object_gone || fault->kind == core::FaultKind::not_found;
            if (one.gone) return one;
            // hostd answers, but not for this VM: that one is unknown, and no other.
            one.entry.emplace();
            one.entry->vmid = vmid;
            return one;
        }
        return cannot(what, summary.error().message);
    }
    if (frame->status != 0) return cannot(what, "exit status " + std::to_string(frame->status));
    one.entry = std::move(summary->entry);
    if (const auto* message = reply.frame("message." + vmid)) {
        auto questions = text::read_questions(message->out);
        if (!questions && !one.entry->question) return cannot(what, questions.error().message);
        if (questions && questions->size() == 1) one.question_id = questions->front().id;
        if (!one.entry->question && !questions->empty()) one.entry->question = std::move(questions->front());
    }
    if (summary->boot_s && host_s) one.entry->booted = booted(*host_s - *summary->boot_s, asked, known(vmid));
    if (const auto* tasks = reply.frame("tasks." + vmid)) {
        auto ids = text::read_task_list(tasks->out);
        if (!ids) return cannot("the tasks of VM " + vmid, ids.error().message);
        for (auto& id : *ids)
            if (!ended_tasks_.contains(id) && one.tasks.size() < most_tasks)
                one.tasks.push_back(std::move(id));
    }
    if (one.tasks.empty()) add_task(*one.entry, std::nullopt);
    return one;
}

// A power-on of ours that has not come back is one, whatever the host lists.
void Picture::add_task(core::VmEntry& entry, std::optional<core::RunningTask> task) const {
    entry.task = std::move(task);
    if (!entry.task && powering_on_.contains(entry.vmid))
        entry.task = core::RunningTask{"", "vim.VirtualMachine.powerOn", false};
}

Result<void> Picture::take_vms(const Reply& reply, const std::set<std::string>& vmids) {
    for (const auto& vmid : vmids) {
        const auto row = draft_.rows.find(vmid);
        auto one = one_of(reply, vmid, draft_.asked, draft_.host_s);
        if (!one) {
            if (row == draft_.rows.end() || interesting_.contains(vmid) ||
                text::hostd_down(one.error().message))
                return one.error();
            one = One{core::VmEntry{.vmid = vmid}, false, {}};  // a stranger is no reason to see nothing
        }
        if (one->gone) {
            draft_.gone.insert(vmid);
            continue;
        }
        if (row == draft_.rows.end()) continue;
        if (!one->tasks.empty()) draft_.tasks[vmid] = one->tasks;
        auto& entry = *one->entry;
        if (entry.name.empty()) entry.name = row->second.name;
        if (!entry.path && row->second.paths.size() == 1) entry.path = row->second.paths.front();
        auto& known = known_[vmid];
        if (known.asked <= draft_.asked) known = {entry, draft_.asked, row->second};
        draft_.read.insert_or_assign(vmid, std::move(entry));
    }
    return {};
}

Script Picture::ask_one(const std::string& vmid, bool with_tasks) const {
    Script script;
    script.run("date", "date -u +%s").vm(vmid);
    if (with_tasks) ask_tasks_of(script, vmid);
    return script;
}

Result<Picture::One> Picture::take_one(const Reply& reply, const std::string& vmid, core::Time asked) const {
    std::optional<int64_t> host_s;
    if (const auto* date = reply.frame("date")) host_s = text::integer_of(date->out);
    auto one = one_of(reply, vmid, asked, host_s);
    if (!one || !one->entry) return one;
    // An invalid VM tells neither its path nor its name.
    auto& entry = *one->entry;
    const auto* before = known(vmid);
    if (!entry.path && before != nullptr) entry.path = before->path;
    if (entry.name.empty() && before != nullptr) entry.name = before->name;
    if (!entry.path)
        if (const auto path = inventory_file_.find(vmid); path != inventory_file_.end())
            entry.path = path->second;
    return one;
}

Script Picture::ask_tasks(const std::vector<std::string>& tasks) const {
    Script script;
    for (const auto& task : tasks) script.run("task." + task, "vim-cmd vimsvc/task_info " + quoted(task));
    return script;
}

std::optional<core::RunningTask> Picture::take_tasks(const Reply& reply,
                                                     const std::vector<std::string>& tasks) {
    std::optional<core::RunningTask> running;
    if (ended_tasks_.size() > ended_tasks_kept) ended_tasks_.clear();
    for (const auto& id : tasks) {
        const auto* frame = reply.frame("task." + id);
        if (frame == nullptr) continue;
        const auto info = text::read_task(frame->out, id);
        // A task that hostd has forgotten has ended.
        const auto fault = info ? std::nullopt : text::refusal_of(frame->status, frame->out, frame->err);
        if (info ? !info->under_way : fault && fault->kind == core::FaultKind::object_gone)
            ended_tasks_.insert(id);
        if (info && info->under_way && under_way_first(info->task, running)) running = info->task;
    }
    return running;
}

void Picture::looked(const std::string& vmid, const std::optional<core::VmEntry>& entry, core::Time asked) {
    auto& known = known_[vmid];
    if (known.asked > asked) return;
    known.asked = asked;
    known.from_look = true;
    known.gone = !entry;
    if (entry) known.entry = *entry;
    if (entry && entry->task && !entry->task->id.empty())
        busy_.insert(vmid);
    else
        busy_.erase(vmid);
}

}  // namespace vmha::shell
