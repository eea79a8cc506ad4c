// The scripts' files: those that were named, and those below the directories that were named.
#pragma once
#include <string>
#include <vector>

#include "client/import/script.hpp"

namespace vmha::migration {

struct Skipped {
    std::string file;
    std::string why;
};

struct Tree {
    std::vector<Text> named;  // on the command line: each has to be one of ours
    std::vector<Text> found;  // below a directory: may be another's
    std::vector<Skipped> skipped;
};

// Symbolic links to directories are not followed. What cannot be read becomes a problem.
Tree read_tree(const std::vector<std::string>& paths, Remarks& remarks);

// Every script in it; what is none of ours is a problem where it was named, else it is skipped.
std::vector<Script> read_scripts(Tree& tree, Remarks& remarks);

}  // namespace vmha::migration
