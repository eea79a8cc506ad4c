// How a host's commands print, where real hosts of different versions and moods differ.
#pragma once
#include <map>
#include <string>

namespace vmha::sim {

// Plain data, owned by the host's Shell. Keys and values are those of the site file and of the control
// command.
class Texts {
public:
    // False: no such key, or the key has no such value.
    bool set(const std::string& key, const std::string& value);

    // The value, or the one that it has without being set.
    const std::string& get(const std::string& key) const;
    bool is(const std::string& key, const std::string& value) const { return get(key) == value; }
    // Of this VM, else of every VM; may have several lines.
    const std::string& annotation(const std::string& vm_name) const;

private:
    std::map<std::string, std::string> set_;
};

}  // namespace vmha::sim
