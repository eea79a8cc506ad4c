#include "daemon/shell/text/faults.hpp"

#include "daemon/core/host_words.hpp"
#include "daemon/shell/text/lines.hpp"
#include "daemon/shell/text/tree.hpp"

namespace vmha::shell::text {

namespace {

using core::FaultKind;

// "vim.fault.FileLocked" -> "FileLocked"; empty: no fault. "vmodl.MethodFault" stands within one as its
// cause.
std::string_view fault_name(std::string_view type) {
    for (const std::string_view prefix : {"vim.fault.", "vmodl.fault."})
        if (type.starts_with(prefix)) return type.substr(prefix.size());
    return {};
}

// "(vim.fault.X) {" begins a line, or follows "Power on failed: ".
size_t find_fault(std::string_view text) {
    size_t at = 0;
    for (std::string_view rest = text, line; take_line(rest, line);) {
        for (const std::string_view mark : {"(vim.fault.", "(vmodl.fault."}) {
            const size_t found = line.find(mark);
            const bool free = found == 0 || (found != std::string_view::npos && line.find('"') > found &&
                                             line.find(" = ") > found);
            if (found != std::string_view::npos && free && trimmed(line).ends_with('{')) return at + found;
        }
        at = text.size() - rest.size();
    }
    return std::string_view::npos;
}

std::string words_of(const Value& fault) {
    std::string words(trimmed(fault.text_at("msg")));
    if (const auto reason = fault.text_at("reason");
        !reason.empty() && words.find(reason) == std::string::npos)
        words += (words.empty() ? "" : " ") + std::string(reason);
    if (const auto text = fault.text_at("text"); words.empty()) words = text;
    if (const Value* more = fault.at("faultMessage"); more != nullptr && words.empty())
        for (const auto& [name, message] : more->parts) {
            const auto one = message.text_at("message");
            if (!one.empty()) words += (words.empty() ? "" : "; ") + std::string(one);
        }
    return words;
}

core::Fault fault_of(std::string_view name, std::string_view text) {
    core::Fault fault;
    fault.name = name;
    fault.kind = core::fault_kind_of(name);
    if (const auto tree = read_tree(text, false)) {
        fault.message = words_of(*tree);
        if (fault.kind == FaultKind::already_exists && is_digits(tree->text_at("name")))
            fault.existing = tree->text_at("name");
        // Only this line of it is known: text = "msg.hbacommon.outofspace:There is no more space …".
        const bool general = fault.kind == FaultKind::other || fault.kind == FaultKind::invalid_state;
        if (general && tree->text_at("text").starts_with("msg.")) fault.kind = FaultKind::question_pending;
    }
    const bool may_hide_lock = fault.kind == FaultKind::file_fault || fault.kind == FaultKind::vm_config ||
                               fault.kind == FaultKind::other || fault.kind == FaultKind::not_found;
    if (may_hide_lock && core::names_a_lock(text)) fault.kind = FaultKind::lock_held;
    if (fault.kind == FaultKind::other || fault.kind == FaultKind::invalid_state)
        if (core::tells_of_a_licence(fault.message)) fault.kind = FaultKind::not_enough_licenses;
    if (fault.message.empty()) fault.message = name.empty() ? "a fault without a name" : std::string(name);
    return fault;
}

// "The specified key, name, or identifier '51' already exists."
std::string quoted_number(std::string_view text) {
    const size_t end = text.find("' already exists");
    if (end == std::string_view::npos) return {};
    const size_t begin = text.rfind('\'', end - 1);
    if (end == 0 || begin == std::string_view::npos) return {};
    const auto id = text.substr(begin + 1, end - begin - 1);
    return is_digits(id) ? std::string(id) : std::string();
}

struct Words {
    std::string_view begin;  // of a line
    std::string_view name;
    FaultKind kind;
};

constexpr Words bare_words[] = {
    {"Unable to find a VM corresponding to", "NotFound", FaultKind::object_gone},
    {"Power on failed", "PowerOnFailed", FaultKind::other},
    {"Power off failed", "PowerOffFailed", FaultKind::other},
    {"Shutdown guest failed", "ShutdownGuestFailed", FaultKind::other},
    {"Register VM failed", "RegisterFailed", FaultKind::other},
    {"Unregister VM failed", "UnregisterFailed", FaultKind::other},
};

std::optional<core::Fault> bare_fault(std::string_view text) {
    for (std::string_view rest = text, line; take_line(rest, line);) {
        line = trimmed(line);
        for (const auto& words : bare_words) {
            if (!line.starts_with(words.begin)) continue;
            core::Fault fault{words.kind, std::string(words.name), said(line), {}};
            if (fault.kind == FaultKind::other && core::names_a_lock(text)) fault.kind = FaultKind::lock_held;
            return fault;
        }
    }
    return std::nullopt;
}

struct DownWords {
    std::string_view begin;
    bool heard;
};

// apache/vcl VIM_SSH.pm; josenk/terraform-provider-esxi (<unset>).
constexpr DownWords down_words[] = {
    {"Failed to login", false},
    {"Connect to localhost failed", false},
    {"Connection failure", false},
    {"Failed to connect", false},
    {"Could not connect to", false},
    {"Cannot connect to", false},
    {"terminate called after throwing", true},
};
constexpr std::string_view down_lines[] = {"<unset>", "Killed", "Aborted", "Segmentation fault"};

}  // namespace

std::optional<HostdDown> hostd_down(std::string_view text) {
    for (std::string_view rest = text, line; take_line(rest, line);) {
        for (const auto& words : down_words)
            if (line.starts_with(words.begin)) return HostdDown{said(line), words.heard};
        for (const auto words : down_lines)
            if (trimmed(line) == words) return HostdDown{said(line), true};
    }
    return std::nullopt;
}

std::optional<core::Fault> fault_in(std::string_view text) {
    const size_t at = find_fault(text);
    if (at == std::string_view::npos) return bare_fault(text);
    const auto here = text.substr(at);
    const auto type = here.substr(1, here.find(')') - 1);
    auto fault = fault_of(fault_name(type), here);
    if (fault.kind == FaultKind::already_exists && fault.existing.empty())
        fault.existing = quoted_number(here);
    // Of a vmid, not of a file: VIM_SSH.pm's "Unable to find a VM" comes with a NotFound.
    if (fault.kind == FaultKind::not_found &&
        text.find("Unable to find a VM corresponding to") != std::string_view::npos)
        fault.kind = FaultKind::object_gone;
    return fault;
}

std::optional<core::Fault> refusal_of(std::optional<int> status, std::string_view out, std::string_view err) {
    if (auto fault = fault_in(out)) return fault;
    if (auto fault = fault_in(err)) return fault;
    if (status == 0) return std::nullopt;
    core::Fault fault;
    fault.name = status ? "exit status " + std::to_string(*status) : "ended by a signal";
    fault.message = said(err).empty() ? said(out) : said(err);
    if (fault.message.empty()) fault.message = fault.name;
    return fault;
}

}  // namespace vmha::shell::text
