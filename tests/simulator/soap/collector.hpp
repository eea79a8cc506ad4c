// A property collector of one session: its filters, the versions it has given out, and pages not yet fetched.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "tests/simulator/soap/filter.hpp"

namespace vmha::sim {

// Gives every collector of a host names and numbers that no other has: so a version of one means nothing to
// another.
struct Numbers {
    Version data = 1;     // grows with every change
    uint64_t issued = 0;  // grows with every version given out
    uint64_t name = 0;
};

// Owned by the host's API, dies with its session.
class Collector {
public:
    Collector(std::string id, Numbers& numbers) : id_(std::move(id)), numbers_(numbers) {}

    const std::string& id() const { return id_; }

    Filter& add_filter(std::string id, FilterSpec spec, const World& world);
    bool remove_filter(const std::string& id);
    bool has_filter(const std::string& id) const { return filters_.contains(id); }

    bool look_again(const World& world, const std::set<Ref>& objects, Version version);

    // The <returnval> of WaitForUpdates for a client that has seen `version` ("": nothing). Empty text:
    // nothing has changed. nullopt: this collector never gave that version out, or has forgotten it.
    std::optional<std::string> updates(const std::string& version, size_t objects_max);

    // Only whether the version is one that updates() accepts.
    bool knows(const std::string& version) const;

    std::string all_missing(const std::string& fault_xml);

    // Pages of RetrievePropertiesEx, by token; each can be fetched once.
    std::string keep_page(std::deque<std::string> objects);
    std::optional<std::deque<std::string>> take_page(const std::string& token);

private:
    struct Update {
        std::string filter;
        ObjectUpdate object;
    };
    struct Pages {
        std::string token;  // the truncated version that fetches the next page
        Version until = 0;  // the version reached once all are fetched
        std::deque<Update> rest;
    };

    std::vector<Update> collect(Version since) const;
    std::string issue(Version data);
    std::string page(std::deque<Update> updates, Version until, size_t objects_max);

    std::string id_;
    Numbers& numbers_;
    std::map<std::string, Filter> filters_;
    std::deque<std::pair<std::string, Version>> issued_;  // oldest first
    std::optional<Pages> pages_;
    std::map<std::string, std::deque<std::string>> retrieve_pages_;
};

}  // namespace vmha::sim
