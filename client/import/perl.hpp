// The assignments of a Perl script to a few variables. Perl is not executed and not parsed either: only
//   my $name = 'value';   my $name = "value";   my $name = 30;   my @name = ('value', "value");
// outside every block is read. Everything else that may change one of the variables is reported as not
// understood: a value that was guessed wrongly would protect the wrong VM.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace vmha::migration {

struct Assignment {
    std::string name;                 // without $ or @
    int line = 0;                     // where it begins
    bool list = false;                // to @name
    std::vector<std::string> values;  // one, or those of the list
    std::string trouble;              // not empty: what about it is not understood; no values then

    bool understood() const { return trouble.empty(); }
};

// In the order of the text. `names` holds the variables that count, without $ or @.
std::vector<Assignment> read_assignments(std::string_view text, const std::vector<std::string_view>& names);

}  // namespace vmha::migration
