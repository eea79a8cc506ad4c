#include "client/import/files/tree.hpp"

#include <algorithm>
#include <filesystem>

#include "client/import/files/disk.hpp"

namespace vmha::migration {
namespace {

namespace fs = std::filesystem;

constexpr size_t script_bytes_max = 1 << 20;
constexpr size_t files_max = 10'000;

// The cluster manager runs the first three; the scripts come as *.pl. A start.sh.bak tells of the past.
bool is_script_name(const std::string& name) {
    return name == "start.sh" || name == "stop.sh" || name == "genw.sh" || name.ends_with(".pl");
}

Text described(const fs::path& path, std::string text) {
    std::error_code ignored;
    const fs::path whole = fs::absolute(path, ignored).lexically_normal();
    return {path.string(), whole.parent_path().string(), whole.filename().string(), std::move(text)};
}

class Walk {
public:
    Walk(Tree& tree, Remarks& remarks) : tree_(tree), remarks_(remarks) {}

    void named(const fs::path& path) {
        std::error_code error;
        if (fs::is_directory(path, error)) return directory(path);
        auto text = read_whole_file(path.string(), script_bytes_max);
        if (text.has_error()) return remarks_.problem("", 0, text.error().message);
        tree_.named.push_back(described(path, std::move(*text)));
    }

private:
    void directory(const fs::path& path) {
        std::error_code error;
        std::vector<fs::directory_entry> entries;
        for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error))
            entries.push_back(*at);
        if (error) remarks_.problem("", 0, "cannot read " + path.string() + ": " + error.message());
        std::ranges::sort(entries, {}, [](const fs::directory_entry& entry) { return entry.path(); });
        for (const auto& entry : entries) {
            if (++count_ > files_max) return too_many(path);
            if (entry.is_symlink(error) && entry.is_directory(error))
                tree_.skipped.push_back({entry.path().string(), "a link to a directory"});
            else if (entry.is_directory(error))
                directory(entry.path());
            else
                file(entry);
        }
    }

    void file(const fs::directory_entry& entry) {
        std::error_code error;
        const std::string shown = entry.path().string();
        if (!is_script_name(entry.path().filename().string()))
            return tree_.skipped.push_back({shown, "not named start.sh, stop.sh, genw.sh or *.pl"});
        if (!entry.is_regular_file(error)) return tree_.skipped.push_back({shown, "not a regular file"});
        auto text = read_whole_file(shown, script_bytes_max);
        if (text.has_error()) return remarks_.problem("", 0, text.error().message);
        tree_.found.push_back(described(entry.path(), std::move(*text)));
    }

    void too_many(const fs::path& path) {
        if (count_ == files_max + 1)
            remarks_.problem("", 0,
                             "cannot read " + path.string() + ": more than " + std::to_string(files_max) +
                                 " files; name the scripts' folder more closely");
    }

    Tree& tree_;
    Remarks& remarks_;
    size_t count_ = 0;
};

}  // namespace

Tree read_tree(const std::vector<std::string>& paths, Remarks& remarks) {
    Tree tree;
    Walk walk(tree, remarks);
    for (const std::string& path : paths) walk.named(path);
    return tree;
}

std::vector<Script> read_scripts(Tree& tree, Remarks& remarks) {
    std::vector<Script> scripts;
    const auto is_new = [&](const Script& script) {
        return std::ranges::none_of(scripts, [&](const Script& one) { return one.file == script.file; });
    };
    for (const Text& text : tree.named) {
        auto script = read_script(text, remarks);
        if (!script)
            remarks.problem(text.file, 0, "sets neither $cfg_path nor $vmk1: none of the scripts of a VM");
        else if (is_new(*script))
            scripts.push_back(std::move(*script));
    }
    for (const Text& text : tree.found) {
        auto script = read_script(text, remarks);
        if (!script)
            tree.skipped.push_back({text.file, "not a script of a VM: it sets no $cfg_path and addresses"});
        else if (is_new(*script))
            scripts.push_back(std::move(*script));
    }
    std::ranges::sort(tree.skipped, {}, &Skipped::file);
    return scripts;
}

}  // namespace vmha::migration
