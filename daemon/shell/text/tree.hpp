// The text form in which vim-cmd prints objects of the API:
//
//   (vim.vm.Summary) {
//      vm = 'vim.VirtualMachine:496',
//      runtime = (vim.vm.RuntimeInfo) {
//         powerState = "poweredOn",
//         question = (vim.vm.QuestionInfo) null,
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace vmha::shell::text {

struct Part;

// A value with what is in it. Plain data; nested at most as deep as read_tree() allows.
struct Value {
    enum class Kind { scalar, object, array, null };
    Kind kind = Kind::scalar;
    std::string type;  // "vim.vm.Summary"; empty where none is written
    std::string text;  // a scalar, without its quotes; empty for <unset>
    std::vector<Part> parts;

    // By a path such as "runtime.question"; the first of a name counts. nullptr: there is none.
    const Value* at(std::string_view path) const;
    // The scalar there, or nothing.
    std::string_view text_at(std::string_view path) const;
};

struct Part {
    std::string name;  // empty in an array
    Value value;
};

// The first object or array in the text; lines before it ("Listsummary:") are passed over. Strings may hold
// quotes and lines of their own, as annotations and messages do. An error: there is none, it is nested deeper
// than 64, or (whole) it does not end.
Result<Value> read_tree(std::string_view text, bool whole = true);

}  // namespace vmha::shell::text
