#include "tests/simulator/soap/value.hpp"

#include "daemon/xml/xml.hpp"

namespace vmha::sim {
namespace {

std::string_view without_prefix(std::string_view type) {
    const auto colon = type.find(':');
    return colon == std::string_view::npos ? type : type.substr(colon + 1);
}

// ArrayOfString holds <string>, ArrayOfInt holds <int>, ArrayOfVirtualDevice holds <VirtualDevice>.
std::string array_of(std::string_view item) {
    std::string name(without_prefix(item));
    if (name.front() >= 'a' && name.front() <= 'z')
        name.front() = static_cast<char>(name.front() - 'a' + 'A');
    return "ArrayOf" + name;
}

}  // namespace

Value Value::leaf(std::string type, std::string text) {
    Value value;
    value.kind_ = Kind::text;
    value.type_ = std::move(type);
    value.text_ = std::move(text);
    return value;
}

Value Value::ref(Ref ref) {
    Value value;
    value.kind_ = Kind::ref;
    value.type_ = "ManagedObjectReference";
    value.ref_type_ = std::move(ref.type);
    value.text_ = std::move(ref.id);
    return value;
}

Value Value::object(std::string type, std::initializer_list<NewField> fields) {
    std::vector<Field> moved;
    moved.reserve(fields.size());
    for (const auto& field : fields) moved.emplace_back(field.name, std::move(field.value));
    return object_of(std::move(type), std::move(moved));
}

Value Value::object_of(std::string type, std::vector<Field> fields) {
    Value value;
    value.kind_ = Kind::object;
    value.type_ = std::move(type);
    value.fields_ = std::move(fields);
    return value;
}

Value Value::list(std::string type, std::vector<Value> items) {
    Value value;
    value.kind_ = Kind::list;
    value.type_ = std::move(type);
    value.items_ = std::move(items);
    return value;
}

Value Value::refs(const std::vector<Ref>& refs) {
    std::vector<Value> items;
    items.reserve(refs.size());
    for (const auto& one : refs) items.push_back(ref(one));
    return list("ManagedObjectReference", std::move(items));
}

Value Value::derived() && {
    derived_ = true;
    return std::move(*this);
}

const Value* Value::field(std::string_view name) const {
    for (const auto& [key, value] : fields_)
        if (key == name) return &value;
    return nullptr;
}

void Value::write_any(std::string& out, std::string_view element) const {
    if (kind_ != Kind::list) return write_one(out, element, true);
    out.append("<").append(element).append(" xsi:type=\"").append(array_of(type_)).append("\">");
    for (const auto& item : items_) item.write_one(out, without_prefix(type_), true);
    out.append("</").append(element).append(">");
}

void Value::write(std::string& out, std::string_view element) const {
    if (kind_ == Kind::unset) return;
    if (kind_ == Kind::list && derived_) return write_any(out, element);
    if (kind_ != Kind::list) return write_one(out, element, derived_);
    for (const auto& item : items_) item.write_one(out, element, item.derived_);
}

void Value::write_one(std::string& out, std::string_view element, bool with_type) const {
    out.append("<").append(element);
    if (kind_ == Kind::ref) out.append(" type=\"").append(ref_type_).append("\"");
    if (with_type) out.append(" xsi:type=\"").append(type_).append("\"");
    out.append(">");
    if (kind_ == Kind::object)
        for (const auto& [name, value] : fields_) value.write(out, name);
    else
        out.append(xml::escaped(text_));
    out.append("</").append(element).append(">");
}

Selected select(const Value& value, std::string_view path) {
    const Value* at = &value;
    while (!path.empty()) {
        if (at->kind() == Value::Kind::unset) return {Selected::Outcome::unset};
        const auto dot = path.find('.');
        at = at->field(path.substr(0, dot));
        if (!at) return {Selected::Outcome::no_such_path};
        path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    }
    if (at->kind() == Value::Kind::unset) return {Selected::Outcome::unset};
    return {Selected::Outcome::found, at};
}

}  // namespace vmha::sim
