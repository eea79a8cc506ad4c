#include "daemon/shell/text/table.hpp"

#include <algorithm>

#include "daemon/shell/text/faults.hpp"
#include "daemon/shell/text/lines.hpp"

namespace vmha::shell::text {

namespace {

constexpr size_t most_columns = 64;

struct Span {
    size_t begin = 0, end = 0;
};

std::vector<Span> spans_of_dashes(std::string_view line) {
    std::vector<Span> spans;
    for (size_t at = 0; at < line.size();) {
        const size_t begin = line.find('-', at);
        if (begin == std::string_view::npos) break;
        const size_t end = std::min(line.find(' ', begin), line.size());
        spans.push_back({begin, end});
        at = end;
    }
    return spans;
}

bool is_dashes(std::string_view line) {
    return line.find("--") != std::string_view::npos &&
           line.find_first_not_of("- ") == std::string_view::npos;
}

// Where the `n`th character begins; names are UTF-8.
size_t byte_of(std::string_view line, size_t n) {
    size_t at = 0;
    for (; at < line.size(); ++at)
        if ((static_cast<unsigned char>(line[at]) & 0xC0) != 0x80 && n-- == 0) break;
    return at;
}

// Cells between the spans; false: something stands across a border.
bool cut(std::string_view line, const std::vector<Span>& spans, bool by_character,
         std::vector<std::string>& cells) {
    cells.clear();
    const auto place = [&](size_t column) { return by_character ? byte_of(line, column) : column; };
    for (size_t i = 0; i < spans.size(); ++i) {
        const size_t begin = std::min(place(spans[i].begin), line.size());
        const bool last = i + 1 == spans.size();
        const size_t end = last ? line.size() : std::min(place(spans[i + 1].begin), line.size());
        if (begin > 0 && begin < line.size() && line[begin - 1] != ' ') return false;
        cells.emplace_back(trimmed(line.substr(begin, end - begin)));
    }
    return true;
}

std::string key_of(std::string_view header) {
    std::string key = lowered(header);
    std::erase(key, ' ');
    return key;
}

Error trouble(std::string_view what, std::string_view text) {
    if (const auto down = hostd_down(text)) return Error{Errc::bad_reply, down->line};
    return not_a(what, text);
}

}  // namespace

bool Table::has(std::string_view column) const {
    const auto key = key_of(column);
    return std::any_of(columns.begin(), columns.end(), [&](const auto& one) { return key_of(one) == key; });
}

std::string_view Table::cell(size_t row, std::string_view column) const {
    const auto key = key_of(column);
    for (size_t i = 0; i < columns.size(); ++i)
        if (key_of(columns[i]) == key) return rows[row][i];
    return {};
}

Result<Table> read_table(std::string_view text, std::string_view what) {
    Table table;
    std::vector<Span> spans;
    std::string_view header;
    for (const auto line : lines_of(text)) {
        if (trimmed(line).empty()) continue;
        if (!spans.empty()) {
            std::vector<std::string> cells;
            if (!cut(line, spans, false, cells) && !cut(line, spans, true, cells)) return trouble(what, line);
            table.rows.push_back(std::move(cells));
        } else if (is_dashes(line)) {
            if (header.empty()) return trouble(what, text);
            spans = spans_of_dashes(line);
            if (spans.size() > most_columns || !cut(header, spans, false, table.columns))
                return trouble(what, text);
        } else {
            header = line;
        }
    }
    if (spans.empty() && !trimmed(text).empty()) return trouble(what, text);
    return table;
}

bool Block::has(std::string_view key) const {
    return std::any_of(fields.begin(), fields.end(), [&](const auto& field) { return field.first == key; });
}

std::string_view Block::field(std::string_view key) const {
    for (const auto& [name, value] : fields)
        if (name == key) return value;
    return {};
}

Result<std::vector<Block>> read_blocks(std::string_view text, std::string_view what) {
    std::vector<Block> blocks;
    for (const auto line : lines_of(text)) {
        const auto words = trimmed(line);
        if (words.empty()) continue;
        if (indent_of(line) == 0) {
            blocks.push_back({std::string(words), {}});
            continue;
        }
        const size_t colon = words.find(':');
        if (colon == std::string_view::npos) return trouble(what, text);
        if (blocks.empty()) blocks.emplace_back();
        blocks.back().fields.emplace_back(trimmed(words.substr(0, colon)), trimmed(words.substr(colon + 1)));
    }
    // A sentence is a title without fields.
    const auto bare = [](const Block& block) { return block.fields.empty(); };
    if (std::any_of(blocks.begin(), blocks.end(), bare)) return trouble(what, text);
    return blocks;
}

}  // namespace vmha::shell::text
