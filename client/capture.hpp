// Another program's answer as text.
#pragma once
#include <string>
#include <vector>

#include "common/result.hpp"

namespace vmha::client {

struct Captured {
    int exit_code = 0;
    std::string text;  // what it wrote to stdout; stderr is the caller's own
};

// Runs it as a child, without standard input, and waits for its end. The error: it cannot be run, was killed,
// or wrote more than bytes_max.
Result<Captured> capture(const std::vector<std::string>& words, size_t bytes_max);

}  // namespace vmha::client
