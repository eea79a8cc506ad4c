// The scripts of writes that are more than one command. Pure.
#pragma once
#include <string>
#include <vector>

#include "daemon/core/write.hpp"
#include "daemon/shell/script.hpp"

namespace vmha::shell {

// Frames: "list" (could the processes be listed), then "other" (the world is none of this .vmx any more; what
// it is) or "kill". Worlds are numbered anew, and what is killed cannot be called back, so both are done in
// one script.
Script kill_script(const core::Write& order, const std::vector<std::string>& spellings);

// Frames: "adapter" and, where that one is unknown or none is given, "all"; then "volumes".
Script rescan_script(const core::Write& order);

// A power-on that outlives the channel: what comes of it lies in a folder, which goes by itself after some
// time.
struct Detached {
    std::string folder;

    Script begin(const std::string& vmid) const;  // frame "begin"
    Script ask() const;  // frame "end" once it has ended, with its status and outputs
    Script forget() const;
};
Detached detached();

}  // namespace vmha::shell
