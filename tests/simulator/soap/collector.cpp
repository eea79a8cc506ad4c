#include "tests/simulator/soap/collector.hpp"

#include "daemon/xml/xml.hpp"

namespace vmha::sim {
namespace {

constexpr size_t issued_max = 100;

}  // namespace

Filter& Collector::add_filter(std::string id, FilterSpec spec, const World& world) {
    const Version version = ++numbers_.data;
    return filters_.try_emplace(id, id, std::move(spec), world, version).first->second;
}

bool Collector::remove_filter(const std::string& id) {
    return filters_.erase(id) != 0;
}

bool Collector::look_again(const World& world, const std::set<Ref>& objects, Version version) {
    bool any = false;
    for (auto& [id, filter] : filters_) any = filter.look_again(world, objects, version) || any;
    return any;
}

bool Collector::knows(const std::string& version) const {
    if (version.empty() || (pages_ && pages_->token == version)) return true;
    for (const auto& [token, data] : issued_) {
        if (token != version) continue;
        for (const auto& [id, filter] : filters_)
            if (data < filter.forgotten()) return false;
        return true;
    }
    return false;
}

std::string Collector::issue(Version data) {
    const std::string token = std::to_string(++numbers_.issued);
    issued_.emplace_back(token, data);
    if (issued_.size() > issued_max) issued_.pop_front();
    return token;
}

std::vector<Collector::Update> Collector::collect(Version since) const {
    std::vector<Update> all;
    for (const auto& [id, filter] : filters_)
        for (auto& object : filter.changes_since(since)) all.push_back({id, std::move(object)});
    return all;
}

std::optional<std::string> Collector::updates(const std::string& version, size_t objects_max) {
    if (!knows(version)) return std::nullopt;
    if (pages_ && pages_->token == version) {
        Pages pages = std::move(*pages_);
        pages_.reset();
        return page(std::move(pages.rest), pages.until, objects_max);
    }
    Version since = 0;
    for (const auto& [token, data] : issued_)
        if (token == version) since = data;
    auto all = collect(since);
    // The first question of a client is answered even when its filters are empty: it needs a version to go on
    // from.
    if (all.empty() && (!version.empty() || filters_.empty())) return std::string{};
    pages_.reset();
    return page({std::make_move_iterator(all.begin()), std::make_move_iterator(all.end())}, numbers_.data,
                objects_max);
}

std::string Collector::page(std::deque<Update> updates, Version until, size_t objects_max) {
    std::string sets;
    std::string open;
    size_t count = 0;
    while (!updates.empty() && (objects_max == 0 || count < objects_max)) {
        const Update update = std::move(updates.front());
        updates.pop_front();
        ++count;
        if (open != update.filter) {
            if (!open.empty()) sets += "</filterSet>";
            open = update.filter;
            sets.append("<filterSet><filter type=\"PropertyFilter\">")
                .append(xml::escaped(open))
                .append("</filter>");
        }
        sets.append("<objectSet><kind>").append(update.object.kind).append("</kind><obj type=\"");
        sets.append(update.object.object.type).append("\">").append(xml::escaped(update.object.object.id));
        sets.append("</obj>").append(update.object.changes).append("</objectSet>");
    }
    if (!open.empty()) sets += "</filterSet>";
    const bool truncated = !updates.empty();
    std::string version;
    if (truncated) {
        version = std::to_string(++numbers_.issued) + "T";
        pages_ = Pages{version, until, std::move(updates)};
    } else {
        version = issue(until);
    }
    return "<version>" + version + "</version>" + sets + (truncated ? "<truncated>true</truncated>" : "");
}

std::string Collector::all_missing(const std::string& fault_xml) {
    std::deque<Update> all;
    for (const auto& [id, filter] : filters_)
        for (auto& object : filter.all_missing(fault_xml)) all.push_back({id, std::move(object)});
    return page(std::move(all), numbers_.data, 0);
}

std::string Collector::keep_page(std::deque<std::string> objects) {
    const std::string token = std::to_string(++numbers_.issued);
    retrieve_pages_[token] = std::move(objects);
    return token;
}

std::optional<std::deque<std::string>> Collector::take_page(const std::string& token) {
    auto found = retrieve_pages_.extract(token);
    if (found.empty()) return std::nullopt;
    return std::move(found.mapped());
}

}  // namespace vmha::sim
