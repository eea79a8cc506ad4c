#include "daemon/shell/text/tasks.hpp"

#include "daemon/shell/text/lines.hpp"
#include "daemon/shell/text/tree.hpp"

namespace vmha::shell::text {

namespace {

// 'vim.Task:haTask-…' -> "haTask-…", if it can be a word of a command.
std::string_view task_id(std::string_view moref) {
    const auto id = moref.substr(moref.find(':') + 1);
    constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    return id.find_first_not_of(allowed) == std::string_view::npos ? id : std::string_view();
}

// The id holds the name: "haTask-496-vim.VirtualMachine.powerOn-3072".
std::string what_of(std::string_view id) {
    const size_t begin = id.find("vim.");
    if (begin == std::string_view::npos) return std::string(id);
    return std::string(id.substr(begin, id.rfind('-') - begin));
}

}  // namespace

Result<std::vector<std::string>> read_task_list(std::string_view text) {
    const auto tree = read_tree(text);
    if (!tree) return tree.error();
    if (tree->kind != Value::Kind::array) return not_a("list of tasks", text);
    std::vector<std::string> ids;
    for (const auto& [name, task] : tree->parts)
        if (const auto id = task_id(task.text); !id.empty()) ids.emplace_back(id);
    return ids;
}

Result<TaskInfo> read_task(std::string_view text, std::string_view id) {
    const auto tree = read_tree(text);
    if (!tree) return tree.error();
    const auto state = tree->text_at("state");
    if (tree->type != "vim.TaskInfo" || state.empty()) return not_a("task", text);
    if (const auto key = tree->text_at("key"); !key.empty() && key != id) return not_a("task", text);
    TaskInfo info;
    info.task.id = id;
    info.under_way = state == "running" || state == "queued";
    info.task.cancellable = tree->text_at("cancelable") == "true";
    const auto what = tree->text_at("descriptionId");
    info.task.what = what.empty() ? what_of(id) : "vim." + std::string(what);
    return info;
}

}  // namespace vmha::shell::text
