// A host made for these tests: a TLS server on loopback that knows just enough of the API for one session,
// and does on demand what real hosts do on bad days. Runs on the test's own io_context.
#pragma once
#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/esx/soap_text.hpp"
#include "daemon/net/http.hpp"
#include "daemon/net/task_group.hpp"
#include "daemon/net/tls.hpp"
#include "daemon/net/wakeup.hpp"

namespace vmha::test {

// What a call is answered with.
struct Answer {
    std::string body;  // inside <MethodResponse>, or a whole <soapenv:Fault>
    unsigned status = 200;
    bool bare = false;  // body is no SOAP: sent as it is
    bool hang = false;  // never answered
    bool cut = false;   // the connection is closed instead
    std::string cookie = "";
};

Answer fault(const std::string& name, const std::string& inside = "", const std::string& words = "");

struct FakeVm {
    std::string name, path;
    std::string power = "poweredOff", connection = "connected", heartbeat = "gray";
    std::string question_id = "", boot_time = "";
};

enum class Expiry { fault, empty, missing };

class FakeHost {
public:
    explicit FakeHost(boost::asio::io_context& io);
    ~FakeHost();
    FakeHost(const FakeHost&) = delete;
    FakeHost& operator=(const FakeHost&) = delete;

    net::TcpEndpoint endpoint() const { return endpoint_; }
    std::string thumbprint() const;

    // The next call of the method is answered so; several queue up.
    void next(const std::string& method, Answer answer) { scripted_[method].push_back(std::move(answer)); }
    // Every call of the method, until it is taken away.
    std::map<std::string, std::function<Answer(const pugi::xml_node& call)>> always;

    int count(const std::string& method) const;
    std::vector<std::string> requests;               // "Method" in the order of arrival
    std::map<std::string, int> reads;                // RetrievePropertiesEx by the type of the first object
    std::map<std::string, std::string> last_text;    // by method: the whole request
    std::map<std::string, std::string> last_cookie;  // by method
    int connections_now = 0, connections_most = 0, connections_all = 0;

    std::string user = "vmha", password = "right & <proper>";
    std::string api_type = "HostAgent";
    std::map<std::string, FakeVm> vms;
    std::set<std::string> unknown_properties;  // CreateFilter refuses these
    bool sentinel = true;                      // full views show the host itself
    bool own_collectors = true;
    bool task_manager = true;                  // it can be watched
    std::string licenses, evaluation;          // the values; empty: no such properties
    std::map<std::string, std::string> tasks;  // id -> changes: what a read of the recent ones tells
    int page = 1000;                           // objects in one page of a full view

    // Changes that a pending wait is told at once.
    void enter(const std::string& vmid, FakeVm vm);
    void modify(const std::string& vmid, const std::string& changes);  // changeSet elements
    void leave(const std::string& vmid);
    // A task on a VM: it is new, or its state changed. Told to the waiting client, not to reads.
    void task(const std::string& kind, const std::string& id, const std::string& changes);
    static std::string job(const std::string& vmid, const std::string& state, bool cancellable);
    void send(const std::string& object_set);

    // All sessions end now.
    void expire(Expiry shape);
    void cut_connections();
    void stop_listening();
    void listen_again();

    static std::string change(const std::string& path, const std::string& value, const std::string& type);
    static std::string unset(const std::string& path);

private:
    struct Collector {
        std::vector<std::string> queue;
        bool has_filter = false;
    };
    net::Task<> accept();
    net::Task<> serve(net::StreamPtr tcp);
    net::Task<Answer> answer(const std::string& method, const pugi::xml_node& call,
                             const std::string& cookie);
    net::Task<Answer> wait_for_updates(const pugi::xml_node& call);
    Answer log_in(const pugi::xml_node& call);
    Answer create_filter(const pugi::xml_node& call);
    Answer retrieve(const pugi::xml_node& call, bool authenticated);
    Answer expired_answer(const std::string& method, const pugi::xml_node& call) const;
    std::vector<std::string> everything(const std::string& tag) const;
    std::string vm_content(const std::string& vmid, const std::string& tag) const;

    boost::asio::io_context& io_;
    net::TlsServer tls_;
    net::TcpEndpoint endpoint_;
    std::unique_ptr<net::TcpListener> listener_;
    net::TaskGroup tasks_;
    std::map<std::string, std::deque<Answer>> scripted_;
    std::set<std::string> sessions_;
    Expiry expiry_ = Expiry::fault;
    std::map<std::string, Collector> collectors_;
    std::set<net::Wakeup*> waiting_;
    std::map<int, net::ByteStream*> streams_;
    int last_ = 0;
};

}  // namespace vmha::test
