#include "daemon/shell/text/listing.hpp"

#include <algorithm>

#include "daemon/shell/text/faults.hpp"
#include "daemon/shell/text/lines.hpp"

namespace vmha::shell::text {

namespace {

// Annotations come from anybody: what is looked at of a line has an end.
constexpr size_t longest_line = 16384;
constexpr size_t most_brackets = 64;

// Where the column "File" begins; npos: this is not the header.
size_t file_column(std::string_view line) {
    if (!line.starts_with("Vmid")) return std::string_view::npos;
    size_t at = 4;
    size_t file = std::string_view::npos;
    for (const std::string_view column : {"Name", "File", "Guest OS", "Version", "Annotation"}) {
        at = line.find(column, at);
        if (at == std::string_view::npos) return at;
        if (column == "File") file = at;
        at += column.size();
    }
    return file;
}

std::string_view skipped_id(std::string_view line) {
    constexpr std::string_view words = "Skipping invalid VM '";
    line = trimmed(line);
    if (!line.starts_with(words) || !line.ends_with('\'')) return {};
    line.remove_prefix(words.size());
    line.remove_suffix(1);
    return is_digits(line) ? line : std::string_view();
}

// "[ds] x/y.vmx" at the beginning of the text. "[] /var/run/crx/…" is a system VM's: on no datastore, so
// nobody's.
std::optional<core::VmxPath> path_at(std::string_view text) {
    size_t end = std::string_view::npos;
    for (const std::string_view suffix : {".vmx", ".vmtx"}) {
        size_t at = text.find(suffix);
        // ".vmx" may stand within a name: the path ends before a blank.
        while (at != std::string_view::npos && at + suffix.size() < text.size() &&
               text[at + suffix.size()] != ' ')
            at = text.find(suffix, at + 1);
        if (at != std::string_view::npos) end = std::min(end, at + suffix.size());
    }
    if (end == std::string_view::npos) return std::nullopt;
    text = text.substr(0, end);
    if (text.starts_with("[] ")) return core::VmxPath{"", std::string(trimmed(text.substr(3)))};
    return core::parse_vmx_path(text);
}

std::optional<Row> row_of(std::string_view line, size_t column) {
    line = line.substr(0, longest_line);
    const size_t digits = line.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos || line[digits] != ' ' || digits > 18)
        return std::nullopt;
    Row row;
    row.vmid = line.substr(0, digits);
    size_t first = std::string_view::npos;
    const auto add = [&](size_t at) {
        auto path = path_at(line.substr(at));
        if (!path || std::find(row.paths.begin(), row.paths.end(), *path) != row.paths.end()) return;
        if (first == std::string_view::npos) first = at;
        row.paths.push_back(std::move(*path));
    };
    // Under its column first: a name may hold what looks like a path.
    if (column < line.size() && line[column] == '[') add(column);
    size_t brackets = 0;
    for (size_t at = line.find('['); at != std::string_view::npos && ++brackets <= most_brackets;
         at = line.find('[', at + 1))
        if (line[at - 1] == ' ') add(at);
    const bool has_version = line.find(" vmx-") != std::string_view::npos;
    if (row.paths.empty() && !has_version) return std::nullopt;  // a line of an annotation
    row.name = trimmed(line.substr(digits, first == std::string_view::npos ? first : first - digits));
    return row;
}

Error no_listing(std::string_view out, std::string_view err) {
    for (const auto text : {out, err}) {
        if (const auto down = hostd_down(text)) return Error{Errc::bad_reply, down->line};
        if (const auto fault = fault_in(text)) return Error{Errc::fault, said(fault->message)};
    }
    return not_a("list of VMs", trimmed(out).empty() ? err : out);
}

}  // namespace

Result<Listing> read_listing(std::string_view out, std::string_view err) {
    Listing listing;
    size_t column = std::string_view::npos;
    std::string_view last;
    for (const auto line : lines_of(out)) {
        if (const auto id = skipped_id(line); !id.empty()) {
            listing.skipped.emplace(id);
        } else if (column == std::string_view::npos) {
            column = file_column(line);
        } else if (line.starts_with("(vim.fault.") || line.starts_with("(vmodl.fault.")) {
            return Error{Errc::fault, said(line)};  // it may have ended before its end
        } else if (auto row = row_of(line, column)) {
            listing.rows.push_back(std::move(*row));
        }
        if (!trimmed(line).empty()) last = line;
    }
    if (column == std::string_view::npos) return no_listing(out, err);
    // An annotation may say so too, but it has the rest of its line after it.
    if (const auto down = hostd_down(last)) return Error{Errc::bad_reply, down->line};
    for (const auto line : lines_of(err))
        if (const auto id = skipped_id(line); !id.empty()) listing.skipped.emplace(id);
    return listing;
}

}  // namespace vmha::shell::text
