#include "daemon/shell/lock.hpp"

#include "daemon/shell/script.hpp"
#include "daemon/shell/text/lines.hpp"
#include "daemon/shell/text/lock.hpp"

namespace vmha::shell {

namespace {

constexpr auto lock_limit = core::seconds(10);

// The files that a running VM holds. "vm1.vmdk" is the descriptor: its data is in the others.
Script script_for(const std::string& folder) {
    Script script;
    script.line("n=0");
    script.line("if cd " + quoted(folder) + "; then");
    script.line("for f in *-flat.vmdk *-delta.vmdk *-sesparse.vmdk *.vswp *.vmx; do");
    script.line("[ -e \"$f\" ] && [ $n -lt 32 ] || continue");
    script.line("n=$((n+1))");
    script.line("b file.$n; echo \"$f\"; e file.$n 0");
    script.line("s lock.$n vmkfstools -D \"$f\"");
    script.line("done");
    script.line("else b folder; e folder 1; fi");
    return script;
}

std::string folder_of(const core::VmxPath& path) {
    const auto file = core::file_path(path);
    return file.substr(0, file.rfind('/'));
}

void take_locks(const Reply& reply, const std::string& folder, core::LockTold& told) {
    std::optional<core::DiskLock> heaviest;
    for (int n = 1; const auto* name = reply.frame("file." + std::to_string(n)); ++n) {
        const auto* frame = reply.frame("lock." + std::to_string(n));
        const std::string file = folder + "/" + std::string(text::trimmed(name->out));
        auto lock = frame == nullptr ? text::not_a("lock", "") : text::read_lock(frame->out);
        if (!lock) {
            told.why =
                "cannot read the lock of " + file + " on " + told.host.str() + ": " + lock.error().message;
            continue;
        }
        lock->file = file;
        if (!heaviest || text::outweighs(*lock, *heaviest)) heaviest = std::move(*lock);
    }
    // One that could not be read may be the one that is held.
    if (heaviest && (told.why.empty() || heaviest->mode != core::LockMode::free)) {
        told.lock = std::move(heaviest);
        told.why.clear();
    } else if (told.why.empty()) {
        told.why =
            "cannot read the locks in " + folder + " on " + told.host.str() + ": there is no file of a VM";
    }
}

}  // namespace

net::Task<> tell_lock(const HostWorld& world, Runner& runner, core::AskLock order) {
    core::LockTold told{order.vm, order.host, world.clock(), {}, ""};
    const auto folder = folder_of(order.path);
    const auto script = script_for(folder);
    Command command;
    command.script = script.text();
    auto ran = co_await runner.run(command, net::deadline_in(lock_limit));
    const std::string cannot = "cannot read the locks in " + folder + " on " + order.host.str() + ": ";
    if (!ran.output) {
        told.why = cannot + ran.error.message;
    } else if (const auto reply = reply_of(std::move(*ran.output), script.marker()); !reply) {
        told.why = cannot + reply.error().message;
    } else if (reply->frame("folder") != nullptr) {
        told.why = cannot + "the folder is not there";
    } else {
        take_locks(*reply, folder, told);
    }
    world.events(std::move(told));
}

}  // namespace vmha::shell
