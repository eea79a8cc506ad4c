// Views, collectors, filters, property reads and waits.
#include <charconv>

#include "daemon/xml/xml.hpp"
#include "tests/simulator/model/faults.hpp"
#include "tests/simulator/soap/api.hpp"

namespace vmha::sim {
namespace {

std::string ref_xml(const Ref& ref) {
    return "<returnval type=\"" + ref.type + "\">" + xml::escaped(ref.id) + "</returnval>";
}

std::optional<int64_t> number(const pugi::xml_node& element) {
    const std::string_view text = element.text().get();
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    return value;
}

// What stands inside <objects> for one object.
std::string object_xml(const World& world, const Ref& ref, const std::vector<std::string>& paths) {
    std::string xml = "<obj type=\"" + ref.type + "\">" + xml::escaped(ref.id) + "</obj>";
    std::string missing;
    Reader reader(world, ref);
    for (const auto& path : paths) {
        const Selected selected = reader.read(path);
        if (selected.outcome == Selected::Outcome::found) {
            xml.append("<propSet><name>").append(xml::escaped(path)).append("</name>");
            xml.append(property_xml(selected)).append("</propSet>");
        } else if (selected.outcome == Selected::Outcome::no_such_path) {
            std::string fault;
            localized(site::faults::invalid_property(path)).write(fault, "fault");
            missing += missing_xml(path, fault);
        }
    }
    return xml + missing;
}

}  // namespace

Api::Outcome Api::create_container_view(const Call& call) {
    View view{.container = parse_ref(call.request.parameter("container")), .types = {}, .recursive = false};
    if (!exists(world(call), view.container))
        return site::faults::no_such_object(view.container.type, view.container.id);
    for (const auto& child : call.request.call.children())
        if (xml::local_name(child) == "type") view.types.push_back(child.text().get());
    view.recursive = parse_boolean(call.request.parameter("recursive"));
    const std::string id = new_name(call);
    call.belongings->views[id] = std::move(view);
    return ref_xml({"ContainerView", id});
}

Api::Outcome Api::destroy_view(const Call& call) {
    call.belongings->views.erase(call.request.target.id);
    return std::string{};
}

Api::Outcome Api::create_collector(const Call& call) {
    const std::string id = new_name(call);
    call.belongings->collectors.emplace(id, std::make_unique<Collector>(id, numbers_));
    return ref_xml({"PropertyCollector", id});
}

Api::Outcome Api::destroy_collector(const Call& call) {
    const std::string id = call.request.target.id;
    if (id == well_known::collector.id)
        return site::faults::not_supported("NotSupported",
                                           "The session's own collector cannot be destroyed.");
    answer_waits([&call, &id](const Wait& wait) -> std::optional<Reply> {
        if (wait.cookie != call.caller.cookie || wait.collector != id) return std::nullopt;
        return fault_answer(site::faults::request_canceled());
    });
    call.belongings->collectors.erase(id);
    return std::string{};
}

Api::Outcome Api::create_filter(const Call& call) {
    FilterSpec spec = parse_spec(call.request.parameter("spec"));
    const World here = world(call);
    const Walked walked = walk(here, spec);
    if (!walked.missing.empty() && !spec.report_missing)
        return site::faults::no_such_object(walked.missing[0].type, walked.missing[0].id);
    if (site_.config().invalid_property_is_fault)
        if (const auto path = impossible_path(here, spec)) return site::faults::invalid_property(*path);
    const std::string id = new_name(call);
    collector(call.belongings, call.request.target.id)->add_filter(id, std::move(spec), here);
    // A wait that is pending on this collector sees the new filter's objects at once.
    answer_waits([this](const Wait& wait) { return wait_result(wait, false); });
    return ref_xml({"PropertyFilter", id});
}

Api::Outcome Api::destroy_filter(const Call& call) {
    for (auto& [id, one] : call.belongings->collectors) one->remove_filter(call.request.target.id);
    return std::string{};
}

site::Answer<std::deque<std::string>> Api::retrieve_objects(const World& here, const FilterSpec& spec) {
    const Walked walked = walk(here, spec);
    if (!walked.missing.empty() && !spec.report_missing)
        return site::faults::no_such_object(walked.missing[0].type, walked.missing[0].id);
    if (site_.config().invalid_property_is_fault)
        if (const auto path = impossible_path(here, spec)) return site::faults::invalid_property(*path);
    std::deque<std::string> objects;
    std::map<std::string, std::vector<std::string>> paths;
    for (const auto& ref : walked.objects) {
        auto known = paths.find(ref.type);
        if (known == paths.end()) known = paths.emplace(ref.type, paths_of(spec, ref.type).first).first;
        objects.push_back("<objects>" + object_xml(here, ref, known->second) + "</objects>");
    }
    return objects;
}

Api::Outcome Api::retrieve(const Call& call) {
    std::string out;
    for (const auto& child : call.request.call.children()) {
        if (xml::local_name(child) != "specSet") continue;
        auto objects = retrieve_objects(world(call), parse_spec(child));
        if (auto* fault = std::get_if<site::Fault>(&objects)) return std::move(*fault);
        constexpr size_t tag = sizeof "<objects>" - 1;
        for (const auto& one : std::get<std::deque<std::string>>(objects))
            out += "<returnval>" + one.substr(tag, one.size() - 2 * tag - 1) + "</returnval>";
    }
    return out;
}

Api::Outcome Api::retrieve_ex(const Call& call) {
    std::deque<std::string> all;
    for (const auto& child : call.request.call.children()) {
        if (xml::local_name(child) != "specSet") continue;
        auto objects = retrieve_objects(world(call), parse_spec(child));
        if (auto* fault = std::get_if<site::Fault>(&objects)) return std::move(*fault);
        for (auto& one : std::get<std::deque<std::string>>(objects)) all.push_back(std::move(one));
    }
    const auto max = number(xml::child(call.request.parameter("options"), "maxObjects"));
    if (max && *max <= 0) return site::faults::invalid_argument("options.maxObjects");
    return page_of(*collector(call.belongings, call.request.target.id), std::move(all),
                   max ? size_t(*max) : 0);
}

Api::Outcome Api::page_of(Collector& from, std::deque<std::string> objects, size_t max) {
    if (objects.empty()) return std::string{};
    std::string page;
    for (size_t i = 0; !objects.empty() && (max == 0 || i < max); ++i) {
        page += objects.front();
        objects.pop_front();
    }
    std::string token;
    if (!objects.empty()) {
        // The size of the page is kept in the token: the continuing call does not say it again.
        token = "<token>" + from.keep_page(std::move(objects)) + "." + std::to_string(max) + "</token>";
    }
    return "<returnval>" + token + page + "</returnval>";
}

Api::Outcome Api::continue_retrieve(const Call& call) {
    const std::string token = call.request.text("token");
    const auto dot = token.find('.');
    Collector& from = *collector(call.belongings, call.request.target.id);
    auto rest = from.take_page(token.substr(0, dot));
    if (!rest) return site::faults::invalid_property("token");
    return page_of(from, std::move(*rest), std::stoul(token.substr(dot + 1)));
}

Api::Outcome Api::cancel_retrieve(const Call& call) {
    const std::string token = call.request.text("token");
    if (!collector(call.belongings, call.request.target.id)->take_page(token.substr(0, token.find('.'))))
        return site::faults::invalid_property("token");
    return std::string{};
}

Api::Outcome Api::check_for_updates(const Call& call) {
    const auto updates =
        collector(call.belongings, call.request.target.id)->updates(call.request.text("version"), 0);
    if (!updates) return site::faults::invalid_collector_version();
    return updates->empty() ? *updates : "<returnval>" + *updates + "</returnval>";
}

Api::Outcome Api::cancel_wait(const Call& call) {
    answer_waits([&call](const Wait& wait) -> std::optional<Reply> {
        if (wait.cookie != call.caller.cookie || wait.collector != call.request.target.id)
            return std::nullopt;
        return fault_answer(site::faults::request_canceled());
    });
    return std::string{};
}

Api::Ticket Api::wait_for_updates(const Call& call, OnReply on_reply) {
    const auto& target = call.request.target;
    if (call.session && !collector(call.belongings, target.id)) {
        on_reply(fault_answer(site::faults::no_such_object(target.type, target.id)));
        return 0;
    }
    const auto options = call.request.parameter("options");
    const auto seconds = number(xml::child(options, "maxWaitSeconds"));
    const auto objects = number(xml::child(options, "maxObjectUpdates"));
    if ((seconds && *seconds < 0) || (objects && *objects <= 0)) {
        on_reply(fault_answer(site::faults::invalid_argument("options")));
        return 0;
    }
    Wait wait{.ticket = ++last_ticket_,
              .method = call.request.method,
              .cookie = call.caller.cookie,
              .collector = target.id,
              .version = call.request.text("version"),
              .objects_max = objects ? size_t(*objects) : 0,
              .until = {},
              .on_reply = std::move(on_reply)};
    if (seconds) wait.until = site_.now() + std::chrono::seconds(*seconds);
    if (auto reply = wait_result(wait, wait.until && *wait.until <= site_.now())) {
        wait.on_reply(std::move(*reply));
        return 0;
    }
    waits_.push_back(std::move(wait));
    return last_ticket_;
}

// nullopt: nothing to say yet.
std::optional<Reply> Api::wait_result(const Wait& wait, bool time_is_over) {
    if (!site_.host(host_).sessions.contains(wait.cookie))
        return fault_answer(site::faults::not_authenticated("PropertyCollector", wait.collector));
    // A wait that is pending keeps its session alive.
    if (site_.host(host_).sessions.at(wait.cookie).expired) return expired_wait_result(wait, time_is_over);
    Collector* from = collector(&belongings_[wait.cookie], wait.collector);
    if (!from) return fault_answer(site::faults::no_such_object("PropertyCollector", wait.collector));
    const auto updates = from->updates(wait.version, wait.objects_max);
    if (!updates) return fault_answer(site::faults::invalid_collector_version());
    if (!updates->empty()) return answer(wait.method, "<returnval>" + *updates + "</returnval>");
    if (!time_is_over) return std::nullopt;
    site_.use_session(host_, wait.cookie);
    return answer(wait.method, "");
}

std::optional<Reply> Api::expired_wait_result(const Wait& wait, bool time_is_over) {
    const site::Fault refused = site::faults::not_authenticated("PropertyCollector", wait.collector);
    switch (site_.host(host_).expired_shape) {
        case site::ExpiredShape::fault: return fault_answer(refused);
        case site::ExpiredShape::empty:
            if (!time_is_over) return std::nullopt;
            return answer(wait.method, "");
        case site::ExpiredShape::missing: break;
    }
    Collector* from = collector(&belongings_[wait.cookie], wait.collector);
    if (!from) return fault_answer(refused);
    std::string fault;
    localized(refused).write(fault, "fault");
    return answer(wait.method, "<returnval>" + from->all_missing(fault) + "</returnval>");
}

void Api::answer_waits(const std::function<std::optional<Reply>(const Wait&)>& result_of) {
    // An answer may bring the next call with it: take the waits out before answering.
    std::vector<std::pair<OnReply, Reply>> ready;
    for (auto at = waits_.begin(); at != waits_.end();) {
        auto reply = result_of(*at);
        if (!reply) {
            ++at;
            continue;
        }
        ready.emplace_back(std::move(at->on_reply), std::move(*reply));
        at = waits_.erase(at);
    }
    for (auto& [on_reply, reply] : ready) on_reply(std::move(reply));
}

void Api::drop(Ticket ticket) {
    waits_.remove_if([ticket](const Wait& wait) { return wait.ticket == ticket; });
}

void Api::run_until(site::Time now) {
    answer_waits([this, now](const Wait& wait) -> std::optional<Reply> {
        if (!wait.until || *wait.until > now) return std::nullopt;
        return wait_result(wait, true);
    });
}

std::optional<site::Time> Api::next_wake() const {
    std::optional<site::Time> next;
    for (const auto& wait : waits_)
        if (wait.until && (!next || *wait.until < *next)) next = wait.until;
    return next;
}

}  // namespace vmha::sim
