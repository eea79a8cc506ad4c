#include "tests/simulator/model/rules.hpp"

#include <algorithm>

namespace vmha::site {

void Rules::clear(const std::string& method) {
    std::erase_if(rules_, [&method](const Rule& rule) { return method == "*" || rule.method == method; });
}

void Rules::set_delay(const std::string& method, Time delay) {
    std::erase_if(rules_, [&method](const Rule& rule) {
        return rule.trouble == Trouble::delay && rule.method == method;
    });
    if (delay > Time{}) rules_.push_back(Rule{.method = method, .delay = delay});
}

Effect Rules::apply(const std::vector<std::string>& methods, const std::string& object) {
    Effect effect;
    for (Rule& rule : rules_) {
        const bool named = std::find(methods.begin(), methods.end(), rule.method) != methods.end();
        if (rule.method != "*" && !named) continue;
        if (!rule.object.empty() && rule.object != object) continue;
        if (rule.count == 0) continue;
        if (rule.skip > 0) {
            --rule.skip;
            continue;
        }
        // A draw only where it matters: a certain rule must not move the sequence of an uncertain one.
        if (rule.probability < 1.0 && std::uniform_real_distribution<>(0, 1)(random_) >= rule.probability)
            continue;
        if (rule.trouble != Trouble::delay && effect.trouble) continue;
        if (rule.count > 0) --rule.count;
        effect.delay += rule.delay;
        if (rule.trouble != Trouble::delay) effect.trouble = rule;
    }
    return effect;
}

}  // namespace vmha::site
