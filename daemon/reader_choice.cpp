#include "daemon/reader_choice.hpp"

#include <utility>

namespace vmha {

using core::Link;
using core::Via;

bool ReaderChoice::is_current(Via via, uint64_t session) const {
    return session_ > 0 && of_ == via && theirs_ == session;
}

// The link as the core sees it: that of whoever reads.
core::LinkChanged ReaderChoice::link() const {
    core::LinkChanged changed{host_, api_.link, api_.reason, api_.detail, session_, Via::api};
    if (api_reads()) return changed;
    if (ssh_reads_) {
        const std::string why = api_.detail.empty() ? "its API is not up" : api_.detail;
        return {host_,    Link::up, Reason::running, has_api_ ? "read over SSH: " + why : "",
                session_, Via::ssh};
    }
    if (has_api_) return changed;
    if (ssh_.link != Link::up) return {host_, ssh_.link, ssh_.reason, ssh_.detail, session_, Via::ssh};
    if (ssh_trouble_.empty())
        return {host_, Link::connecting, Reason::host_unreachable, "", session_, Via::ssh};
    return {host_, Link::down, Reason::host_unreachable, ssh_trouble_, session_, Via::ssh};
}

// Only of the session that the core knows; the answer to a look of another one is that it failed.
ReaderChoice::Events ReaderChoice::pass(core::Event event, Via via) {
    const auto gone = [&](std::optional<core::LookId> look) -> Events {
        if (!look || *look == 0) return {};
        return {core::LookFailed{host_, *look}};
    };
    if (auto* looked = std::get_if<core::Looked>(&event)) {
        if (!is_current(via, looked->session)) return gone(looked->look);
        looked->session = session_;
    }
    if (auto* read = std::get_if<core::Read>(&event)) {
        if (!is_current(via, read->session)) {
            if (!read->full || read->look) return gone(read->look);
            ++session_;
            of_ = via;
            theirs_ = read->session;
        }
        read->session = session_;
    }
    Events events;
    events.push_back(std::move(event));
    return events;
}

ReaderChoice::Events ReaderChoice::from_api(core::Event event) {
    const auto* changed = std::get_if<core::LinkChanged>(&event);
    if (changed == nullptr) return pass(std::move(event), Via::api);
    api_ = *changed;
    if (api_reads()) ssh_reads_ = false;
    return {link()};
}

ReaderChoice::Events ReaderChoice::from_ssh(core::Event event) {
    if (const auto* changed = std::get_if<core::ShellChanged>(&event)) {
        const bool was_reading = std::exchange(ssh_reads_, ssh_reads_ && changed->link == Link::up);
        ssh_ = *changed;
        if (changed->link != Link::up) ssh_trouble_.clear();
        Events events{std::move(event)};
        if (was_reading != ssh_reads_ || !has_api_) events.emplace_back(link());
        return events;
    }
    const auto* read = std::get_if<core::Read>(&event);
    const auto* looked = std::get_if<core::Looked>(&event);
    if ((read != nullptr || looked != nullptr) && !ssh_shall_read()) {
        const auto look = read != nullptr ? read->look : std::optional(looked->look);
        if (!look || *look == 0) return {};
        return {core::LookFailed{host_, *look}};
    }
    const bool begins = read != nullptr && read->full && !ssh_reads_;
    Events events = pass(std::move(event), Via::ssh);
    if (!begins || !std::holds_alternative<core::Read>(events.front())) return events;
    ssh_reads_ = true;
    ssh_trouble_.clear();
    events.insert(events.begin(), link());
    return events;
}

ReaderChoice::Events ReaderChoice::cannot_read(const std::string& why) {
    ssh_trouble_ = why;
    ssh_reads_ = false;
    if (!ssh_shall_read()) return {};
    return {link()};
}

}  // namespace vmha
