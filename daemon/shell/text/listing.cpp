#include "daemon/shell/text/listing.hpp"

#include <algorithm>

#include "daemon/shell/text/faults.hpp"
#include "daemon/shell/text/lines.hpp"

namespace vmha::shell::text {

namespace {

// Annotations come from anybody: what is looked at of a line has an end.
constexpr size_t longest_line = 16384;
constexpr size_t most_brackets = 64;
constexpr size_t most_begun = 64;

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

// "12     vm1 …" -> "12"
std::string_view id_of(std::string_view line) {
    const size_t digits = line.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos || line[digits] != ' ' || digits > 18) return {};
    return line.substr(0, digits);
}

struct Paths {
    std::vector<core::VmxPath> all;
    size_t first = std::string_view::npos;  // where the likeliest begins
};

Paths paths_in(std::string_view line, size_t column) {
    Paths paths;
    const auto add = [&](size_t at) {
        auto path = path_at(line.substr(at));
        if (!path || std::find(paths.all.begin(), paths.all.end(), *path) != paths.all.end()) return;
        if (paths.all.empty()) paths.first = at;
        paths.all.push_back(std::move(*path));
    };
    // Under its column first: a name may hold what looks like a path.
    if (column < line.size() && line[column] == '[') add(column);
    size_t brackets = 0;
    for (size_t at = line.find('['); at != std::string_view::npos && ++brackets <= most_brackets;
         at = line.find('[', at + 1))
        if (at == 0 || line[at - 1] == ' ') add(at);
    return paths;
}

// Nothing of one that begins is lost: a name may hold a line end, and an output may break off. What it names
// may be an entry, with the path that stands in one of the next lines, and is asked for.
class Rows {
public:
    explicit Rows(size_t column) : column_(column) {}

    void take(std::string_view line) {
        line = line.substr(0, longest_line);
        const auto id = id_of(line);
        const bool has_version = line.find(" vmx-") != std::string_view::npos;
        if (id.empty() && !has_version) return;  // a line of an annotation
        auto paths = paths_in(line, column_);
        const bool is_row = !id.empty() && (!paths.all.empty() || has_version);
        if (is_row || !paths.all.empty()) give_to_begun(paths.all);
        if (is_row) {
            const auto name = line.substr(0, paths.first).substr(id.size());
            rows_.push_back({std::string(id), std::string(trimmed(name)), std::move(paths.all)});
        } else if (!id.empty() && line.substr(id.size()).starts_with("  ") && begun_.size() < most_begun) {
            begun_.emplace_back(id);  // in a row the columns are apart
        }
    }

    std::vector<Row> end() {
        give_to_begun({});
        return std::move(rows_);
    }

private:
    void give_to_begun(const std::vector<core::VmxPath>& paths) {
        for (auto& id : begun_) rows_.push_back({std::move(id), "", paths});
        begun_.clear();
    }

    size_t column_;
    std::vector<Row> rows_;
    std::vector<std::string> begun_;
};

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
    std::optional<Rows> rows;
    std::string_view last;
    for (const auto line : lines_of(out)) {
        if (const auto id = skipped_id(line); !id.empty()) {
            listing.skipped.emplace(id);
        } else if (!rows) {
            if (const auto column = file_column(line); column != std::string_view::npos) rows.emplace(column);
        } else if (line.starts_with("(vim.fault.") || line.starts_with("(vmodl.fault.")) {
            return Error{Errc::fault, said(line)};  // it may have ended before its end
        } else {
            rows->take(line);
        }
        if (!trimmed(line).empty()) last = line;
    }
    if (!rows) return no_listing(out, err);
    listing.rows = rows->end();
    // An annotation may say so too, but it has the rest of its line after it.
    if (const auto down = hostd_down(last)) return Error{Errc::bad_reply, down->line};
    for (const auto line : lines_of(err))
        if (const auto id = skipped_id(line); !id.empty()) listing.skipped.emplace(id);
    return listing;
}

}  // namespace vmha::shell::text
