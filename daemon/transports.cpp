#include "daemon/transports.hpp"

namespace vmha {

Transports::Transports(boost::asio::any_io_executor executor, HostName host, Ways ways, World world)
    : name_(host),
      world_(std::move(world)),
      choice_(host, ways.api.has_value(), ways.ssh.has_value(), ways.sessions_before) {
    if (ways.api)
        api_ = std::make_unique<esx::Host>(
            executor, std::move(*ways.api),
            esx::HostWorld{world_.clock, world_.wall_s,
                           [this](core::Event event) { tell(choice_.from_api(std::move(event))); },
                           world_.breaker, world_.pulses});
    if (ways.ssh)
        ssh_ = std::make_unique<shell::Host>(
            executor, std::move(*ways.ssh),
            shell::HostWorld{
                world_.clock, [this](core::Event event) { tell(choice_.from_ssh(std::move(event))); },
                [this](const Error& error) { tell(choice_.cannot_read(error.message)); }, world_.pulses});
}

void Transports::start() {
    if (api_) api_->start();
    if (ssh_) ssh_->start();
    tell({});
}

net::Task<> Transports::stop() {
    if (api_) co_await api_->stop();
    if (ssh_) co_await ssh_->stop();
}

void Transports::tell(ReaderChoice::Events events) {
    if (ssh_ && choice_.ssh_shall_read() != ssh_reads_) {
        ssh_reads_ = choice_.ssh_shall_read();
        ssh_->read(ssh_reads_);
    }
    for (auto& event : events) world_.events(std::move(event));
}

void Transports::perform(core::Write write) {
    if (write.via == core::Via::api && api_) return api_->perform(std::move(write));
    if (write.via == core::Via::ssh && ssh_) return ssh_->perform(std::move(write));
    world_.events(core::WriteDone{write.id, core::Outcome::unsent, {}, ""});
}

void Transports::look(core::Look look) {
    if (choice_.via() == core::Via::api && api_) return api_->look(std::move(look));
    if (ssh_) return ssh_->look(std::move(look));
    world_.events(core::LookFailed{look.host, look.id});
}

void Transports::check_vmx(core::CheckVmx check) {
    if (choice_.via() == core::Via::api && api_) return api_->check_vmx(std::move(check));
    if (ssh_) return ssh_->check_vmx(std::move(check));
    world_.events(core::VmxChecked{check.vm, check.host, core::Presence::cannot_tell});
}

void Transports::ask_processes(core::AskProcesses ask) {
    if (ssh_) return ssh_->ask_processes(std::move(ask));
    world_.events(core::ProcessesTold{ask.host, world_.clock(), std::nullopt});
}

void Transports::ask_lock(core::AskLock ask) {
    if (ssh_) return ssh_->ask_lock(std::move(ask));
    world_.events(core::LockTold{ask.vm, ask.host, world_.clock(), std::nullopt,
                                 "no SSH session to " + ask.host.str() + " is configured"});
}

void Transports::retry_login() {
    if (api_) api_->retry_login();
    if (ssh_) ssh_->retry_login();
}

// Over the API every VM is read as whole as ours.
void Transports::read_vms(const std::map<VmName, core::VmxPath>& vms) {
    if (ssh_) ssh_->read_vms(vms);
}

}  // namespace vmha
