#include "tests/simulator/soap/filter.hpp"

#include <algorithm>

#include "daemon/xml/xml.hpp"
#include "tests/simulator/model/faults.hpp"

namespace vmha::sim {
namespace {

constexpr size_t left_max = 4096;  // objects that left are remembered, for clients that ask again

}  // namespace

std::string property_xml(const Selected& selected) {
    std::string xml;
    if (selected.outcome == Selected::Outcome::found) selected.value->write_any(xml, "val");
    return xml;
}

std::string missing_xml(const std::string& path, const std::string& fault_xml) {
    return "<missingSet><path>" + xml::escaped(path) + "</path>" + fault_xml + "</missingSet>";
}

Filter::Filter(std::string id, FilterSpec spec, const World& world, Version version)
    : id_(std::move(id)), spec_(std::move(spec)) {
    find_members(world, version);
}

const std::vector<std::string>& Filter::paths_for(const std::string& type) {
    const auto found = paths_.find(type);
    if (found != paths_.end()) return found->second;
    return paths_[type] = paths_of(spec_, type).first;
}

void Filter::touch(const Ref& ref, Member& member, Version version) {
    by_touch_.erase({member.touched, ref});
    member.touched = version;
    by_touch_.insert({version, ref});
}

bool Filter::look_at(const World& world, const Ref& ref, Version version) {
    const auto found = members_.find(ref);
    if (found == members_.end() || found->second.left) return false;
    Member& member = found->second;
    if (!exists(world, ref)) return false;  // its leaving is seen by find_members
    Reader reader(world, ref);
    bool any = false;
    for (size_t i = 0; i < member.paths->size(); ++i) {
        const std::string& path = (*member.paths)[i];
        const Selected selected = reader.read(path);
        Seen now;
        now.missing = selected.outcome == Selected::Outcome::no_such_path;
        if (now.missing) {
            std::string fault;
            localized(site::faults::invalid_property(path)).write(fault, "fault");
            now.xml = missing_xml(path, fault);
        } else {
            now.xml = property_xml(selected);
        }
        if (member.seen[i].changed != 0 && member.seen[i] == now) continue;
        now.changed = version;
        member.seen[i] = std::move(now);
        any = true;
    }
    if (any) touch(ref, member, version);
    return any;
}

bool Filter::find_members(const World& world, Version version) {
    Walked walked = walk(world, spec_);
    sources_ = std::move(walked.sources);
    // An object named directly can vanish too.
    for (const auto& start : spec_.objects) sources_.insert(start.object);
    bool any = false;
    const std::set<Ref> now(walked.objects.begin(), walked.objects.end());
    for (auto& [ref, member] : members_) {
        if (member.left || now.contains(ref)) continue;
        member.left = true;
        member.seen.clear();
        touch(ref, member, version);
        left_.push_back(ref);
        any = true;
    }
    for (const auto& ref : walked.objects) {
        Member& member = members_[ref];
        if (member.entered != 0 && !member.left) continue;
        member.entered = version;
        member.left = false;
        member.paths = &paths_for(ref.type);
        member.seen.assign(member.paths->size(), {});
        touch(ref, member, version);
        look_at(world, ref, version);
        any = true;
    }
    while (left_.size() > left_max) {
        const auto oldest = members_.find(left_.front());
        if (oldest != members_.end() && oldest->second.left) {
            forgotten_ = oldest->second.touched;
            by_touch_.erase({oldest->second.touched, oldest->first});
            members_.erase(oldest);
        }
        left_.erase(left_.begin());
    }
    return any;
}

bool Filter::look_again(const World& world, const std::set<Ref>& objects, Version version) {
    bool any = false;
    for (const auto& ref : objects) any = look_at(world, ref, version) || any;
    const bool moved = std::any_of(objects.begin(), objects.end(),
                                   [this](const Ref& ref) { return sources_.contains(ref); });
    if (moved) any = find_members(world, version) || any;
    return any;
}

ObjectUpdate Filter::describe(const Ref& ref, const Member& member, Version since) const {
    ObjectUpdate update{member.entered > since ? "enter" : "modify", ref, {}};
    std::string missing;
    for (size_t i = 0; i < member.seen.size(); ++i) {
        const Seen& seen = member.seen[i];
        if (seen.changed <= since) continue;
        if (seen.missing) {
            missing += seen.xml;
            continue;
        }
        // An unset property is an assignment without a value.
        update.changes.append("<changeSet><name>").append(xml::escaped((*member.paths)[i]));
        update.changes.append("</name><op>assign</op>").append(seen.xml).append("</changeSet>");
    }
    update.changes += missing;
    return update;
}

std::vector<ObjectUpdate> Filter::changes_since(Version since) const {
    std::vector<ObjectUpdate> updates;
    for (auto at = by_touch_.lower_bound({since + 1, Ref{}}); at != by_touch_.end(); ++at) {
        const Ref& ref = at->second;
        const Member& member = members_.at(ref);
        if (!member.left) {
            updates.push_back(describe(ref, member, since));
        } else if (member.entered <= since) {
            updates.push_back({"leave", ref, {}});
        }
    }
    return updates;
}

std::vector<ObjectUpdate> Filter::all_missing(const std::string& fault_xml) const {
    std::vector<ObjectUpdate> updates;
    for (const auto& [ref, member] : members_) {
        if (member.left) continue;
        ObjectUpdate update{"modify", ref, {}};
        for (const auto& path : *member.paths) update.changes += missing_xml(path, fault_xml);
        updates.push_back(std::move(update));
    }
    return updates;
}

}  // namespace vmha::sim
