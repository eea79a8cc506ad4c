// The two nodes and their hosts: one cluster has one pair, whichever script tells of it.
#include <algorithm>
#include <array>

#include "client/import/address.hpp"
#include "client/import/plan.hpp"
#include "common/ids.hpp"

namespace vmha::migration {
namespace {

// One side as one script has it.
struct Side {
    const Script* script;
    const Value* node;     // $ec1
    const Value* host;     // $vmk1
    const Value* adapter;  // $vmhba1; nullptr: genw has none
    std::string number;    // "1"
};

Side side_of(const Script& script, const std::string& number) {
    return {&script, script.value("ec" + number), script.value("vmk" + number),
            script.value("vmhba" + number), number};
}

// A value of the pair as the usual script has it, with its place.
struct Known {
    Value value;
    const Script* script = nullptr;

    std::string text() const { return place(script->file, value.line) + " says '" + value.text + "'"; }
};

struct KnownSide {
    Known node, host, adapter;
};

bool is_complete(const Script& script) {
    const Side first = side_of(script, "1");
    const Side second = side_of(script, "2");
    return first.node && second.node && first.host && second.host;
}

bool agree(const Side& a, const Side& b) {
    return same_address(a.node->text, b.node->text) && same_address(a.host->text, b.host->text) &&
           (!a.adapter || !b.adapter || a.adapter->text == b.adapter->text);
}

bool agree(const Script& a, const Script& b) {
    const Side first = side_of(a, "1");
    const Side second = side_of(a, "2");
    return (agree(first, side_of(b, "1")) && agree(second, side_of(b, "2"))) ||
           (agree(first, side_of(b, "2")) && agree(second, side_of(b, "1")));
}

// The first of those that most agree with: one slip in twenty scripts is reported at its own place, once.
const Script* usual_one(const std::vector<const Script*>& scripts) {
    const Script* usual = nullptr;
    std::ptrdiff_t most = 0;
    for (const Script* const script : scripts) {
        if (!is_complete(*script)) continue;
        const auto count = std::ranges::count_if(
            scripts, [&](const Script* other) { return is_complete(*other) && agree(*script, *other); });
        if (count > most) {
            usual = script;
            most = count;
        }
    }
    return usual;
}

class Pair {
public:
    explicit Pair(Remarks& remarks) : remarks_(remarks) {}

    void take(const std::vector<const Script*>& scripts) {
        const Script* const usual = usual_one(scripts);
        if (usual) sides_ = {known(side_of(*usual, "1")), known(side_of(*usual, "2"))};
        known_ = usual;
        for (const Script* const script : scripts) take(*script, usual);
    }

    bool complete() const { return known_; }
    const KnownSide& side(size_t number) const { return sides_[number]; }

private:
    void take(const Script& script, const Script* usual) {
        const Side first = side_of(script, "1");
        const Side second = side_of(script, "2");
        check_distinct(first, second);
        if (!is_complete(script) || &script == usual) return;
        compare(first);
        compare(second);
        const bool swapped = same_address(first.node->text, sides_[1].node.value.text) &&
                             same_address(second.node->text, sides_[0].node.value.text);
        if (swapped)
            remarks_.note(script.file, first.node->line,
                          "$ec1 and $ec2 stand the other way round than in " + sides_[0].node.script->file +
                              ", which means the same");
    }

    static KnownSide known(const Side& side) {
        KnownSide made{{*side.node, side.script}, {*side.host, side.script}, {}};
        if (side.adapter) made.adapter = {*side.adapter, side.script};
        return made;
    }

    void problem(const Side& side, const Value& value, const std::string& message) {
        remarks_.problem(side.script->file, value.line, message);
    }

    void check_distinct(const Side& first, const Side& second) {
        if (first.node && second.node && same_address(first.node->text, second.node->text))
            problem(second, *second.node, "$ec1 and $ec2 are the same address " + second.node->text);
        if (first.host && second.host && same_address(first.host->text, second.host->text))
            problem(second, *second.host, "$vmk1 and $vmk2 are the same address " + second.host->text);
        for (const Side* node : {&first, &second})
            for (const Side* host : {&first, &second})
                if (node->node && host->host && same_address(node->node->text, host->host->text))
                    problem(*host, *host->host,
                            "$ec" + node->number + " and $vmk" + host->number + " are the same address " +
                                host->host->text + ": one is the node, the other the host it runs on");
    }

    void compare(const Side& side) {
        KnownSide* same = nullptr;
        for (KnownSide& one : sides_)
            if (same_address(one.node.value.text, side.node->text)) same = &one;
        if (!same)
            return problem(side, *side.node,
                           "$ec" + side.number + " is '" + side.node->text + "', but " +
                               sides_[0].node.text() + " and '" + sides_[1].node.value.text +
                               "': all VMs need the same two nodes");
        if (!same_address(same->host.value.text, side.host->text))
            problem(side, *side.host,
                    "$vmk" + side.number + " is '" + side.host->text + "', but " + same->host.text() +
                        ", for the same node " + side.node->text);
        if (!side.adapter) return;
        if (!same->adapter.script) {
            same->adapter = {*side.adapter, side.script};
        } else if (same->adapter.value.text != side.adapter->text) {
            problem(side, *side.adapter,
                    "$vmhba" + side.number + " is '" + side.adapter->text + "', but " + same->adapter.text() +
                        ", for the same host " + side.host->text);
        }
    }

    Remarks& remarks_;
    bool known_ = false;
    std::array<KnownSide, 2> sides_;
};

bool usable(const std::vector<std::string>& names, const std::string& option, Remarks& remarks) {
    if (names.empty()) return true;
    bool good = true;
    for (const auto& name : names)
        if (!is_valid_name(name)) {
            remarks.problem("", 0,
                            option + ": '" + name + "' is no valid name: letters, digits, '.', '_' and '-'");
            good = false;
        }
    if (names.size() != 2 || names[0] == names[1]) {
        remarks.problem("", 0, option + " must be given twice, with two names, in the order of 1 and 2");
        good = false;
    }
    return good;
}

}  // namespace

void plan_nodes(const std::vector<Script>& scripts, const Names& names, Plan& plan) {
    Pair pair(plan.remarks);
    // Of two scripts that differ the later one is reported, so those that tell most come first.
    std::vector<const Script*> ordered;
    for (const Kind kind : {Kind::start, Kind::stop, Kind::genw})
        for (const Script& script : scripts)
            if (script.kind == kind) ordered.push_back(&script);
    pair.take(ordered);
    const bool named = usable(names.nodes, "--node", plan.remarks);
    if (!(usable(names.hosts, "--host", plan.remarks) && named && pair.complete())) return;
    for (const size_t i : {0, 1}) {
        const KnownSide& side = pair.side(i);
        plan.nodes.push_back({names.nodes.empty() ? "ec" + std::to_string(i + 1) : names.nodes[i],
                              side.node.value.text, names.hosts.empty() ? "" : names.hosts[i],
                              side.host.value.text, side.adapter.value.text});
    }
}

}  // namespace vmha::migration
