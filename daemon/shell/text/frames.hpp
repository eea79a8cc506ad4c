// One script runs many commands; each one's output stands in a frame:
//
//   <marker> begin vms          on both streams
//   …
//   <marker> end vms 0          its exit status
//
// and "<marker> done" is the last line. The marker is random: no output can forge it.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace vmha::shell::text {

struct Frame {
    int status = 0;
    std::string_view out;
    std::string_view err;  // for people and for faults; empty where that stream was cut
};

// Views into both texts. An error: the script did not come to its end, or a frame is broken.
Result<std::map<std::string, Frame, std::less<>>> read_frames(std::string_view out, std::string_view err,
                                                              std::string_view marker);

}  // namespace vmha::shell::text
