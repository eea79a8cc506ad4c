// Strong types for names, so that two strings cannot be swapped.
#pragma once
#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace vmha {

template <class Tag>
class Name {
public:
    Name() = default;
    explicit Name(std::string text) : text_(std::move(text)) {}
    const std::string& str() const { return text_; }
    bool empty() const { return text_.empty(); }
    auto operator<=>(const Name&) const = default;

private:
    std::string text_;
};

using HostName = Name<struct HostTag>;  // host.name of the configuration, such as esxi1
using VmName = Name<struct VmTag>;      // the key in "vms" of the configuration, such as vm1

// [A-Za-z0-9._-]{1,64}, not ".", ".." or with "-" first: what the configuration accepts as the name of a VM,
// a node or a host.
bool is_valid_name(std::string_view text);

}  // namespace vmha

template <class Tag>
struct std::hash<vmha::Name<Tag>> {
    size_t operator()(const vmha::Name<Tag>& name) const { return std::hash<std::string>{}(name.str()); }
};
