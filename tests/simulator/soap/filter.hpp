// One property filter with its memory: for every object in it, each property as last seen and the data
// version at which it changed last. So "what changed since version V" can be answered for any V, also a
// second time after a lost reply, and two changes of one property are one (coalesced) by construction.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/simulator/soap/spec.hpp"

namespace vmha::sim {

using Version = uint64_t;

// One <objectSet> of an update, ready to be written.
struct ObjectUpdate {
    std::string kind;  // enter, modify, leave
    Ref object;
    std::string changes;  // the <changeSet> and <missingSet> elements
};

// Owned by its collector. Not told what changed, only which objects to look at again: it finds out itself.
class Filter {
public:
    Filter(std::string id, FilterSpec spec, const World& world, Version version);

    const std::string& id() const { return id_; }

    // Looks again at these objects; what differs from before has changed at `version`. True if anything did.
    bool look_again(const World& world, const std::set<Ref>& objects, Version version);

    std::vector<ObjectUpdate> changes_since(Version since) const;

    // Versions before this one are no longer known: objects that left then are forgotten.
    Version forgotten() const { return forgotten_; }

    // Every object with each of its properties missing for this reason.
    std::vector<ObjectUpdate> all_missing(const std::string& fault_xml) const;

private:
    struct Seen {
        std::string xml;  // <val …>, empty when unset, <missingSet> content when missing
        bool missing = false;
        Version changed = 0;
        bool operator==(const Seen& other) const { return xml == other.xml && missing == other.missing; }
    };
    struct Member {
        Version entered = 0;
        Version touched = 0;  // its newest change
        bool left = false;
        const std::vector<std::string>* paths = nullptr;
        std::vector<Seen> seen;  // one for each path
    };

    bool look_at(const World& world, const Ref& ref, Version version);
    bool find_members(const World& world, Version version);
    void touch(const Ref& ref, Member& member, Version version);
    const std::vector<std::string>& paths_for(const std::string& type);
    ObjectUpdate describe(const Ref& ref, const Member& member, Version since) const;

    std::string id_;
    FilterSpec spec_;
    std::map<Ref, Member> members_;
    std::set<std::pair<Version, Ref>> by_touch_;
    std::set<Ref> sources_;
    std::map<std::string, std::vector<std::string>> paths_;
    std::vector<Ref> left_;  // oldest first
    Version forgotten_ = 0;
};

// The <val> of a property as it is written in answers.
std::string property_xml(const Selected& selected);
std::string missing_xml(const std::string& path, const std::string& fault_xml);

}  // namespace vmha::sim
