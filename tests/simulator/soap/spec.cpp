#include "tests/simulator/soap/spec.hpp"

#include <algorithm>

#include "daemon/xml/xml.hpp"

namespace vmha::sim {
namespace {

Selection parse_selection(const pugi::xml_node& element) {
    Selection selection;
    for (const auto& child : element.children()) {
        const auto name = xml::local_name(child);
        if (name == "name") selection.name = child.text().get();
        if (name == "type") selection.type = child.text().get();
        if (name == "path") selection.path = child.text().get();
        if (name == "skip") selection.skip = parse_boolean(child);
        if (name == "selectSet") selection.select.push_back(parse_selection(child));
    }
    return selection;
}

PropertySpec parse_property(const pugi::xml_node& element) {
    PropertySpec spec;
    for (const auto& child : element.children()) {
        const auto name = xml::local_name(child);
        if (name == "type") spec.type = child.text().get();
        if (name == "all") spec.all = parse_boolean(child);
        if (name == "pathSet") spec.paths.push_back(child.text().get());
    }
    return spec;
}

ObjectSpec parse_object(const pugi::xml_node& element) {
    ObjectSpec spec;
    for (const auto& child : element.children()) {
        const auto name = xml::local_name(child);
        if (name == "obj") spec.object = parse_ref(child);
        if (name == "skip") spec.skip = parse_boolean(child);
        if (name == "selectSet") spec.select.push_back(parse_selection(child));
    }
    return spec;
}

class Walker {
public:
    Walker(const World& world, const FilterSpec& spec) : world_(world), spec_(spec) {}

    Walked run() {
        for (const auto& start : spec_.objects) {
            if (!exists(world_, start.object)) {
                walked_.missing.push_back(start.object);
                continue;
            }
            named_.clear();
            remember(start.select);
            if (!start.skip) include(start.object);
            for (const auto& selection : start.select) follow(start.object, selection);
        }
        return std::move(walked_);
    }

private:
    void remember(const std::vector<Selection>& selections) {
        for (const auto& selection : selections) {
            if (!selection.type.empty() && !selection.name.empty()) named_[selection.name] = &selection;
            remember(selection.select);
        }
    }

    void include(const Ref& ref) {
        if (!paths_of(spec_, ref.type).second) return;
        if (seen_.insert(ref).second) walked_.objects.push_back(ref);
    }

    void follow(const Ref& from, const Selection& selection) {
        if (selection.type.empty()) {
            const auto named = named_.find(selection.name);
            if (named != named_.end()) follow(from, *named->second);
            return;
        }
        if (!is_a(from.type, selection.type)) return;
        if (!stepped_.insert({from, &selection}).second) return;  // folders may be named recursively
        walked_.sources.insert(from);
        Reader reader(world_, from);
        const Selected found = reader.read(selection.path);
        if (found.outcome != Selected::Outcome::found) return;
        std::vector<Ref> targets;
        if (found.value->kind() == Value::Kind::ref) targets.push_back(found.value->as_ref());
        for (const auto& item : found.value->items())
            if (item.kind() == Value::Kind::ref) targets.push_back(item.as_ref());
        for (const auto& target : targets) {
            if (!exists(world_, target)) continue;
            if (!selection.skip) include(target);
            for (const auto& next : selection.select) follow(target, next);
        }
    }

    const World& world_;
    const FilterSpec& spec_;
    Walked walked_;
    std::set<Ref> seen_;
    std::set<std::pair<Ref, const Selection*>> stepped_;
    std::map<std::string, const Selection*> named_;
};

}  // namespace

Ref parse_ref(const pugi::xml_node& element) {
    return {element.attribute("type").value(), element.text().get()};
}

bool parse_boolean(const pugi::xml_node& element) {
    const std::string_view text = element.text().get();
    return text == "true" || text == "1";
}

FilterSpec parse_spec(const pugi::xml_node& element) {
    FilterSpec spec;
    for (const auto& child : element.children()) {
        const auto name = xml::local_name(child);
        if (name == "propSet") spec.properties.push_back(parse_property(child));
        if (name == "objectSet") spec.objects.push_back(parse_object(child));
        if (name == "reportMissingObjectsInResults") spec.report_missing = parse_boolean(child);
    }
    return spec;
}

std::pair<std::vector<std::string>, bool> paths_of(const FilterSpec& spec, const std::string& type) {
    std::vector<std::string> paths;
    bool named = false;
    const auto add = [&paths](std::string path) {
        if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(std::move(path));
    };
    for (const auto& one : spec.properties) {
        if (!is_a(type, one.type)) continue;
        named = true;
        if (one.all)
            for (const auto name : property_names(type)) add(std::string(name));
        for (const auto& path : one.paths) add(path);
    }
    return {std::move(paths), named};
}

Walked walk(const World& world, const FilterSpec& spec) {
    return Walker(world, spec).run();
}

std::optional<std::string> impossible_path(const World& world, const FilterSpec& spec) {
    // One object speaks for its type: what a path can be does not depend on the object's state.
    std::set<std::string> types;
    for (const auto& object : walk(world, spec).objects) {
        if (!types.insert(object.type).second) continue;
        Reader reader(world, object);
        for (const auto& path : paths_of(spec, object.type).first)
            if (reader.read(path).outcome == Selected::Outcome::no_such_path) return path;
    }
    // Where no object is there yet, at least the first part of the path can be known to be wrong.
    for (const auto& one : spec.properties) {
        const auto names = property_names(one.type);
        if (names.empty()) continue;
        for (const auto& path : one.paths) {
            const std::string_view top = std::string_view(path).substr(0, path.find('.'));
            if (std::find(names.begin(), names.end(), top) == names.end()) return path;
        }
    }
    return std::nullopt;
}

Selected Reader::read(std::string_view path) {
    const auto dot = path.find('.');
    const std::string_view top = path.substr(0, dot);
    auto found = tops_.find(top);
    if (found == tops_.end()) found = tops_.emplace(std::string(top), property(world_, ref_, top)).first;
    if (!found->second) return {Selected::Outcome::no_such_path};
    return select(*found->second, dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1));
}

}  // namespace vmha::sim
