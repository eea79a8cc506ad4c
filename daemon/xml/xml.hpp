// XML with namespaces on top of pugixml, which knows none. This is the only place where prefixes are
// resolved; SOAP text on both sides (client and simulator) is read and written through it.
#pragma once
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace vmha::xml {

inline constexpr std::string_view soap_ns = "http://schemas.xmlsoap.org/soap/envelope/";
inline constexpr std::string_view vim_ns = "urn:vim25";
inline constexpr std::string_view xsi_ns = "http://www.w3.org/2001/XMLSchema-instance";
inline constexpr std::string_view xsd_ns = "http://www.w3.org/2001/XMLSchema";

// A name as it counts: which namespace, which local name.
struct QName {
    std::string_view ns;
    std::string_view local;
    bool operator==(const QName&) const = default;
};

// Refuses text over `bytes`, elements deeper than 64 levels (pugixml itself has no limit; whoever walks the
// tree by recursion needs one) and anything with a DOCTYPE. `into` must outlive every node taken from it.
Result<pugi::xml_node> parse(pugi::xml_document& into, std::string_view text, size_t bytes = 64u << 20);

// The element's own name. An undeclared prefix gives an empty namespace and never matches.
QName name_of(const pugi::xml_node& element);

// The value of xsi:type, resolved by namespace at this element; nullopt if there is none.
std::optional<QName> type_of(const pugi::xml_node& element);

// First child element with this local name, whatever its namespace (vim25 has no two of one local name).
pugi::xml_node child(const pugi::xml_node& parent, std::string_view local);

// The local part of a possibly prefixed element name.
std::string_view local_name(const pugi::xml_node& element);

// `text` with & < > " ' and carriage returns escaped; bytes that are not UTF-8 and characters that XML 1.0
// does not allow become '?'.
std::string escaped(std::string_view text);

}  // namespace vmha::xml
