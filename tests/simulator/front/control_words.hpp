// What the commands of the control socket share.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "tests/simulator/front/network.hpp"

namespace vmha::sim {

class SshServer;

using Words = std::vector<std::string>;

inline std::string error(const std::string& cause) {
    return "error " + cause;
}

// A whole number from 0 up, and nothing else.
std::optional<long> number(const std::string& text);
// A word that is not there is empty.
std::string word(const Words& words, size_t at);
// The words from there on, with one space between them.
std::string rest_of(const Words& words, size_t from);
// Copies of the mirror are counted from 1, as their hosts are.
std::optional<site::DiskId> copy_of(const Network& network, const std::string& text);

std::string host_command(Network& network, const Words& words);
std::string vm_command(Network& network, const Words& words);
// False: it cannot understand the words.
bool ssh_command(SshServer& ssh, const Words& words);

}  // namespace vmha::sim
