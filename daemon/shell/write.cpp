#include "daemon/shell/write.hpp"

#include <algorithm>
#include <boost/system/system_error.hpp>

#include "daemon/shell/text/lines.hpp"
#include "daemon/shell/write_done.hpp"
#include "daemon/shell/write_scripts.hpp"

namespace vmha::shell {

namespace {

using core::FaultKind;

constexpr auto rescan_limit = core::seconds(30);
constexpr auto glance_most =
    core::seconds(5);  // more, and the one channel may be taken by what it looks after

core::Fault another_world(const core::Write& order, std::string_view is_now) {
    core::Fault fault;
    fault.kind = FaultKind::object_gone;
    fault.name = "NotFound";
    fault.message =
        "world " + order.world_id + " is no process of " + core::file_path(order.path) + " any more";
    if (!is_now.empty()) fault.message += ", but of " + text::said(is_now);
    return fault;
}

// The question that the choice was made for, and no other.
bool still_asked(const core::Write& order, const core::VmEntry& now, const core::VmEntry* told) {
    const auto choice_in = [&](const core::VmEntry* entry) -> const core::Choice* {
        if (entry == nullptr || !entry->question || entry->question->id != order.question_id) return nullptr;
        const auto& choices = entry->question->choices;
        const auto found = std::find_if(choices.begin(), choices.end(),
                                        [&](const auto& choice) { return choice.key == order.choice_key; });
        return found == choices.end() ? nullptr : &*found;
    };
    const auto* choice = choice_in(&now);
    const auto* chosen = choice_in(told);
    return choice != nullptr && (chosen == nullptr || chosen->label == choice->label);
}

}  // namespace

Writer::Writer(boost::asio::any_io_executor executor, const HostConfig& config, const HostWorld& world,
               Runner& runner, Reader& reader, std::function<bool()> one_channel)
    : executor_(executor),
      config_(config),
      world_(world),
      runner_(runner),
      reader_(reader),
      one_channel_(std::move(one_channel)) {}

net::Deadline Writer::deadline_of(core::Time limit) const {
    return net::BootClock::now() + (limit - world_.clock());
}

net::Task<Writer::Answer> Writer::send(const Script& script, net::Deadline until) {
    Command command;
    command.script = script.text();
    auto ran = co_await runner_.run(command, until);
    Answer answer;
    answer.sent = ran.sent;
    answer.why = std::move(ran.error.message);
    if (!ran.output) co_return answer;
    answer.sent = true;
    auto reply = reply_of(std::move(*ran.output), script.marker());
    if (reply)
        answer.reply = std::move(*reply);
    else
        answer.why = reply.error().message;
    co_return answer;
}

net::Task<core::WriteDone> Writer::by_vim_cmd(const core::Write& order, const std::string& command) {
    const auto until = deadline_of(order.limit);
    const auto held = co_await reader_.turn().urgent(until);
    if (!held) co_return without_answer(order, false, "other commands took too long");
    Script script;
    script.run("write", command);
    const auto answer = co_await send(script, until);
    const auto* frame = answer.reply ? answer.reply->frame("write") : nullptr;
    if (frame == nullptr) co_return without_answer(order, answer.sent, answer.why);
    co_return done_by(order, *frame);
}

// The question that may block a power-on shows only on the VM itself. Ends where the connection turns out to
// carry one command at a time: then the power-on is in the way of every look, and of the answer.
net::Task<> Writer::watch_power_on(std::string vmid, net::Deadline until) {
    while (!one_channel_()) {
        co_await net::sleep_until(net::deadline_in(core::seconds(1)));
        const auto held = co_await reader_.turn().urgent(until);
        if (held) co_await reader_.glance(vmid, std::min(until, net::deadline_in(glance_most)));
    }
}

// Beside the vim-cmd turn: it may wait for the answer to a question, which needs the turn.
net::Task<core::WriteDone> Writer::power_on_here(const core::Write& order) {
    using namespace boost::asio::experimental::awaitable_operators;
    const auto until = deadline_of(order.limit);
    Script script;
    script.run("write", "vim-cmd vmsvc/power.on " + quoted(order.vmid));
    const auto ended = co_await (send(script, until) || watch_power_on(order.vmid, until));
    if (ended.index() == 1)
        co_return without_answer(order, true, "the host allows one command at a time, and this one waits");
    const auto& answer = std::get<0>(ended);
    const auto* frame = answer.reply ? answer.reply->frame("write") : nullptr;
    if (frame == nullptr) co_return without_answer(order, answer.sent, answer.why);
    co_return done_by(order, *frame);
}

net::Task<core::WriteDone> Writer::power_on_detached(const core::Write& order) {
    const auto until = deadline_of(order.limit);
    const auto job = detached();
    const auto begun = co_await send(job.begin(order.vmid), until);
    const auto* begin = begun.reply ? begun.reply->frame("begin") : nullptr;
    if (begin == nullptr) co_return without_answer(order, begun.sent, begun.why);
    if (begin->status != 0) co_return without_answer(order, false, text::said(begin->err));
    core::Duration pause = core::milliseconds(100);
    std::string why = "no answer in time";
    while (net::BootClock::now() < until) {
        co_await net::sleep_until(std::min(until, net::deadline_in(pause)));
        pause = std::min<core::Duration>(2 * pause, core::seconds(1));
        const auto asked = co_await send(job.ask(), until);
        if (!asked.reply) {
            why = asked.why;
            break;
        }
        if (const auto* end = asked.reply->frame("end")) co_return done_by(order, *end);
        if (pause < core::seconds(1)) continue;
        const auto held = co_await reader_.turn().urgent(until);
        if (held) co_await reader_.glance(order.vmid, std::min(until, net::deadline_in(config_.limits.look)));
    }
    co_await send(job.forget(), net::deadline_in(core::seconds(1)));
    co_return without_answer(order, true, std::move(why));
}

net::Task<core::WriteDone> Writer::power_on(const core::Write& order) {
    const auto under_way = reader_.power_on_begins(order.vmid);
    if (one_channel_()) co_return co_await power_on_detached(order);
    co_return co_await power_on_here(order);
}

net::Task<core::WriteDone> Writer::answer(const core::Write& order) {
    const auto until = deadline_of(order.limit);
    const auto held = co_await reader_.turn().urgent(until);
    if (!held) co_return without_answer(order, false, "other commands took too long");
    const auto asked = world_.clock();
    const auto now = co_await send(reader_.picture().ask_one(order.vmid, false), until);
    if (!now.reply) co_return without_answer(order, false, now.why);
    const auto one = reader_.picture().take_one(*now.reply, order.vmid, asked);
    if (!one) co_return without_answer(order, false, one.error().message);
    if (!one->entry || !still_asked(order, *one->entry, reader_.picture().known(order.vmid)))
        co_return refused(order, {FaultKind::answered_already, "InvalidArgument",
                                  "question " + order.question_id + " is not asked any more", ""});
    Script script;
    const std::string& id = one->question_id.empty() ? order.question_id : one->question_id;
    script.run("write", "vim-cmd vmsvc/message " + quoted(order.vmid) + " " + quoted(id) + " " +
                            quoted(order.choice_key));
    const auto answer = co_await send(script, until);
    const auto* frame = answer.reply ? answer.reply->frame("write") : nullptr;
    if (frame == nullptr) co_return without_answer(order, answer.sent, answer.why);
    co_return done_by(order, *frame);
}

// Off the vim-cmd turn: it can take long while paths are down.
net::Task<core::WriteDone> Writer::rescan(const core::Write& order) {
    const auto until = std::min(deadline_of(order.limit), net::deadline_in(rescan_limit));
    const auto answer = co_await send(rescan_script(order), until);
    reader_.refresh_soon();
    if (!answer.reply) co_return without_answer(order, answer.sent, answer.why);
    const auto* all = answer.reply->frame("all");
    const auto* frame = all != nullptr ? all : answer.reply->frame("adapter");
    const auto* volumes = answer.reply->frame("volumes");
    if (frame == nullptr || volumes == nullptr)
        co_return without_answer(order, true, "the output is not whole");
    auto done = done_by(order, *frame);
    if (done.outcome == core::Outcome::ok) done = done_by(order, *volumes);
    co_return done;
}

net::Task<core::WriteDone> Writer::kill(const core::Write& order) {
    const auto until = deadline_of(order.limit);
    const auto answer = co_await send(kill_script(order, reader_.picture().spellings(order.path)), until);
    if (!answer.reply) co_return without_answer(order, answer.sent, answer.why);
    if (const auto* other = answer.reply->frame("other"))
        co_return refused(order, another_world(order, other->out));
    const auto* frame = answer.reply->frame("kill");
    if (frame == nullptr) {
        const auto* list = answer.reply->frame("list");
        const auto words = list == nullptr ? std::string() : text::said(list->err);
        co_return without_answer(order, false,
                                 "cannot list the processes" + (words.empty() ? "" : ": " + words));
    }
    co_return done_by(order, *frame);
}

net::Task<core::WriteDone> Writer::carry_out(const core::Write& order) {
    if (order.limit <= world_.clock())
        co_return without_answer(order, false, "its time was over before it was sent");
    const std::string vm = " " + quoted(order.vmid);
    switch (order.verb) {
        case core::Verb::register_vm:
            co_return co_await by_vim_cmd(order,
                                          "vim-cmd solo/registervm " + quoted(core::file_path(order.path)));
        case core::Verb::unregister: co_return co_await by_vim_cmd(order, "vim-cmd vmsvc/unregister" + vm);
        case core::Verb::power_on: co_return co_await power_on(order);
        case core::Verb::power_off: co_return co_await by_vim_cmd(order, "vim-cmd vmsvc/power.off" + vm);
        case core::Verb::shutdown_guest:
            co_return co_await by_vim_cmd(order, "vim-cmd vmsvc/power.shutdown" + vm);
        case core::Verb::answer_question: co_return co_await answer(order);
        case core::Verb::rescan_storage: co_return co_await rescan(order);
        case core::Verb::cancel_task:
            co_return co_await by_vim_cmd(order, "vim-cmd vimsvc/task_cancel " + quoted(order.task));
        case core::Verb::kill_process: co_return co_await kill(order);
    }
    co_return without_answer(order, false, "unknown verb");
}

net::Task<> Writer::write(core::Write order) {
    world_.events(co_await carry_out(order));
}

}  // namespace vmha::shell
