#include "client/render.hpp"

#include <algorithm>

#include "common/log_line.hpp"

namespace vmha::client {
namespace {

using Rows = std::vector<std::vector<std::string>>;

const Json nothing = nullptr;

const Json& at(const Json& object, const char* key) {
    if (!object.is_object()) return nothing;
    const auto found = object.find(key);
    return found == object.end() ? nothing : *found;
}

std::string cell(const Json& value) {
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (value.is_number()) return dump_json(value);
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) return "-";
    return printable(value.get_ref<const std::string&>());
}

std::string cell(const Json& object, const char* key) {
    return cell(at(object, key));
}

// Characters, not bytes: a name may be in any language.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

const Json& elements(const Json& object, const char* key) {
    static const Json none = Json::array();
    const Json& list = at(object, key);
    return list.is_array() ? list : none;
}

// The part of a VM's answer that the local host contributed.
const Json& local_part(const Json& vm) {
    for (const Json& host : elements(vm, "hosts"))
        if (cell(host, "role") == "local") return host;
    return nothing;
}

std::string fact(const Json& host, const char* key) {
    return cell(at(host, key), "value");
}

// Of a VM that the cluster runs on another node: no fault here, whatever a monitor that asks is told.
std::string verdict(const Json& health) {
    return cell(health, "reason") == "not_active_here" ? "not active here" : cell(health, "verdict");
}

// "no: datastore_lost" of the hosts where it could not be started, "yes" where it could be everywhere.
std::string ready_cell(const Json& host) {
    const Json& ready = at(host, "ready");
    if (!ready.is_boolean()) return "-";
    return ready == Json(true) ? "yes" : "no: " + cell(host, "reason");
}

std::string readiness(const Json& vm) {
    std::string text;
    for (const Json& host : elements(vm, "hosts"))
        if (at(host, "ready") == Json(false))
            text += (text.empty() ? "" : ", ") + cell(host, "host") + ": " + cell(host, "reason");
    return text.empty() ? "-" : text;
}

std::string pending(const Json& health) {
    const Json& what = at(health, "pending");
    if (!what.is_object()) return "-";
    return cell(what, "reason") + " " + render_age(what, "held_ms") + " of " + render_age(what, "needed_ms");
}

std::string operation(const Json& vm) {
    const Json& what = at(vm, "operation");
    return what.is_object() ? cell(what, "operation") + ": " + cell(what, "stage") : "-";
}

std::string datastore_state(const Json& datastore) {
    if (!datastore.is_object() || cell(datastore, "name") == "-") return "-";
    const std::string trouble = cell(datastore, "trouble");
    const std::string state = at(datastore, "accessible") == Json(true) ? "accessible" : "not accessible";
    return cell(datastore, "name") + " " + state + (trouble == "-" ? "" : " (" + trouble + ")");
}

std::string question_text(const Json& question) {
    std::string text = cell(question, "text");
    for (const Json& choice : elements(question, "choices"))
        text += " [" + cell(choice, "key") + ": " + cell(choice, "label") + "]";
    return text;
}

}  // namespace

std::string render_table(const Rows& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (widths.size() <= i) widths.push_back(0);
            widths[i] = std::max(widths[i], width(row[i]));
        }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 2, ' ');
        }
        text += line + "\n";
    }
    return text;
}

std::string render_age(const Json& object, const char* key) {
    const auto value = get_integer(object, key);
    if (!value) return "never";
    if (*value >= 10'000) return std::to_string(*value / 1000) + " s";
    return std::to_string(*value / 1000) + "." + std::to_string(*value % 1000 / 100) + " s";
}

std::string render_hosts(const Json& answer) {
    Rows rows{{"HOST", "ROLE", "ADDRESS", "LINK", "VIA", "WRITES", "AGE", "WRITABLE", "PRODUCT", "TROUBLE"}};
    for (const Json& host : elements(answer, "hosts")) {
        std::string trouble = cell(host, "reason");
        const std::string detail = cell(host, "detail"), ssh = cell(at(host, "ssh"), "detail");
        if (detail != "-") trouble = trouble == "-" ? detail : trouble + ": " + detail;
        if (trouble == "-" && ssh != "-") trouble = "SSH: " + ssh;
        if (at(host, "in_maintenance") == Json(true)) trouble = "in maintenance mode";
        // Before the link itself is given up for it.
        if (cell(host, "link") == "up" && at(host, "fresh") == Json(false))
            trouble = "stale: nothing new for " + render_age(host, "age_ms");
        rows.push_back({cell(host, "name"), cell(host, "role"), cell(host, "address"), cell(host, "link"),
                        cell(host, "transports"), cell(host, "writes_over"), render_age(host, "age_ms"),
                        cell(host, "writable"), cell(host, "product"), trouble});
    }
    return render_table(rows);
}

std::string render_vms(const Json& answer) {
    Rows rows{
        {"VM", "ACTIVE", "VERDICT", "REASON", "POWER", "HEARTBEAT", "PENDING", "OPERATION", "NOT READY"}};
    for (const Json& vm : elements(answer, "vms")) {
        const Json& health = at(vm, "health");
        const Json& here = local_part(vm);
        rows.push_back({cell(vm, "vm"), cell(vm, "active"), verdict(health), cell(health, "reason"),
                        fact(here, "power"), fact(here, "heartbeat"), pending(health), operation(vm),
                        readiness(vm)});
    }
    return render_table(rows);
}

std::string render_status(const Json& status) {
    std::string text = "node " + cell(status, "node") + "\n\n";
    if (at(status, "on_last_good_configuration") == Json(true))
        text +=
            "THE CONFIGURATION IS BROKEN, the last good one is in use: see vmhad --check-config, mend it, "
            "then vmhactl reload\n\n";
    text += render_hosts(status);
    Rows rows{{"DATASTORE", "HOST", "STATE", "AGE"}};
    for (const Json& datastore : elements(status, "datastores"))
        rows.push_back({cell(datastore, "name"), cell(datastore, "host"),
                        at(datastore, "accessible") == Json(true) ? "accessible" : cell(datastore, "trouble"),
                        render_age(datastore, "age_ms")});
    if (rows.size() > 1) text += "\n" + render_table(rows);
    return text + "\n" + render_vms(status);
}

std::string render_vm(const Json& vm) {
    const Json& health = at(vm, "health");
    Rows rows{{"vm", cell(vm, "vm")},
              {"vmx", cell(vm, "vmx")},
              {"active here", cell(vm, "active")},
              {"paused", cell(vm, "paused")},
              {"verdict", verdict(health)},
              {"reason", cell(health, "reason")},
              {"detail", cell(health, "detail")},
              {"pending", pending(health)},
              {"operation", operation(vm)}};
    std::string text = render_table(rows) + "\n";
    Rows hosts{
        {"HOST", "ROLE", "REGISTRATION", "POWER", "CONNECTION", "HEARTBEAT", "DATASTORE", "READY", "AGE"}};
    for (const Json& host : elements(vm, "hosts"))
        hosts.push_back({cell(host, "host"), cell(host, "role"), fact(host, "registration"),
                         fact(host, "power"), fact(host, "connection"), fact(host, "heartbeat"),
                         datastore_state(at(host, "datastore")), ready_cell(host),
                         render_age(at(host, "registration"), "age_ms")});
    text += render_table(hosts);
    for (const Json& host : elements(vm, "hosts")) {
        if (at(host, "ready") == Json(false) && cell(host, "detail") != "-")
            text += "\nnot ready on " + cell(host, "host") + ": " + cell(host, "detail") + "\n";
        if (const Json& lock = at(host, "lock"); cell(lock, "detail") != "-")
            text += "\nits files, as " + cell(host, "host") + " sees them: " + cell(lock, "detail") + ", " +
                    render_age(lock, "age_ms") + " ago\n";
        for (const Json& warning : elements(host, "warnings")) text += "\nwarning: " + cell(warning) + "\n";
    }
    for (const Json& host : elements(vm, "hosts"))
        if (const Json& question = at(at(host, "question"), "value"); question.is_object())
            text += "\n" + cell(host, "host") + " asks: " + question_text(question) + "\n";
    return text;
}

std::string render_event(const Json& event) {
    const std::string message = cell(event, "message");
    if (message == "-") return {};
    const std::string level = cell(event, "level");
    return cell(event, "time") + " [" + (level == "-" ? "I" : level) + "] " + message + "\n";
}

}  // namespace vmha::client
