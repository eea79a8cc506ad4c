// What one of today's scripts says: the values that replaced %%VMX%%, %%VMK1%% and so on.
#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/import/remark.hpp"
#include "client/import/vmx_path.hpp"

namespace vmha::migration {

enum class Kind { start, stop, genw };
std::string_view word(Kind kind);

// A file as it was found. `folder` is the absolute directory: its name may tell the resource.
struct Text {
    std::string file;  // as people named it
    std::string folder;
    std::string name;  // start.sh
    std::string text;
};

struct Value {
    std::string text;
    int line = 0;
};

struct Vmx {
    VmxPath path;
    std::string text;  // as the script spells it
    int line = 0;
};

struct Script {
    std::string file;
    std::string folder;
    Kind kind = Kind::start;
    std::vector<Vmx> vmx;  // one; older scripts hold a list
    std::map<std::string, Value>
        values;  // vmhba1, datastore, vmk1, ec1, max_cnt …: what was understood and is valid

    const Value* value(const std::string& name) const;
};

// nullopt: none of ours, it sets neither a .vmx path nor the addresses. What is wrong in it goes to
// `remarks`.
std::optional<Script> read_script(const Text& text, Remarks& remarks);

}  // namespace vmha::migration
