#include "tests/simulator/shell/print.hpp"

#include <algorithm>
#include <set>

namespace vmha::sim {
namespace {

std::string indent(size_t depth) {
    return std::string(3 * depth, ' ');
}

std::string padded(const std::string& text, size_t width, bool right) {
    const std::string blanks(width - std::min(width, text.size()), ' ');
    return right ? blanks + text : text + blanks;
}

// Faults of the language the API is written in, not of the API itself.
std::string full_name(const std::string& fault) {
    static const std::set<std::string> of_language{
        "InvalidArgument", "ManagedObjectNotFound", "NotSupported",    "SystemError",
        "SecurityError",   "InvalidRequest",        "HostNotConnected"};
    return (of_language.contains(fault) ? "vmodl.fault." : "vim.fault.") + fault;
}

std::string type_of_object(const std::string& type) {
    return "vim." + type;
}

}  // namespace

Block& Block::text(const std::string& name, const std::string& value) {
    return word(name, "\"" + value + "\"");
}

Block& Block::word(const std::string& name, const std::string& value) {
    items_.push_back({name, value});
    return *this;
}

Block& Block::ref(const std::string& name, const std::string& object) {
    return word(name, "'" + object + "'");
}

Block& Block::object(const std::string& name, Block value) {
    items_.push_back({name, "", {std::move(value)}});
    return *this;
}

Block& Block::list(const std::string& name, const std::string& type, std::vector<Block> values) {
    items_.push_back({name, type, std::move(values), true});
    return *this;
}

std::string Block::body(bool old, size_t depth) const {
    const std::string comma = old ? ", \n" : ",\n";
    std::string out = "(" + type_ + ") {\n";
    if (old) out += indent(depth + 1) + "dynamicType = <unset>" + (items_.empty() ? "\n" : comma);
    for (const Item& item : items_) {
        out += indent(depth + 1) + item.name + " = ";
        if (item.is_list)
            out += list_body(item.value, item.blocks, old, depth + 1);
        else
            out += item.blocks.empty() ? item.value : item.blocks.front().body(old, depth + 1);
        out += &item == &items_.back() ? "\n" : comma;
    }
    return out + indent(depth) + "}";
}

std::string Block::list_body(const std::string& type, const std::vector<Block>& values, bool old,
                             size_t depth) {
    if (values.empty()) return "(" + type + ") []";
    std::string out = "(" + type + ") [\n";
    for (const Block& value : values)
        out += indent(depth + 1) + value.body(old, depth + 1) +
               (&value == &values.back() ? "\n"
                : old                    ? ", \n"
                                         : ",\n");
    return out + indent(depth) + "]";
}

std::string Block::print_list(const std::string& type, const std::vector<Block>& values, bool old) {
    return list_body(type, values, old, 0) + "\n";
}

std::string print_fault(const site::Fault& fault, bool old) {
    Block block(full_name(fault.name));
    if (!old) {
        block.null("faultCause", "vmodl.MethodFault");
        if (fault.message_id.empty()) {
            block.unset("faultMessage");
        } else {
            Block message("vmodl.LocalizableMessage");
            message.text("key", fault.message_id).unset("arg").text("message", fault.message);
            block.list("faultMessage", "vmodl.LocalizableMessage", {std::move(message)});
        }
    }
    for (const auto& field : fault.fields) {
        const std::string name(field.name);
        if (field.reference)
            block.ref(name, type_of_object(field.type) + ":" + field.text);
        else
            block.text(name, field.text);
    }
    return block.text("msg", fault.message).print(old);
}

std::string Table::print() const {
    std::vector<size_t> widths;
    for (size_t at = 0; at < columns_.size(); ++at) {
        size_t width = columns_[at].name.size();
        for (const auto& row : rows_) width = std::max(width, row[at].size());
        widths.push_back(width);
    }
    std::string out;
    const auto line = [this, &widths, &out](const auto& cell) {
        for (size_t at = 0; at < columns_.size(); ++at) out += (at ? "  " : "") + cell(at, widths[at]);
        while (out.ends_with(' ')) out.pop_back();
        out += "\n";
    };
    line([this](size_t at, size_t width) { return padded(columns_[at].name, width, columns_[at].right); });
    line([](size_t, size_t width) { return std::string(width, '-'); });
    for (const auto& row : rows_)
        line([this, &row](size_t at, size_t width) { return padded(row[at], width, columns_[at].right); });
    return out;
}

std::string spaced_uuid(std::string uuid) {
    std::erase(uuid, '-');
    std::string out;
    for (size_t i = 0; i < uuid.size(); i += 2)
        out += uuid.substr(i, 2) + (i == 14 ? "-" : i + 2 < uuid.size() ? " " : "");
    return out;
}

}  // namespace vmha::sim
