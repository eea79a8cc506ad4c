// The inventory as getallvms lists it, and whether it may be believed.
#include <algorithm>

#include "daemon/shell/refresh.hpp"
#include "daemon/shell/text/faults.hpp"
#include "daemon/shell/text/inventory_file.hpp"
#include "daemon/shell/text/lines.hpp"

namespace vmha::shell {

void Picture::ask_hostd(Script& script, std::string_view frame_name) {
    script.run(frame_name, "sh -c 'cat /var/run/vmware/*hostd*.PID'");
}

std::string Picture::hostd_in(const Reply& reply, std::string_view frame_name) {
    const auto* frame = reply.frame(frame_name);
    return std::string(frame != nullptr && frame->status == 0 ? text::trimmed(frame->out) : "");
}

// Its process is asked for before the list and after it: a hostd that was started anew between them lists
// what it has loaded so far, which may be nothing, and the list does not say so.
void Picture::ask_list(Script& script) {
    script.run("vms", "vim-cmd vmsvc/getallvms");
    ask_hostd(script, "hostd.after");
}

Result<text::Listing> Picture::list_in(const Reply& reply, const std::string& hostd_before) const {
    const auto frame = needed(reply, "vms", "the inventory");
    if (!frame) return frame.error();
    auto listing = text::read_listing((*frame)->out, (*frame)->err);
    if (!listing && text::hostd_down(listing.error().message))
        return hostd_away("vim-cmd", listing.error().message);
    if (!listing) return cannot("the inventory", listing.error().message);
    const auto after = hostd_in(reply, "hostd.after");
    // One that has no name any more, or has got one, is on its way out or in.
    if (after != hostd_before) return cannot("the inventory", "hostd was started anew");
    return listing;
}

void Picture::take_inventory_file(const Reply& reply) {
    const auto* file = asks_file_ ? reply.frame("inventory") : nullptr;
    if (file == nullptr || file->status != 0) return;
    auto paths = text::read_inventory_file(file->out);
    if (!paths) return;
    inventory_file_ = std::move(*paths);
    draft_.has_file = true;
}

// A line of somebody's annotation may read "Skipping invalid VM '12'", too. What hostd skips it has read from
// its file, and tells no summary of it.
bool Picture::said_by_annotation(const std::string& vmid) const {
    return draft_.read.contains(vmid) || (draft_.has_file && !inventory_file_.contains(vmid));
}

Script Picture::ask_presence() const {
    Script script;
    ask_list(script);
    return script;
}

Result<bool> Picture::take_presence(const Reply& reply, const std::string& vmid) const {
    const auto listing = list_in(reply, hostd_);
    if (!listing) return listing.error();
    return listing->skipped.contains(vmid) || std::any_of(listing->rows.begin(), listing->rows.end(),
                                                          [&](const auto& row) { return row.vmid == vmid; });
}

}  // namespace vmha::shell
