// The files merged into one JSON value, with the memory of who set what.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/json.hpp"

namespace vmha::config {

// vms.vm1.vmx; keys that a person could misread stand in quotes: vms."a.b".vmx
std::string child_path(const std::string& parent, std::string_view key);

class Document {
public:
    Document(Json root, std::string file) : root_(std::move(root)), origin_{{"", std::move(file)}} {}

    // RFC 7386. Returns the paths that the patch removes although they are not there.
    std::vector<std::string> patch(const Json& patch, const std::string& file);

    const Json& root() const { return root_; }

    // The file that set the value at this path last; for what is absent, the file that removed it, else the
    // one that made the object it is missing from.
    const std::string& file_of(std::string path) const;

private:
    void apply(Json& target, const Json& patch, const std::string& path, const std::string& file,
               std::vector<std::string>& in_vain);
    void set_origin(const std::string& path, const std::string& file);

    Json root_;
    std::map<std::string, std::string> origin_;  // a value's parts have its origin unless they have their own
};

}  // namespace vmha::config
