#include "daemon/esx/values.hpp"

#include <charconv>

namespace vmha::esx {

namespace {

// Takes `digits` digits, and the separator after them if one is wanted, from the front of `text`.
bool take(std::string_view& text, size_t digits, int& into, char separator = '\0') {
    const size_t all = digits + (separator == '\0' ? 0 : 1);
    if (text.size() < all || (separator != '\0' && text[digits] != separator)) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, into);
    if (error != std::errc() || end != text.data() + digits || into < 0) return false;
    text.remove_prefix(all);
    return true;
}

std::chrono::nanoseconds take_fraction(std::string_view& text) {
    if (!text.starts_with('.')) return {};
    text.remove_prefix(1);
    int64_t nanoseconds = 0;
    int64_t unit = 100'000'000;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        nanoseconds += (text.front() - '0') * unit;
        unit /= 10;
        text.remove_prefix(1);
    }
    return std::chrono::nanoseconds(nanoseconds);
}

// "", "Z", "+09:00": minutes east of UTC.
std::optional<std::chrono::minutes> take_zone(std::string_view text) {
    if (text.empty() || text == "Z") return std::chrono::minutes(0);
    const bool west = text.front() == '-';
    if (!west && text.front() != '+') return std::nullopt;
    text.remove_prefix(1);
    int hours = 0;
    int minutes = 0;
    if (!take(text, 2, hours, ':') || !take(text, 2, minutes) || !text.empty()) return std::nullopt;
    const std::chrono::minutes offset(60 * hours + minutes);
    return west ? -offset : offset;
}

}  // namespace

std::optional<bool> flag_of(std::string_view text) {
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    return std::nullopt;
}

std::optional<HostTime> time_of(std::string_view text) {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    if (!take(text, 4, year, '-') || !take(text, 2, month, '-') || !take(text, 2, day, 'T') ||
        !take(text, 2, hour, ':') || !take(text, 2, minute, ':') || !take(text, 2, second))
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                           std::chrono::day(day)};
    if (!date.ok() || hour > 24 || minute > 59 || second > 60) return std::nullopt;
    const auto fraction = take_fraction(text);
    const auto zone = take_zone(text);
    if (!zone) return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second) + fraction - *zone;
}

core::Question question_of(const pugi::xml_node& value) {
    core::Question question;
    question.id = text_of(value, "id");
    question.text = text_of(value, "text");
    for (const auto& part : value.children())
        if (xml::local_name(part) == "message") question.message_ids.emplace_back(text_of(part, "id"));
    // Older hosts give the id only in front of the text: "msg.uuid.altered:This virtual machine may have been
    // …".
    if (question.message_ids.empty() && question.text.starts_with("msg."))
        if (const auto colon = question.text.find(':'); colon != std::string::npos)
            question.message_ids.push_back(question.text.substr(0, colon));
    for (const auto& choice : xml::child(value, "choice").children()) {
        if (xml::local_name(choice) != "choiceInfo") continue;
        core::Choice info{std::string(text_of(choice, "key")), std::string(text_of(choice, "label"))};
        if (info.label.empty()) info.label = text_of(choice, "summary");
        question.choices.push_back(std::move(info));
    }
    return question;
}

std::vector<std::string> autostart_of(const pugi::xml_node& value) {
    std::vector<std::string> vmids;
    if (!flag_of(text_of(xml::child(value, "defaults"), "enabled")).value_or(false)) return vmids;
    for (const auto& part : value.children()) {
        if (xml::local_name(part) != "powerInfo") continue;
        // "powerOn" in the API's reference, "PowerOn" in what hosts print.
        const std::string_view action = text_of(part, "startAction");
        if (action == "powerOn" || action == "PowerOn") vmids.push_back(moref_of(xml::child(part, "key")).id);
    }
    return vmids;
}

std::string volume_id_of_url(std::string_view url) {
    while (url.ends_with('/')) url.remove_suffix(1);
    return std::string(url.substr(url.rfind('/') + 1));
}

}  // namespace vmha::esx
