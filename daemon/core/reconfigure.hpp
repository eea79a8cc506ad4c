// A new configuration for a state that lives: what it changes, whether that may be, and the change itself.
// Whole or not at all: a refused one changes nothing.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "daemon/core/step.hpp"

namespace vmha::core {

// A host that stays, and whose link is made anew: the old one says nothing any more, so what was asked over
// it has no answer, and what it was told to write counts as unanswered (rule 6).
struct LinkAnew {
    // Nothing proves that what answers there from now on is the same machine: what is known of the old one
    // says nothing about it.
    bool another_machine = false;
    std::vector<std::string> what;  // has changed, for people: "api.port 443 -> 8443"
};

struct Reconfiguration {
    Settings settings;
    std::map<HostName, LinkAnew> links;
    Remembered remembered;            // of the VMs that are new, as the stores tell it
    std::vector<std::string> others;  // changes that are not the core's, for people
};

struct Reconfigured {
    std::vector<std::string> refused;  // why, all of it; empty: done
    std::vector<std::string> changes;  // one line each; they are in the step's actions, too
    Step step;                         // to be carried out after the links were changed
};

// Why it would be refused, without doing it: what the stores remember is to be asked for only where it is
// not.
std::vector<std::string> why_refused(const State& state, const Reconfiguration& with, Time now);

// Refused are: another node or another local host; a VM that leaves or gets another path while it runs here,
// for all that is known, and is not paused; any of this while a write about the VM is not answered; another
// machine in the place of the local host while a VM runs here; of a peer, or its leaving, while a write there
// is not answered or an operation has to do with it.
Reconfigured reconfigure(State& state, const Reconfiguration& with, Time now);

}  // namespace vmha::core
