// The two forms in which esxcli prints lists: tables with a line of dashes, and blocks of "Key: value".
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.hpp"

namespace vmha::shell::text {

// Cells by their column's header. Widths follow the data, so the line of dashes tells where columns begin.
struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;  // each as long as `columns`

    // The row's cell in the column with this header, blanks and case left aside; empty: there is no such
    // column.
    std::string_view cell(size_t row, std::string_view column) const;
    bool has(std::string_view column) const;
};

// Text without a line of dashes, or with a row that does not fit, is an error; no text at all is an empty
// table, as esxcli prints nothing for an empty list.
Result<Table> read_table(std::string_view text, std::string_view what);

// A line that is not indented, and the indented "Key: value" lines after it.
struct Block {
    std::string title;  // empty: the fields stand alone
    std::vector<std::pair<std::string, std::string>> fields;

    std::string_view field(std::string_view key) const;
    bool has(std::string_view key) const;
};

// An indented line without a colon is an error: then it is something else. No text: no blocks.
Result<std::vector<Block>> read_blocks(std::string_view text, std::string_view what);

}  // namespace vmha::shell::text
