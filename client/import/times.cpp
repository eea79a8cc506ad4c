// The waiting times that people changed in the scripts.
#include <algorithm>
#include <charconv>

#include "client/import/plan.hpp"

namespace vmha::migration {
namespace {

// vm-stop.pl as published: 50 looks every 6 s, so 300 s for the guest, which is vmhad's default too.
constexpr int64_t stop_interval_s = 6;
constexpr int64_t stop_looks = 50;
constexpr int64_t default_stop_timeout_s = 600;
// What vmhad's default leaves for power off and unregister behind the guest's time.
constexpr int64_t left_after_guest_s = 300;
constexpr int64_t day_s = 86'400;

struct Tunable {
    const char* name;
    const char* published;
};
constexpr std::array start_tunables{Tunable{"storage_check_interval", "3"}, Tunable{"interval", "3"},
                                    Tunable{"max_cnt", "30"}, Tunable{"start_to", "10"}};

std::optional<int64_t> number(const Value* value, int64_t otherwise) {
    if (!value) return otherwise;
    int64_t read = 0;
    const char* const end = value->text.data() + value->text.size();
    const auto [stopped, error] = std::from_chars(value->text.data(), end, read);
    if (error != std::errc{} || stopped != end || read < 1 || read > day_s) return std::nullopt;
    return read;
}

void note_start_tunables(const Script& script, Remarks& remarks) {
    for (const auto& [name, published] : start_tunables)
        if (const Value* const value = script.value(name); value && value->text != published)
            remarks.note(script.file, value->line,
                         std::string("$") + name + " = " + value->text + " instead of " + published +
                             " is not carried over: vmhad waits for events until start_timeout_s is over");
}

void take_stop_times(const Script& script, VmPlan& vm, Remarks& remarks) {
    const Value* const interval = script.value("interval");
    const Value* const looks = script.value("max_cnt");
    const int line = interval ? interval->line : looks ? looks->line : 0;
    const auto each_s = number(interval, stop_interval_s);
    const auto count = number(looks, stop_looks);
    if (!each_s || !count || *each_s * *count > day_s - left_after_guest_s)
        return remarks.problem(
            script.file, line,
            "$interval x $max_cnt gives no usable time for the guest's shutdown: whole numbers "
            "are needed, with a product of at most 86100 s");
    const int64_t guest_s = *each_s * *count;
    if (vm.guest_shutdown_timeout_s.value_or(guest_s) != guest_s)
        return remarks.problem(script.file, line,
                               "gives the guest " + std::to_string(guest_s) +
                                   " s to shut down, another stop script "
                                   "of the VM gives it " +
                                   std::to_string(*vm.guest_shutdown_timeout_s) + " s");
    vm.guest_shutdown_timeout_s = guest_s;
}

}  // namespace

void plan_times(const Unit& unit, VmPlan& vm, Remarks& remarks) {
    for (const Script* const script : unit.of(Kind::start)) note_start_tunables(*script, remarks);
    for (const Script* const script : unit.of(Kind::stop)) take_stop_times(*script, vm, remarks);
    if (vm.guest_shutdown_timeout_s == stop_interval_s * stop_looks) vm.guest_shutdown_timeout_s.reset();
    if (!vm.guest_shutdown_timeout_s) return;
    const int64_t needed_s = *vm.guest_shutdown_timeout_s + left_after_guest_s;
    if (needed_s <= default_stop_timeout_s) return;
    vm.stop_timeout_s = needed_s;
    remarks.note(
        "", 0,
        vm.name + ": stop_timeout_s becomes " + std::to_string(needed_s) +
            ", so that the guest's time fits in; the cluster's parameters/timeout/stop of the resource "
            "needs at least " +
            std::to_string(needed_s + 60));
}

}  // namespace vmha::migration
