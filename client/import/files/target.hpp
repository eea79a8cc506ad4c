// The folder of the configuration: what is there, and what is to be put there.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "client/import/existing.hpp"
#include "client/import/files/disk.hpp"
#include "client/import/files/keys.hpp"

namespace vmha::migration {

// nullopt: there is no vmhad.json, or only the sample of the package. What cannot be read is a problem.
std::optional<Existing> read_existing(const std::string& directory, Remarks& remarks);

struct Keys {
    std::string identity;     // empty: id_rsa, else id_ecdsa of root
    std::string known_hosts;  // where ssh has the hosts' keys today
};

// The identity and the hosts' keys, and vmhad.json that names them.
std::vector<NewFile> main_files(Plan& plan, const std::string& directory, const Keys& keys);

// One file of conf.d for each VM that is not there yet.
std::vector<NewFile> vm_files(const Plan& plan, const std::string& directory);

// Takes those out that are there already as they should be. Without `replace` any other one that is there is
// a problem.
void leave_unchanged(std::vector<NewFile>& files, bool replace, Remarks& remarks);

}  // namespace vmha::migration
