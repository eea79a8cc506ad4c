// Which scripts belong together: those of one resource exec-VM and its monitor genw-VM.
#pragma once
#include <string>
#include <vector>

#include "client/import/script.hpp"

namespace vmha::migration {

struct Unit {
    std::string name;  // VM of the resource exec-VM or genw-VM; empty: no folder tells it
    std::vector<const Script*> scripts;

    std::vector<const Script*> of(Kind kind) const;
    bool mentions(const VmxPath& path) const;
};

// By the folders' names, else scripts of one folder, else by the .vmx. The scripts outlive the units.
std::vector<Unit> group(const std::vector<Script>& scripts, Remarks& remarks);

}  // namespace vmha::migration
