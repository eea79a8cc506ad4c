#include "daemon/xml/xml.hpp"

namespace vmha::xml {
namespace {

constexpr int depth_max = 64;

struct DepthCheck : pugi::xml_tree_walker {
    bool too_deep = false;
    bool for_each(pugi::xml_node& node) override {
        too_deep = node.type() == pugi::node_element && depth() >= depth_max;
        return !too_deep;
    }
};

std::string_view prefix_of(std::string_view name) {
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? std::string_view{} : name.substr(0, colon);
}

std::string_view after_prefix(std::string_view name) {
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string_view namespace_of_prefix(pugi::xml_node element, std::string_view prefix) {
    const std::string wanted = prefix.empty() ? "xmlns" : "xmlns:" + std::string(prefix);
    for (; element; element = element.parent())
        if (const auto declared = element.attribute(wanted.c_str())) return declared.value();
    return {};
}

// Bytes of the character at the front, or 0 if they are not UTF-8 of a character that XML 1.0 allows.
size_t sequence_length(std::string_view text) {
    const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80) return first >= 0x20 || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
    const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    char32_t code = first & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0u) != 0x80) return 0;
        code = (code << 6) | (byte(i) & 0x3Fu);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    const bool allowed = code <= 0x10FFFF && code != 0xFFFE && code != 0xFFFF;
    return overlong || surrogate || !allowed ? 0 : length;
}

}  // namespace

Result<pugi::xml_node> parse(pugi::xml_document& into, std::string_view text, size_t bytes) {
    if (text.size() > bytes)
        return Error{Errc::bad_reply, "XML larger than " + std::to_string(bytes) + " bytes"};
    const auto outcome =
        into.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_doctype);
    if (!outcome)
        return Error{Errc::bad_reply, std::string("not XML: ") + outcome.description() + " at byte " +
                                          std::to_string(outcome.offset)};
    for (const auto& node : into.children())
        if (node.type() == pugi::node_doctype) return Error{Errc::bad_reply, "XML with a DOCTYPE"};
    DepthCheck check;
    into.traverse(check);
    if (check.too_deep) return Error{Errc::bad_reply, "XML nested deeper than 64"};
    return into.document_element();
}

QName name_of(const pugi::xml_node& element) {
    const std::string_view name = element.name();
    return {namespace_of_prefix(element, prefix_of(name)), after_prefix(name)};
}

std::optional<QName> type_of(const pugi::xml_node& element) {
    for (const auto& attribute : element.attributes()) {
        const std::string_view name = attribute.name();
        if (after_prefix(name) != "type" || prefix_of(name).empty()) continue;
        if (namespace_of_prefix(element, prefix_of(name)) != xsi_ns) continue;
        const std::string_view value = attribute.value();
        return QName{namespace_of_prefix(element, prefix_of(value)), after_prefix(value)};
    }
    return std::nullopt;
}

pugi::xml_node child(const pugi::xml_node& parent, std::string_view local) {
    for (auto node = parent.first_child(); node; node = node.next_sibling())
        if (node.type() == pugi::node_element && after_prefix(node.name()) == local) return node;
    return {};
}

std::string_view local_name(const pugi::xml_node& element) {
    return after_prefix(element.name());
}

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const size_t length = sequence_length(text);
        switch (text.front()) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&apos;"; break;
            case '\r': out += "&#13;"; break;  // a parser would make a line feed of it
            default: out += length == 0 ? "?" : text.substr(0, length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

}  // namespace vmha::xml
