// Proves that XML from a host is read by namespace, never by prefix, and that hostile text is refused.
#include "daemon/xml/xml.hpp"

#include "tests/support/catch.hpp"

using namespace vmha;

namespace {

struct Parsed {
    pugi::xml_document document;
    pugi::xml_node root;
    explicit Parsed(std::string_view text) {
        const auto result = xml::parse(document, text);
        REQUIRE(result.has_value());
        root = *result;
    }
};

Error error_of(std::string_view text, size_t bytes = 1 << 20) {
    pugi::xml_document document;
    const auto result = xml::parse(document, text, bytes);
    REQUIRE(result.has_error());
    return result.error();
}

std::string nested(int levels, std::string_view innermost = "") {
    std::string text;
    for (int i = 0; i < levels; ++i) text += "<a>";
    text += innermost;
    for (int i = 0; i < levels; ++i) text += "</a>";
    return text;
}

}  // namespace

TEST_CASE("an element's namespace is that of its own or an outer declaration") {
    const Parsed parsed(
        R"(<s:Envelope xmlns:s="urn:soap" xmlns="urn:outer"><s:Body><x xmlns="urn:inner"><y/></x>
        <z/></s:Body></s:Envelope>)");
    CHECK(xml::name_of(parsed.root) == xml::QName{"urn:soap", "Envelope"});
    const auto body = xml::child(parsed.root, "Body");
    CHECK(xml::name_of(xml::child(body, "x")) == xml::QName{"urn:inner", "x"});
    CHECK(xml::name_of(xml::child(xml::child(body, "x"), "y")) == xml::QName{"urn:inner", "y"});
    CHECK(xml::name_of(xml::child(body, "z")) == xml::QName{"urn:outer", "z"});
}

TEST_CASE("a prefix may be bound anew further in") {
    const Parsed parsed(R"(<p:a xmlns:p="urn:one"><p:b xmlns:p="urn:two"/><p:c/></p:a>)");
    CHECK(xml::name_of(xml::child(parsed.root, "b")).ns == "urn:two");
    CHECK(xml::name_of(xml::child(parsed.root, "c")).ns == "urn:one");
}

TEST_CASE("a default namespace can be taken back") {
    const Parsed parsed(R"(<a xmlns="urn:one"><b xmlns=""/></a>)");
    CHECK(xml::name_of(xml::child(parsed.root, "b")).ns.empty());
}

TEST_CASE("a prefix that nobody declared matches nothing") {
    const Parsed parsed(R"(<q:a><b/></q:a>)");
    CHECK(xml::name_of(parsed.root) == xml::QName{"", "a"});
}

TEST_CASE("xsi:type is found under whatever prefix its namespace has") {
    const Parsed parsed(R"(<r xmlns="urn:vim25"><val xmlns:other="http://www.w3.org/2001/XMLSchema-instance"
        other:type="FileLocked"/></r>)");
    CHECK(xml::type_of(xml::child(parsed.root, "val")) == xml::QName{"urn:vim25", "FileLocked"});
}

TEST_CASE("the type's own prefix is resolved too") {
    const Parsed parsed(R"(<r xmlns:x="http://www.w3.org/2001/XMLSchema-instance" xmlns:d="urn:d">
        <val x:type="d:string"/></r>)");
    CHECK(xml::type_of(xml::child(parsed.root, "val")) == xml::QName{"urn:d", "string"});
}

TEST_CASE("an attribute named type of another namespace is no xsi:type") {
    const Parsed parsed(
        R"(<r xmlns:xsi="urn:something-else"><a xsi:type="X"/><b type="VirtualMachine"/></r>)");
    CHECK_FALSE(xml::type_of(xml::child(parsed.root, "a")));
    CHECK_FALSE(xml::type_of(xml::child(parsed.root, "b")));
}

TEST_CASE("a moref with both attributes shows the type of the schema, not of the object") {
    const Parsed parsed(R"(<val xmlns="urn:vim25" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"
        type="HostSystem" i:type="ManagedObjectReference">ha-host</val>)");
    CHECK(xml::type_of(parsed.root)->local == "ManagedObjectReference");
    CHECK(std::string(parsed.root.attribute("type").value()) == "HostSystem");
}

TEST_CASE("child finds elements only") {
    const Parsed parsed("<a>text<!-- b --><b>1</b><b>2</b></a>");
    CHECK(std::string(xml::child(parsed.root, "b").child_value()) == "1");
    CHECK_FALSE(xml::child(parsed.root, "c"));
    CHECK_FALSE(xml::child(pugi::xml_node(), "a"));
}

TEST_CASE("64 levels are read, text in the innermost included, 65 are refused") {
    const Parsed parsed(nested(64, "text"));
    CHECK(parsed.root);
    CHECK(error_of(nested(65)).message == "XML nested deeper than 64");
}

TEST_CASE("depth counts however the text tries to hide it") {
    std::string text;
    for (int i = 0; i < 70; ++i) text += R"(<a b="/>">)";
    text += std::string();
    for (int i = 0; i < 70; ++i) text += "</a>";
    CHECK(error_of(text).code == Errc::bad_reply);
}

TEST_CASE("a hundred thousand levels are refused, too") {
    CHECK(error_of(nested(100'000)).message == "XML nested deeper than 64");
}

TEST_CASE("many siblings are no depth") {
    std::string text = "<a>";
    for (int i = 0; i < 1000; ++i) text += "<b><c/></b>";
    const Parsed parsed(text + "</a>");
    CHECK(parsed.root);
}

TEST_CASE("a DOCTYPE is refused, with or without entities") {
    CHECK(error_of("<!DOCTYPE a><a/>").message == "XML with a DOCTYPE");
    CHECK(error_of(R"(<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>)").code ==
          Errc::bad_reply);
}

TEST_CASE("what is not XML is refused with the place") {
    CHECK(error_of("").code == Errc::bad_reply);
    CHECK(error_of("Service Unavailable").code == Errc::bad_reply);
    CHECK(error_of("<a><b></a>").message.find("at byte") != std::string::npos);
    CHECK(error_of("<html><br></html>").code == Errc::bad_reply);
}

TEST_CASE("text over the limit is not even looked at") {
    CHECK(error_of("<a>" + std::string(100, 'x') + "</a>", 50).message == "XML larger than 50 bytes");
}

TEST_CASE("escaped text comes back as it was") {
    const std::string text = "a&b<c>d\"e'f\tg\nh\ri \xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80 ]]>";
    const Parsed parsed("<a b=\"" + xml::escaped("<&\"'>") + "\">" + xml::escaped(text) + "</a>");
    CHECK(std::string(parsed.root.child_value()) == text);
    CHECK(std::string(parsed.root.attribute("b").value()) == "<&\"'>");
}

TEST_CASE("what XML cannot hold becomes a question mark") {
    CHECK(xml::escaped(std::string_view("a\0b\x01\x1F", 5)) == "a?b??");
    CHECK(xml::escaped("\xFF\xC3") == "??");            // no UTF-8; cut off
    CHECK(xml::escaped("\xC0\xAF") == "??");            // an overlong slash
    CHECK(xml::escaped("\xED\xA0\x80") == "???");       // a surrogate
    CHECK(xml::escaped("\xEF\xBF\xBE") == "???");       // U+FFFE
    CHECK(xml::escaped("\xF4\x90\x80\x80") == "????");  // beyond U+10FFFF
    CHECK(xml::escaped("\xE2\x82") == "??");
}
