#include "tests/esx/fake_host.hpp"

#include "daemon/esx/properties.hpp"
#include "tests/support/catch.hpp"

namespace vmha::test {

namespace {

const net::TlsIdentity& identity() {
    static const auto made = net::make_self_signed({.names = {"127.0.0.1"}});
    REQUIRE(made.has_value());
    return *made;
}

net::TlsServer tls_server() {
    auto server = net::TlsServer::create(identity());
    REQUIRE(server.has_value());
    return std::move(*server);
}

std::string envelope(const std::string& method, const Answer& answer) {
    const bool fault = answer.body.find("<soapenv:Fault>") == 0;
    const std::string inside =
        fault ? answer.body
              : "<" + method + "Response xmlns=\"urn:vim25\">" + answer.body + "</" + method + "Response>";
    return R"(<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/")"
           R"( xmlns:xsd="http://www.w3.org/2001/XMLSchema")"
           R"( xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>)" +
           inside + "</soapenv:Body></soapenv:Envelope>";
}

std::string moref(const std::string& name, const std::string& type, const std::string& id) {
    return "<" + name + " type=\"" + type + "\">" + id + "</" + name + ">";
}

// The same property for both kinds of reply.
std::string value(const std::string& tag, const std::string& path, const std::string& text,
                  const std::string& type) {
    const std::string op = tag == "changeSet" ? "<op>assign</op>" : "";
    return "<" + tag + "><name>" + path + "</name>" + op + "<val xsi:type=\"" + type + "\">" + text +
           "</val></" + tag + ">";
}

std::string object(const std::string& tag, const std::string& kind, const std::string& moref_text,
                   const std::string& inside) {
    return "<" + tag + ">" + (kind.empty() ? "" : "<kind>" + kind + "</kind>") + moref_text + inside + "</" +
           tag + ">";
}

}  // namespace

Answer fault(const std::string& name, const std::string& inside, const std::string& words) {
    return {"<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>" + words +
                "</faultstring><detail><" + name + "Fault xmlns=\"urn:vim25\" xsi:type=\"" + name + "\">" +
                inside + "</" + name + "Fault></detail></soapenv:Fault>",
            500};
}

FakeHost::FakeHost(boost::asio::io_context& io) : io_(io), tls_(tls_server()), tasks_(io.get_executor()) {
    endpoint_ = *net::tcp_endpoint("127.0.0.1", 0);
    listen_again();
}

// Its coroutines refer to it: they must have ended.
FakeHost::~FakeHost() {
    stop_listening();
    tasks_.cancel();
    for (int turns = 0; tasks_.size() != 0 && turns < 500; ++turns)
        io_.run_one_for(std::chrono::milliseconds(10));
}

std::string FakeHost::thumbprint() const {
    return tls_.thumbprint();
}

void FakeHost::listen_again() {
    auto listener = net::TcpListener::bind(io_.get_executor(), endpoint_);
    REQUIRE(listener.has_value());
    listener_ = std::make_unique<net::TcpListener>(std::move(*listener));
    endpoint_ = listener_->endpoint();
    tasks_.spawn("accept", accept());
}

void FakeHost::stop_listening() {
    if (listener_) listener_->close();
}

void FakeHost::cut_connections() {
    for (const auto& [id, stream] : streams_) stream->close();
}

int FakeHost::count(const std::string& method) const {
    return static_cast<int>(std::count(requests.begin(), requests.end(), method));
}

net::Task<> FakeHost::accept() {
    for (;;) {
        auto tcp = co_await listener_->accept();
        if (!tcp) co_return;
        tasks_.spawn("connection", serve(std::move(*tcp)));
    }
}

net::Task<> FakeHost::serve(net::StreamPtr tcp) {
    auto stream = co_await tls_.handshake(std::move(tcp), net::deadline_in(std::chrono::seconds(3)));
    if (!stream) co_return;
    const int id = ++last_;
    streams_[id] = stream->get();
    ++connections_all;
    connections_most = std::max(connections_most, ++connections_now);
    const std::shared_ptr<void> forget(nullptr, [this, id](void*) {
        streams_.erase(id);
        --connections_now;
    });
    net::HttpReader reader(**stream, {.body_bytes = 1 << 20});
    net::HttpRequest request;
    while (co_await reader.read(request)) {
        pugi::xml_document document;
        const auto root = xml::parse(document, request.body);
        if (!root) co_return;
        const auto call = root->first_child().first_child();
        const std::string method(xml::local_name(call));
        const std::string* cookie = request.fields.find("Cookie");
        requests.push_back(method);
        last_text[method] = request.body;
        if (method == "RetrievePropertiesEx")
            ++reads[esx::moref_of(xml::child(xml::child(xml::child(call, "specSet"), "objectSet"), "obj"))
                        .type];
        last_cookie[method] = cookie == nullptr ? "" : *cookie;
        const auto given = co_await answer(method, call, last_cookie[method]);
        if (given.cut) {
            (*stream)->close();
            co_return;
        }
        if (given.hang) {
            co_await reader.read(request);  // until the client gives up
            co_return;
        }
        net::HttpResponse response;
        response.status = given.status;
        response.body = given.bare ? given.body : envelope(method, given);
        response.fields = {{"Content-Type", "text/xml; charset=utf-8"}};
        if (!given.cookie.empty()) response.fields.push_back({"Set-Cookie", given.cookie});
        if (!co_await net::write_response(**stream, response)) co_return;
    }
}

Answer FakeHost::log_in(const pugi::xml_node& call) {
    if (esx::text_of(call, "userName") != user || esx::text_of(call, "password") != password)
        return fault("InvalidLogin", "", "Cannot complete login due to an incorrect user name or password.");
    const std::string session = "vmware_soap_session=\"key-" + std::to_string(++last_) + "\"";
    sessions_.insert(session);
    Answer answer{"<returnval><key>52ab</key><userName>" + user + "</userName></returnval>"};
    answer.cookie = session + "; Path=/; HttpOnly; Secure; ";
    return answer;
}

Answer FakeHost::create_filter(const pugi::xml_node& call) {
    if (esx::moref_of(xml::child(xml::child(xml::child(call, "spec"), "objectSet"), "obj")).type ==
        "TaskManager") {
        if (!task_manager) return fault("NoPermission");
        return {moref("returnval", "PropertyFilter", "filter-" + std::to_string(++last_))};
    }
    for (const auto& set : xml::child(call, "spec").children())
        for (const auto& path : set.children())
            if (xml::local_name(path) == "pathSet" && unknown_properties.contains(path.child_value()))
                return fault("InvalidProperty", std::string("<name>") + path.child_value() + "</name>");
    collectors_[xml::child(call, "_this").child_value()].has_filter = true;
    return {moref("returnval", "PropertyFilter", "filter-" + std::to_string(++last_))};
}

std::string FakeHost::vm_content(const std::string& vmid, const std::string& tag) const {
    const auto& vm = vms.at(vmid);
    std::string text = value(tag, "name", vm.name, "xsd:string") +
                       value(tag, "runtime.powerState", vm.power, "VirtualMachinePowerState") +
                       value(tag, "runtime.connectionState", vm.connection, "VirtualMachineConnectionState") +
                       value(tag, "guestHeartbeatStatus", vm.heartbeat, "ManagedEntityStatus");
    if (!vm.path.empty()) text += value(tag, "config.files.vmPathName", vm.path, "xsd:string");
    if (!vm.boot_time.empty()) text += value(tag, "runtime.bootTime", vm.boot_time, "xsd:dateTime");
    if (!vm.question_id.empty())
        text += value(tag, "runtime.question", "<id>" + vm.question_id + "</id><text>?</text>",
                      "VirtualMachineQuestionInfo");
    return text;
}

// Every object of the view, as content of a retrieval or as updates.
std::vector<std::string> FakeHost::everything(const std::string& tag) const {
    const bool updates = tag == "changeSet";
    const std::string outer = updates ? "objectSet" : "objects";
    const std::string kind = updates ? "enter" : "";
    std::vector<std::string> all;
    for (const auto& [id, vm] : vms)
        all.push_back(object(outer, kind, moref("obj", "VirtualMachine", id), vm_content(id, tag)));
    all.push_back(object(outer, kind, moref("obj", "Datastore", "5bc7-ds"),
                         value(tag, "name", "EC_iSCSI", "xsd:string") +
                             value(tag, "summary.accessible", "true", "xsd:boolean") +
                             value(tag, "summary.url", "/vmfs/volumes/5bc7-967e/", "xsd:string")));
    if (sentinel)
        all.push_back(object(outer, kind, moref("obj", "HostSystem", "ha-host"),
                             value(tag, "name", "esxi1", "xsd:string")));
    return all;
}

Answer FakeHost::retrieve(const pugi::xml_node& call, bool authenticated) {
    const auto spec = xml::child(call, "specSet");
    std::string text;
    for (const auto& set : spec.children()) {
        if (xml::local_name(set) != "objectSet") continue;
        const auto of = esx::moref_of(xml::child(set, "obj"));
        if (of.type == "SessionManager" && authenticated) {
            text += object("objects", "", moref("obj", of.type, of.id),
                           value("propSet", "currentSession", "<key>52ab</key>", "UserSession"));
        } else if (of.type == "SessionManager") {
            text += object("objects", "", moref("obj", of.type, of.id), "");
        } else if (of.type == "TaskManager") {
            for (const auto& [id, changes] : tasks)
                text += object("objects", "", moref("obj", "Task", id), changes);
        } else if (of.type == "LicenseManager") {
            std::string values;
            if (!licenses.empty())
                values += value("propSet", "licenses", licenses, "ArrayOfLicenseManagerLicenseInfo");
            if (!evaluation.empty())
                values += value("propSet", "evaluation", evaluation, "LicenseManagerEvaluationInfo");
            text += object("objects", "", moref("obj", of.type, of.id), values);
        } else if (of.type == "VirtualMachine") {
            if (!vms.contains(of.id)) return fault("ManagedObjectNotFound", moref("obj", of.type, of.id));
            text += object("objects", "", moref("obj", of.type, of.id), vm_content(of.id, "propSet"));
        } else if (of.type == "ContainerView" &&
                   esx::text_of(xml::child(spec, "propSet"), "type") == "Datacenter") {
            text +=
                object("objects", "", moref("obj", "Datacenter", "ha-datacenter"),
                       "<propSet><name>vmFolder</name>" + moref("val", "Folder", "folder-7") + "</propSet>");
            text += object(
                "objects", "", moref("obj", "ComputeResource", "ha-compute-res"),
                "<propSet><name>resourcePool</name>" + moref("val", "ResourcePool", "pool-8") + "</propSet>");
            text += object("objects", "", moref("obj", "HostSystem", "host-9"),
                           "<propSet><name>configManager.storageSystem</name>" +
                               moref("val", "HostStorageSystem", "storage-6") + "</propSet>");
        } else if (of.type == "ContainerView") {
            for (const auto& one : everything("propSet")) text += one;
        }
    }
    return {"<returnval>" + text + "</returnval>"};
}

net::Task<Answer> FakeHost::wait_for_updates(const pugi::xml_node& call) {
    const std::string name = xml::child(call, "_this").child_value();
    const std::string version(esx::text_of(call, "version"));
    const std::string filter = "<filterSet>" + moref("filter", "PropertyFilter", "f");
    const auto set = [&](const std::string& next, const std::string& objects, bool more) {
        return Answer{"<returnval><version>" + next + "</version>" + filter + objects + "</filterSet>" +
                      (more ? "<truncated>true</truncated>" : "") + "</returnval>"};
    };
    if (!collectors_[name].has_filter) co_return fault("InvalidCollectorVersion");
    if (version.empty() || version.starts_with("page-")) {
        const auto all = everything("changeSet");
        size_t at = version.empty() ? 0 : std::stoul(version.substr(5));
        std::string objects;
        for (int i = 0; i < page && at < all.size(); ++i) objects += all[at++];
        const bool more = at < all.size();
        co_return set(more ? "page-" + std::to_string(at) : std::to_string(++last_), objects, more);
    }
    if (collectors_[name].queue.empty()) {
        net::Wakeup bell(io_.get_executor());
        waiting_.insert(&bell);
        const std::shared_ptr<void> forget(nullptr, [this, &bell](void*) { waiting_.erase(&bell); });
        const int seconds =
            std::stoi(std::string(esx::text_of(xml::child(call, "options"), "maxWaitSeconds")));
        co_await bell.wait(net::deadline_in(std::chrono::seconds(seconds)));
    }
    if (collectors_[name].queue.empty()) co_return Answer{};
    std::string objects;
    for (const auto& one : std::exchange(collectors_[name].queue, {})) objects += one;
    co_return set(std::to_string(++last_), objects, false);
}

Answer FakeHost::expired_answer(const std::string& method, const pugi::xml_node& call) const {
    if (method != "RetrievePropertiesEx" || expiry_ == Expiry::fault)
        return fault("NotAuthenticated", "", "The session is not authenticated.");
    if (expiry_ == Expiry::empty) return {};
    std::string text;
    for (const auto& set : xml::child(call, "specSet").children()) {
        if (xml::local_name(set) != "objectSet") continue;
        const auto of = esx::moref_of(xml::child(set, "obj"));
        text += object("objects", "", moref("obj", of.type, of.id),
                       "<missingSet><path>name</path><fault><fault xsi:type=\"NotAuthenticated\"/>"
                       "</fault></missingSet>");
    }
    return {"<returnval>" + text + "</returnval>"};
}

net::Task<Answer> FakeHost::answer(const std::string& method, const pugi::xml_node& call,
                                   const std::string& cookie) {
    if (auto& queue = scripted_[method]; !queue.empty()) {
        auto scripted = std::move(queue.front());
        queue.pop_front();
        co_return scripted;
    }
    if (method == "RetrieveServiceContent")
        co_return Answer{"<returnval>" + moref("rootFolder", "Folder", "ha-folder-root") +
                         moref("propertyCollector", "PropertyCollector", "ha-property-collector") +
                         moref("viewManager", "ViewManager", "ViewManager") +
                         moref("licenseManager", "LicenseManager", "ha-license-manager") +
                         moref("authorizationManager", "AuthorizationManager", "ha-authmgr") +
                         moref("taskManager", "TaskManager", "ha-taskmgr") +
                         "<about><fullName>VMware ESXi 7.0.3 build-1</fullName><apiType>" + api_type +
                         "</apiType></about>" + moref("sessionManager", "SessionManager", "ha-sessionmgr") +
                         "</returnval>"};
    if (method == "Login") co_return log_in(call);
    const bool authenticated = sessions_.contains(cookie);
    if (!authenticated) co_return expired_answer(method, call);
    if (const auto found = always.find(method); found != always.end()) co_return found->second(call);
    if (method == "Logout") sessions_.erase(cookie);
    if (method == "CurrentTime") co_return Answer{"<returnval>2026-11-22T08:00:00Z</returnval>"};
    if (method == "CreateContainerView")
        co_return Answer{moref("returnval", "ContainerView", "view-" + std::to_string(++last_))};
    if (method == "CreatePropertyCollector") {
        if (!own_collectors) co_return fault("NotSupported");
        co_return Answer{moref("returnval", "PropertyCollector", "pc-" + std::to_string(++last_))};
    }
    if (method == "DestroyPropertyCollector") collectors_.erase(xml::child(call, "_this").child_value());
    if (method == "CreateFilter") co_return create_filter(call);
    if (method == "WaitForUpdatesEx") co_return co_await wait_for_updates(call);
    if (method == "RetrievePropertiesEx") co_return retrieve(call, authenticated);
    co_return Answer{};
}

std::string FakeHost::change(const std::string& path, const std::string& text, const std::string& type) {
    return value("changeSet", path, text, type);
}

std::string FakeHost::unset(const std::string& path) {
    return "<changeSet><name>" + path + "</name><op>assign</op></changeSet>";
}

void FakeHost::send(const std::string& object_set) {
    for (auto& [name, collector] : collectors_) collector.queue.push_back(object_set);
    for (auto* bell : waiting_) bell->ring();
}

void FakeHost::enter(const std::string& vmid, FakeVm vm) {
    vms[vmid] = std::move(vm);
    send(object("objectSet", "enter", moref("obj", "VirtualMachine", vmid), vm_content(vmid, "changeSet")));
}

void FakeHost::modify(const std::string& vmid, const std::string& changes) {
    send(object("objectSet", "modify", moref("obj", "VirtualMachine", vmid), changes));
}

void FakeHost::task(const std::string& kind, const std::string& id, const std::string& changes) {
    send(object("objectSet", kind, moref("obj", "Task", id), changes));
}

std::string FakeHost::job(const std::string& vmid, const std::string& state, bool cancellable) {
    return change("info.state", state, "TaskInfoState") +
           "<changeSet><name>info.entity</name><op>assign</op>" + moref("val", "VirtualMachine", vmid) +
           "</changeSet>" + change("info.descriptionId", "VirtualMachine.createSnapshot", "xsd:string") +
           change("info.name", "CreateSnapshot_Task", "xsd:string") +
           change("info.cancelable", cancellable ? "true" : "false", "xsd:boolean");
}

void FakeHost::leave(const std::string& vmid) {
    vms.erase(vmid);
    send(object("objectSet", "leave", moref("obj", "VirtualMachine", vmid), ""));
}

void FakeHost::expire(Expiry shape) {
    sessions_.clear();
    collectors_.clear();
    expiry_ = shape;
    for (auto* bell : waiting_) bell->ring();
}

}  // namespace vmha::test
