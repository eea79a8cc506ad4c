// What the property collector tells: objects that enter, change or leave, with values by property path. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "daemon/esx/soap_text.hpp"

namespace vmha::esx {

// A property and its value; a null value means that the property is unset.
struct Change {
    std::string_view path;
    pugi::xml_node value;
};

// A property that could not be read, with the fault's name: NotAuthenticated, NoPermission, InvalidProperty …
struct Missing {
    std::string_view path;
    std::string_view fault;
};

enum class NewsKind { enter, modify, leave };

// Valid as long as the Reply that it was taken from.
struct ObjectNews {
    Moref object;
    NewsKind kind = NewsKind::enter;
    std::vector<Change> changes;
    std::vector<Missing> missing;
};

// RetrievePropertiesEx. A token means that there is more: ContinueRetrievePropertiesEx.
struct Retrieved {
    std::string token;
    std::vector<ObjectNews> objects;
};
Retrieved retrieved_of(const Reply& reply);

// WaitForUpdatesEx. An empty version means that nothing is new. truncated: ask again at once for the rest.
struct UpdateSet {
    std::string version;
    bool truncated = false;
    std::vector<ObjectNews> objects;
};
UpdateSet updates_of(const Reply& reply);

// A value that is missing for this cause says that the session is no longer valid, whatever else the reply
// holds (evoila/meho#3773: HTTP 200, every property missing with NotAuthenticated).
bool session_lost(const std::vector<ObjectNews>& objects);

}  // namespace vmha::esx
