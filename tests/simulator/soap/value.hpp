// A value of the vSphere API as a tree with its wire types. Every object's properties are such trees, so a
// property path of any depth is a walk down the tree, and writing needs no schema.
#pragma once
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vmha::sim {

// A managed object reference.
struct Ref {
    std::string type;
    std::string id;
    auto operator<=>(const Ref&) const = default;
};

class Value {
public:
    enum class Kind { unset, text, ref, object, list };
    using Field = std::pair<std::string_view, Value>;  // names are literals of the program

    struct NewField;

    Value() = default;  // unset: a property that exists and has no value now

    static Value text(std::string text) { return leaf("xsd:string", std::move(text)); }
    static Value boolean(bool value) { return leaf("xsd:boolean", value ? "true" : "false"); }
    static Value integer(int64_t value) { return leaf("xsd:int", std::to_string(value)); }
    static Value integer64(int64_t value) { return leaf("xsd:long", std::to_string(value)); }
    static Value integer16(int value) { return leaf("xsd:short", std::to_string(value)); }
    static Value leaf(std::string type, std::string text);
    static Value ref(Ref ref);
    // Fields in schema order: clients that are strict depend on it.
    static Value object(std::string type, std::initializer_list<NewField> fields);
    static Value object_of(std::string type, std::vector<Field> fields);
    // `type` is the items' declared type, such as ManagedObjectReference or xsd:string.
    static Value list(std::string type, std::vector<Value> items = {});
    static Value refs(const std::vector<Ref>& refs);

    // Marks a value whose declared type is a base type or anyType, so that it carries xsi:type wherever it
    // stands.
    Value derived() &&;

    Kind kind() const { return kind_; }
    const std::string& type() const { return type_; }
    const std::string& text() const { return text_; }  // of a leaf; a ref's id
    Ref as_ref() const { return {ref_type_, text_}; }
    const std::vector<Field>& fields() const { return fields_; }
    const std::vector<Value>& items() const { return items_; }
    const Value* field(std::string_view name) const;

    // <element xsi:type="…">…</element>, as the anyType values of properties are written. Items of a list
    // carry their type too: libvirt refuses those without ("AnyType is missing 'type' property").
    void write_any(std::string& out, std::string_view element) const;
    // <element>…</element>, a list as repeated elements, nothing when unset.
    void write(std::string& out, std::string_view element) const;

private:
    void write_one(std::string& out, std::string_view element, bool with_type) const;

    Kind kind_ = Kind::unset;
    bool derived_ = false;
    std::string type_;
    std::string text_;
    std::string ref_type_;
    std::vector<Field> fields_;
    std::vector<Value> items_;
};

// A field on its way into an object. Mutable, because an initializer list could only be copied from, and a
// deep tree would be copied once per level.
struct Value::NewField {
    std::string_view name;
    mutable Value value;
};

// What a dotted path leads to inside `value`. Something below an unset value is unset; a name that the tree
// does not have is no path of this type.
struct Selected {
    enum class Outcome { found, unset, no_such_path };
    Outcome outcome;
    const Value* value = nullptr;
};
Selected select(const Value& value, std::string_view path);

}  // namespace vmha::sim
