#include "client/import/script.hpp"

#include <algorithm>

#include "client/import/address.hpp"
#include "client/import/perl.hpp"
#include "common/ids.hpp"
#include "common/json.hpp"

namespace vmha::migration {
namespace {

const std::vector<std::string_view> paths{"cfg_path", "cfg_paths"};
const std::vector<std::string_view> addresses{"vmk1", "vmk2", "ec1", "ec2"};
const std::vector<std::string_view> adapters{"vmhba1", "vmhba2"};
const std::vector<std::string_view> tunables{"storage_check_interval", "interval", "max_cnt", "start_to"};

bool holds(const std::vector<std::string_view>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

std::vector<std::string_view> all_names() {
    std::vector<std::string_view> all{"datastore"};
    for (const auto* names : {&paths, &addresses, &adapters, &tunables})
        all.insert(all.end(), names->begin(), names->end());
    return all;
}

bool names(const std::vector<Assignment>& found, const std::vector<std::string_view>& wanted) {
    return std::ranges::any_of(found, [&](const Assignment& one) { return holds(wanted, one.name); });
}

// The name of the file tells, as people name it: start.sh, vm-stop.pl, genw-vm1.pl; else what only one of
// them has.
Kind kind_of(const std::string& name, const std::vector<Assignment>& found) {
    if (name.find("genw") != std::string::npos) return Kind::genw;
    if (name.find("stop") != std::string::npos) return Kind::stop;
    if (name.find("start") != std::string::npos) return Kind::start;
    if (names(found, {"start_to", "storage_check_interval"})) return Kind::start;
    return names(found, adapters) ? Kind::stop : Kind::genw;
}

// What is not would change on its way into JSON, and name another file.
bool is_utf8(const std::string& text) {
    const auto back = parse_json(dump_json(Json(text)));
    return !back.has_error() && *back == Json(text);
}

class Meaning {
public:
    Meaning(const Text& text, const std::vector<Assignment>& found, Script& script, Remarks& remarks)
        : text_(text), found_(found), script_(script), remarks_(remarks) {}

    void read() {
        list_ = std::ranges::any_of(found_, [](const Assignment& one) {
            return one.name == "cfg_paths" && one.list && one.understood();
        });
        for (const Assignment& one : found_) take(one);
        for (const auto& name : {"vmk1", "vmk2", "ec1", "ec2"}) require(name);
        if (!seen_path_) remarks_.problem(text_.file, 0, "sets no $cfg_path, the path of the .vmx");
        // The start needs them to rescan; what the others say besides is compared.
        if (script_.kind != Kind::start) return;
        for (const auto& name : {"vmhba1", "vmhba2", "datastore"}) require(name);
    }

private:
    void problem(int line, std::string message) { remarks_.problem(text_.file, line, std::move(message)); }

    void require(const std::string& name) {
        if (!std::ranges::any_of(found_, [&](const Assignment& one) { return one.name == name; }))
            remarks_.problem(text_.file, 0, "sets no $" + name);
    }

    void take(const Assignment& one) {
        const bool path = holds(paths, one.name);
        if (path) seen_path_ = true;
        if (!one.understood()) return take_not_understood(one);
        for (const std::string& value : one.values) {
            if (value.find("%%") != std::string::npos) {
                problem(one.line, "$" + one.name + ": the placeholder " + value + " was not replaced");
            } else if (value.empty()) {
                problem(one.line, "$" + one.name + " is empty");
            } else if (path) {
                take_path(one, value);
            } else {
                take_value(one, value);
            }
        }
        if (one.values.empty()) problem(one.line, "@" + one.name + " is empty");
        if (one.list && !path) problem(one.line, "@" + one.name + " is a list, one value was expected");
    }

    // A loop over @cfg_paths has its own $cfg_path, and loops count: neither tells what was configured.
    void take_not_understood(const Assignment& one) {
        if (one.name == "cfg_path" && list_) return;
        const bool counted = holds(tunables, one.name);
        if (counted && std::ranges::any_of(found_, [&](const Assignment& other) {
                return other.name == one.name && other.understood();
            }))
            return;
        problem(one.line, "not understood what is assigned to $" + one.name + ": " + one.trouble);
    }

    void take_path(const Assignment& one, const std::string& value) {
        const auto path = parse_vmx_path(value);
        if (path.has_error()) return problem(one.line, "$" + one.name + ": " + path.error().message);
        if (!is_utf8(value)) return problem(one.line, "$" + one.name + " is not UTF-8: '" + value + "'");
        const bool same = std::ranges::any_of(script_.vmx, [&](const Vmx& vmx) { return vmx.path == *path; });
        if (same) return;
        if (!script_.vmx.empty() && !list_)
            return problem(one.line, "$" + one.name + " is '" + value + "', but " +
                                         place(text_.file, script_.vmx.front().line) + " says '" +
                                         script_.vmx.front().text + "'");
        script_.vmx.push_back({*path, value, one.line});
    }

    void take_value(const Assignment& one, const std::string& value) {
        if (holds(addresses, one.name) && !normal_address(value))
            return problem(one.line,
                           "$" + one.name + ": '" + value +
                               "' is no IP address; names are not looked up, as a name service may be "
                               "down when it counts");
        if (holds(adapters, one.name) && !is_valid_name(value))
            return problem(one.line,
                           "$" + one.name + ": '" + value + "' is no name of an adapter such as vmhba65");
        const auto [first, is_new] = script_.values.try_emplace(one.name, Value{value, one.line});
        if (!is_new && first->second.text != value)
            problem(one.line, "$" + one.name + " is '" + value + "', but " +
                                  place(text_.file, first->second.line) + " says '" + first->second.text +
                                  "'");
    }

    const Text& text_;
    const std::vector<Assignment>& found_;
    Script& script_;
    Remarks& remarks_;
    bool list_ = false;
    bool seen_path_ = false;
};

}  // namespace

std::string_view word(Kind kind) {
    switch (kind) {
        case Kind::start: return "start";
        case Kind::stop: return "stop";
        case Kind::genw: break;
    }
    return "genw";
}

const Value* Script::value(const std::string& name) const {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : &found->second;
}

std::optional<Script> read_script(const Text& text, Remarks& remarks) {
    const auto found = read_assignments(text.text, all_names());
    if (!names(found, paths) || !names(found, addresses)) return std::nullopt;
    Script script{text.file, text.folder, kind_of(text.name, found), {}, {}};
    Meaning(text, found, script, remarks).read();
    return script;
}

}  // namespace vmha::migration
