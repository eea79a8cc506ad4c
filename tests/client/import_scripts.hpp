// Scripts in the shape that people have today, with any value changed.
#pragma once
#include <map>
#include <string>

#include "client/import/plan.hpp"

namespace vmha::migration {

using Values = std::map<std::string, std::string>;

// One assignment a line, in the order of the names.
inline std::string perl(const Values& values) {
    std::string text = "#!/usr/bin/perl -w\nuse strict;\n";
    for (const auto& [name, value] : values) text += "my $" + name + " = '" + value + "';\n";
    return text;
}

inline Values genw_values(const std::string& vmx) {
    return {{"cfg_path", vmx},
            {"vmk1", "172.31.255.2"},
            {"vmk2", "172.31.255.3"},
            {"ec1", "172.31.255.11"},
            {"ec2", "172.31.255.12"}};
}

// What start and stop have besides.
inline Values start_values(const std::string& vmx) {
    Values values = genw_values(vmx);
    values.insert({{"vmhba1", "vmhba65"}, {"vmhba2", "vmhba66"}, {"datastore", "EC_iSCSI"}});
    return values;
}

inline Values with(Values values, const std::string& name, const std::string& value) {
    values[name] = value;
    return values;
}

// One after the other, as the files would be found.
class Scripts {
public:
    Scripts& add(const std::string& folder, const std::string& name, const Values& values) {
        return add_text(folder, name, perl(values));
    }
    Scripts& add_text(const std::string& folder, const std::string& name, const std::string& text) {
        if (auto script = read_script({folder + "/" + name, folder, name, text}, remarks_))
            scripts_.push_back(std::move(*script));
        return *this;
    }
    // The three scripts of a VM, all right.
    Scripts& add_vm(const std::string& vm, const std::string& vmx) {
        add("/s/group/exec-" + vm, "start.sh", start_values(vmx));
        add("/s/group/exec-" + vm, "stop.sh", start_values(vmx));
        return add("/s/monitor.s/genw-" + vm, "genw.sh", genw_values(vmx));
    }
    Plan plan(const Names& names = {}) const { return make_plan(scripts_, names, remarks_); }

private:
    std::vector<Script> scripts_;
    Remarks remarks_;
};

// All of them, one a line.
inline std::string lines(const std::vector<Remark>& remarks) {
    std::string out;
    for (const Remark& remark : remarks) out += remark.text() + "\n";
    return out;
}

}  // namespace vmha::migration
