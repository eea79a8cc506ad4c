// The two shapes in which a host's commands print: vim-cmd's data objects and esxcli's tables.
#pragma once
#include <string>
#include <vector>

#include "tests/simulator/model/types.hpp"

namespace vmha::sim {

// A data object as vim-cmd prints it:
//   (vim.vm.Summary) {
//      vm = 'vim.VirtualMachine:496',
//      question = (vim.vm.QuestionInfo) null,
//   }
class Block {
public:
    explicit Block(std::string type) : type_(std::move(type)) {}

    Block& text(const std::string& name, const std::string& value);  // in double quotes, as it is
    Block& word(const std::string& name, const std::string& value);  // true, 5
    Block& word(const std::string& name, bool value) {
        return word(name, std::string(value ? "true" : "false"));
    }
    Block& word(const std::string& name, long value) { return word(name, std::to_string(value)); }
    Block& ref(const std::string& name, const std::string& object);  // 'vim.VirtualMachine:496'
    Block& unset(const std::string& name) { return word(name, std::string("<unset>")); }
    Block& null(const std::string& name, const std::string& type) {
        return word(name, "(" + type + ") null");
    }
    Block& object(const std::string& name, Block value);
    Block& list(const std::string& name, const std::string& type, std::vector<Block> values);

    // `old`: as hosts of 6.x print, with dynamicType and a blank behind each comma.
    std::string print(bool old) const { return body(old, 0) + "\n"; }
    static std::string print_list(const std::string& type, const std::vector<Block>& values, bool old);

private:
    struct Item {
        std::string name;
        std::string value;
        std::vector<Block> blocks = {};
        bool is_list = false;
    };
    std::string body(bool old, size_t depth) const;
    static std::string list_body(const std::string& type, const std::vector<Block>& values, bool old,
                                 size_t depth);

    std::string type_;
    std::vector<Item> items_;
};

// A fault: its name with vim.fault or vmodl.fault before it, its fields, its message.
std::string print_fault(const site::Fault& fault, bool old);

// A table as esxcli prints it: a header, a line of dashes, rows; numbers to the right.
class Table {
public:
    struct Column {
        std::string name;
        bool right = false;
    };
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    std::string print() const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

// "56 4d 0a … 1c-7e 55 … 09": how VMX files and processes write a uuid.
std::string spaced_uuid(std::string uuid);

}  // namespace vmha::sim
