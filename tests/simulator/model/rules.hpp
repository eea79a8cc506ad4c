// Faults put into one host's answers: rules that match a call by its method or object and say what goes
// wrong.
#pragma once
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/simulator/model/types.hpp"

namespace vmha::site {

enum class Trouble {
    delay,       // only slow
    fault,       // answer with a fault instead of doing it
    drop,        // close the connection; the call is not carried out
    lose_reply,  // carry it out, then close the connection without an answer
    hang,        // never answer; the call is not carried out
    status,      // answer with an HTTP status and an HTML page, as a proxy does
};

struct Rule {
    std::string method;       // "*" matches every method
    std::string object = "";  // the value of _this, such as a vmid; empty matches every object
    Trouble trouble = Trouble::delay;
    std::string fault = "";
    std::string message = "";
    int status = 503;
    Time delay{};
    int skip = 0;    // let this many matching calls pass first
    int count = -1;  // then apply to this many; -1: for ever
    double probability = 1.0;
};

struct Effect {
    Time delay{};
    std::optional<Rule> trouble = {};  // the first rule that is more than a delay
};

class Rules {
public:
    explicit Rules(uint64_t seed) : random_(seed) {}
    void add(Rule rule) { rules_.push_back(std::move(rule)); }
    void clear(const std::string& method);  // "*": all
    void set_delay(const std::string& method, Time delay);
    const std::vector<Rule>& all() const { return rules_; }

    // Counts the call against the rules it matches.
    Effect apply(const std::string& method, const std::string& object) {
        return apply(std::vector{method}, object);
    }
    // The same of a call that goes by several names.
    Effect apply(const std::vector<std::string>& methods, const std::string& object);

private:
    std::vector<Rule> rules_;
    std::mt19937_64 random_;
};

}  // namespace vmha::site
