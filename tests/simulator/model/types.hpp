// The words of the simulated site: what a host, a VM on it, a task and a session are. Plain data; Site
// changes it.
#pragma once
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vmha::site {

using Time = std::chrono::nanoseconds;  // since the site began; the wall clock is the fronts' business
using HostId = size_t;                  // index in Site::hosts()
using DiskId = size_t;                  // index in Site::disks()

enum class Power { powered_off, powered_on, suspended };
enum class Connection { connected, disconnected, inaccessible, invalid, orphaned };
enum class Color { gray, green, yellow, red };
enum class Network { up, cut, stalled };  // cut: refused and reset; stalled: accepted, then silence
enum class TaskState { queued, running, success, error };
enum class Verb {
    register_vm,
    power_on,
    power_off,
    reset,
    suspend,
    search,
    enter_maintenance,
    exit_maintenance,
    backup,  // a snapshot for a backup, or the consolidation after it
};

// Which way an order came: the free licence lets vim-cmd write, and the API only read (maintux/knife-esx#24).
enum class Through { api, shell };

// How hard a VM's process is told to end (esxcli vm process kill --type).
enum class Kill { soft, hard, force };

// What the licence allows: the free one reads only (pyvmomi#625), an expired evaluation powers nothing on.
enum class Licence { full, free, expired };

// What a running VM shows once its storage is back and another host has its lock (facts C3; the procedure's
// partition cases show an invalid entry, in one of them for a while only).
enum class LostLock { question, invalid, passing_invalid };

// How a host answers property reads of a session that has expired; all three were seen on real hosts
// (pyvmomi#349; oslo.vmware service.py; evoila/meho#3773).
enum class ExpiredShape { fault, empty, missing };

// A fault of the vSphere API, such as InvalidPowerState, with its own fields in schema order.
struct Fault {
    struct Field {
        std::string_view name;  // a literal of the program
        std::string text;
        std::string type = "";   // an enum or moref field names its type here
        bool reference = false;  // a managed object reference: type is the object's type
    };
    std::string name;
    std::string message;  // localizedMessage, faultstring
    std::vector<Field> fields = {};
    std::string message_id = "";  // faultMessage[].key, such as msg.fileio.lock
};

struct Question {
    struct Choice {
        std::string key;
        std::string label;
        std::string summary;
    };
    std::string id;          // names this asking of it
    std::string message_id;  // names the question, such as msg.uuid.altered
    std::string text;
    std::vector<Choice> choices;
    int default_index = 0;
};

// A VM in a host's inventory. What the VM is lies in its files (disk.hpp); this is what this host knows and
// runs.
struct Vm {
    int id = 0;
    std::string path;  // of the .vmx inside the datastore, such as vm1/vm1.vmx
    std::string name;
    Power power = Power::powered_off;
    Connection connection = Connection::connected;
    Color heartbeat = Color::gray;
    bool tools_running = false;
    std::optional<Question> question = {};
    std::optional<Time> booted = {};
    std::string task = "";                       // the task under way, if any
    std::vector<std::string> recent_tasks = {};  // newest last
    unsigned life = 0;  // counts power changes: what was planned in an earlier life is void
    // The VMX lives. As `power` says, but for an invalid entry, whose "powered off" proves nothing.
    bool process = false;
    unsigned world = 0;        // names that process, or the one that ended last
    bool lock_lost = false;    // found its lock in another's hand: its I/O is dead until it ends
    unsigned long memory = 0;  // the history of the disk that its guest has in memory
};

struct Task {
    std::string id;
    Verb verb;
    int vm = 0;  // 0: the task belongs to the folder, the datastore browser or the host
    std::string user;
    Through through = Through::api;
    TaskState state = TaskState::queued;
    int progress = 0;
    Time queued{};
    std::optional<Time> started = {};
    std::optional<Time> completed = {};
    bool cancelled = false;
    std::optional<Fault> fault = {};
    std::string path = "";  // register: the .vmx; search: the folder
    std::string name = "";  // register: the name asked for; search: the pattern
    int result_vm = 0;      // register: the new id
    bool below = false;     // search: the folders in it too
    bool cancellable = false;
    std::vector<std::pair<std::string, std::vector<std::string>>> found = {};  // search: folder, file names
};

struct Session {
    std::string key;  // what currentSession shows; not the cookie's value
    std::string cookie;
    std::string user;
    std::string address;
    std::string agent;
    Time login{};
    Time last_active{};
    long calls = 0;
    bool expired = false;
};

struct Account {
    std::string user;
    std::string password;
};

std::string to_word(Power);
std::string to_word(Connection);
std::string to_word(Color);
std::string to_word(Network);
std::string to_word(TaskState);
std::string to_word(Verb);
std::string to_word(Licence);
std::optional<Color> color_of(const std::string& word);
std::optional<Connection> connection_of(const std::string& word);
std::optional<Licence> licence_of(const std::string& word);
std::optional<Kill> kill_of(const std::string& word);
std::optional<Verb> verb_of(const std::string& word);

}  // namespace vmha::site
