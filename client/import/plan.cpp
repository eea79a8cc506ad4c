#include "client/import/plan.hpp"

namespace vmha::migration {

Plan make_plan(const std::vector<Script>& scripts, const Names& names, Remarks remarks) {
    Plan plan;
    plan.remarks = std::move(remarks);
    if (scripts.empty()) {
        plan.remarks.problem("", 0,
                             "found none of the scripts made from vm-start.pl, vm-stop.pl and genw-vm.pl");
        return plan;
    }
    plan_nodes(scripts, names, plan);
    plan_vms(group(scripts, plan.remarks), names, plan);
    return plan;
}

}  // namespace vmha::migration
