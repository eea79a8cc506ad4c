// Directories opened so that root, working in a directory that belongs to another user, is not led elsewhere.
#pragma once
#include <string>

#include "daemon/run/files.hpp"

namespace vmha::run {

// This process is root, and somebody else can change what the names in the directory stand for.
bool others_rule(const Fd& directory);

// For use by the functions whose names end in "at"; it cannot be read itself (O_PATH). A symbolic link is
// followed only where its place is not ruled by others. As open(2): -1, and errno says why.
Fd open_directory(const std::string& path);

}  // namespace vmha::run
