#include "daemon/esx/properties.hpp"

namespace vmha::esx {

namespace {

Missing missing_of(const pugi::xml_node& node) {
    const auto fault = xml::child(xml::child(node, "fault"), "fault");
    const auto type = xml::type_of(fault);
    return {text_of(node, "path"), type ? type->local : std::string_view{}};
}

// Whatever the op is (assign, remove, indirectRemove): a value that is not there is unset.
Change change_of(const pugi::xml_node& node) {
    return {text_of(node, "name"), xml::child(node, "val")};
}

ObjectNews content_of(const pugi::xml_node& node) {
    ObjectNews news;
    for (const auto& part : node.children()) {
        const auto name = xml::local_name(part);
        if (name == "obj") {
            news.object = moref_of(part);
        } else if (name == "propSet") {
            news.changes.push_back({text_of(part, "name"), xml::child(part, "val")});
        } else if (name == "missingSet") {
            news.missing.push_back(missing_of(part));
        }
    }
    return news;
}

ObjectNews update_of(const pugi::xml_node& node) {
    ObjectNews news;
    for (const auto& part : node.children()) {
        const auto name = xml::local_name(part);
        if (name == "kind") {
            const std::string_view kind = part.child_value();
            news.kind = kind == "leave"   ? NewsKind::leave
                        : kind == "enter" ? NewsKind::enter
                                          : NewsKind::modify;
        } else if (name == "obj") {
            news.object = moref_of(part);
        } else if (name == "changeSet") {
            news.changes.push_back(change_of(part));
        } else if (name == "missingSet") {
            news.missing.push_back(missing_of(part));
        }
    }
    return news;
}

}  // namespace

Retrieved retrieved_of(const Reply& reply) {
    Retrieved result;
    const auto returned = reply.returned();
    result.token = text_of(returned, "token");
    for (const auto& node : returned.children())
        if (xml::local_name(node) == "objects") result.objects.push_back(content_of(node));
    return result;
}

UpdateSet updates_of(const Reply& reply) {
    UpdateSet result;
    const auto returned = reply.returned();
    result.version = text_of(returned, "version");
    const std::string_view truncated = text_of(returned, "truncated");
    result.truncated = truncated == "true" || truncated == "1";
    for (const auto& filter : returned.children()) {
        if (xml::local_name(filter) != "filterSet") continue;
        for (const auto& node : filter.children())
            if (xml::local_name(node) == "objectSet") result.objects.push_back(update_of(node));
    }
    return result;
}

bool session_lost(const std::vector<ObjectNews>& objects) {
    for (const auto& news : objects)
        for (const auto& missing : news.missing)
            if (missing.fault == "NotAuthenticated") return true;
    return false;
}

}  // namespace vmha::esx
