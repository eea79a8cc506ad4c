// The journal's own way in: one entry with fields, where a line on stderr would carry none.
#pragma once
#include <sys/uio.h>

#include <functional>
#include <string>
#include <vector>

namespace vmha::run {

// Owned by the log. Never waits and never fails the caller: an entry that the journal does not take at once
// is the caller's to write elsewhere.
class Journal {
public:
    using Send = std::function<int(const iovec*, int)>;  // as sd_journal_sendv(3)

    static constexpr auto default_socket = "/run/systemd/journal/socket";
    explicit Journal(std::string socket = default_socket, Send send = {});

    // Each "FIELD=value". False: it did not get there.
    bool write(const std::vector<std::string>& fields);

private:
    std::string socket_;
    Send send_;
};

}  // namespace vmha::run
