// PropertyFilterSpec: which properties of which objects, and how to find them. Parsing and walking.
#pragma once
#include <map>
#include <pugixml.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/simulator/soap/world.hpp"

namespace vmha::sim {

struct PropertySpec {
    std::string type;
    bool all = false;
    std::vector<std::string> paths;
};

// A TraversalSpec, or (type empty) the name of one defined elsewhere in the same ObjectSpec.
struct Selection {
    std::string name;
    std::string type;
    std::string path;
    bool skip = false;
    std::vector<Selection> select;
};

struct ObjectSpec {
    Ref object;
    bool skip = false;
    std::vector<Selection> select;
};

struct FilterSpec {
    std::vector<PropertySpec> properties;
    std::vector<ObjectSpec> objects;
    bool report_missing = false;
};

Ref parse_ref(const pugi::xml_node& element);
bool parse_boolean(const pugi::xml_node& element);
FilterSpec parse_spec(const pugi::xml_node& element);

// The paths asked for on objects of this type, each once; every top-level property for `all`. The second is
// false when no PropertySpec speaks of the type: then its objects are not part of the result.
std::pair<std::vector<std::string>, bool> paths_of(const FilterSpec& spec, const std::string& type);

struct Walked {
    std::vector<Ref> objects;  // each once, in the order found; only those of a type asked for
    std::set<Ref> sources;     // a change of one of these can change `objects`
    std::vector<Ref> missing;  // starting objects that do not exist
};
Walked walk(const World& world, const FilterSpec& spec);

// A path that no object of its type can have; nullopt: all can be right.
std::optional<std::string> impossible_path(const World& world, const FilterSpec& spec);

// One property by its path, read once per object however many paths lead into it.
class Reader {
public:
    Reader(const World& world, const Ref& ref) : world_(world), ref_(ref) {}
    Selected read(std::string_view path);

private:
    const World& world_;
    const Ref& ref_;
    std::map<std::string, std::optional<Value>, std::less<>> tops_;
};

}  // namespace vmha::sim
