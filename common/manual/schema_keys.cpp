#include "common/manual/schema_keys.hpp"

#include <algorithm>

#include "common/manual/roff.hpp"

namespace vmha::manual {
namespace {

const Json* find(const Json& schema, const std::string& pointer) {
    const Json::json_pointer place(pointer);
    return schema.contains(place) ? &schema.at(place) : nullptr;
}

// What $ref points to, with the keys beside it in its place.
Json resolved(const Json& schema, const Json& property) {
    const auto reference = get_string(property, "$ref");
    if (!reference || !reference->starts_with('#')) return property;
    const Json* const target = find(schema, reference->substr(1));
    if (!target) return property;
    Json whole = resolved(schema, *target);
    for (const auto& [key, value] : property.items())
        if (key != "$ref") whole[key] = value;
    return whole;
}

std::string plain(const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string takes(const Json& property) {
    if (const auto words = property.find("enum"); words != property.end()) {
        std::string out;
        for (const Json& word : *words) out += (out.empty() ? "" : " or ") + plain(word);
        return out;
    }
    std::string out = get_string(property, "type").value_or("value");
    if (out == "boolean") return "true or false";
    if (property.contains("exclusiveMinimum")) out += ", more than " + plain(property["exclusiveMinimum"]);
    if (property.contains("minimum")) out += ", at least " + plain(property["minimum"]);
    if (property.contains("maximum")) out += ", at most " + plain(property["maximum"]);
    return out;
}

bool is_required(const Json& object, const std::string& key) {
    const auto list = object.find("required");
    return list != object.end() &&
           std::ranges::any_of(*list, [&](const Json& one) { return plain(one) == key; });
}

}  // namespace

Result<std::string> schema_keys(const Json& schema, const std::string& pointer) {
    const Json* const object = find(schema, pointer);
    if (!object || !object->contains("properties"))
        return Error{Errc::not_found, "cannot find an object at '" + pointer + "' in the schema"};
    std::string out;
    for (const auto& [key, given] : object->at("properties").items()) {
        const Json property = resolved(schema, given);
        const auto description = get_string(property, "description");
        if (!description) return Error{Errc::not_found, "cannot find a description of '" + key + "'"};
        std::string text = "(" + takes(property);
        if (is_required(*object, key)) text += "; required";
        if (property.contains("default")) text += "; default " + plain(property["default"]);
        const auto paragraph = tagged(key, text + ") " + *description);
        if (paragraph.has_error()) return paragraph.error();
        out += *paragraph;
    }
    return out;
}

}  // namespace vmha::manual
