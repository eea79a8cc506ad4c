#include "daemon/config/load.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "daemon/config/document.hpp"
#include "daemon/config/duplicates.hpp"
#include "daemon/config/validate.hpp"
#include "daemon/run/files.hpp"

namespace vmha::config {
namespace {

namespace fs = std::filesystem;

constexpr size_t file_bytes_max = 1 << 20;
constexpr std::string_view last_good_name = "last-good.json";

// Adds to `problems` and returns nothing if the file is no JSON object.
std::optional<Json> read_object(const std::string& file, std::vector<Problem>& problems) {
    const auto text = run::read_file(file, file_bytes_max);
    if (!text) {
        problems.push_back({"", "", text.error().message});
        return std::nullopt;
    }
    auto value = parse_json(*text, {.bytes = file_bytes_max, .comments = true});
    if (!value) {
        const auto twice = duplicate_keys(*text);
        for (const auto& path : twice) problems.push_back({file, path, "stands twice in this file"});
        if (twice.empty()) problems.push_back({file, "", value.error().message});
        return std::nullopt;
    }
    if (!value->is_object()) {
        problems.push_back({file, "", "must hold one JSON object"});
        return std::nullopt;
    }
    return std::move(*value);
}

std::string drop_in_folder(const std::string& main_file) {
    return (fs::path(main_file).parent_path() / "conf.d").string();
}

std::vector<std::string> drop_ins(const std::string& main_file, std::vector<Problem>& problems) {
    std::vector<std::string> files;
    const std::string directory = drop_in_folder(main_file);
    std::error_code error;
    fs::directory_iterator entry(directory, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (name.ends_with(".json") && !name.starts_with('.')) files.push_back(entry->path().string());
    }
    if (error && error != std::errc::no_such_file_or_directory)
        problems.push_back({"", "", "cannot read " + directory + ": " + error.message()});
    std::ranges::sort(files);
    return files;
}

void warn_if_writable(const std::string& file, std::vector<std::string>& warnings) {
    struct stat status {};
    if (::stat(file.c_str(), &status) == 0 && (status.st_mode & S_IWOTH))
        warnings.push_back(file + ": everybody may write this file, and so decide which hosts are trusted");
}

template <class T>
void prepend(std::vector<T>& all, std::vector<T> first) {
    all.insert(all.begin(), std::make_move_iterator(first.begin()), std::make_move_iterator(first.end()));
}

}  // namespace

std::string Problem::text() const {
    std::string out = file;
    if (!path.empty()) out += (out.empty() ? "" : ": ") + path;
    return out.empty() ? message : out + ": " + message;
}

Source source_of(std::string file) {
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    return {.file = std::move(file), .credentials_directory = directory ? directory : ""};
}

Loaded load(const Source& source) {
    Loaded out;
    auto main_value = read_object(source.file, out.problems);
    std::vector<std::pair<std::string, Json>> patches;
    for (const auto& file : drop_ins(source.file, out.problems))
        if (auto value = read_object(file, out.problems)) patches.emplace_back(file, std::move(*value));
    const bool complete = out.problems.empty();

    Document document(main_value ? std::move(*main_value) : Json::object(), source.file);
    std::vector<std::string> warnings;
    warn_if_writable(source.file, warnings);
    for (const auto& [file, patch] : patches) {
        warn_if_writable(file, warnings);
        for (const auto& path : document.patch(patch, file))
            warnings.push_back(Problem{file, path, "null removes nothing here, the key is not set"}.text());
    }
    auto checked = validate(document, source, complete);
    prepend(checked.problems, std::move(out.problems));
    prepend(checked.warnings, std::move(warnings));
    return checked;
}

std::vector<std::string> files_of(const std::string& main_file) {
    std::vector<Problem> said_by_load;
    std::vector<std::string> files = drop_ins(main_file, said_by_load);
    files.insert(files.begin(), {main_file, drop_in_folder(main_file)});
    return files;
}

Result<> save_last_good(const std::string& state_dir, const std::string& merged) {
    return run::write_file((fs::path(state_dir) / last_good_name).string(), merged, 0600, run::Sync::disk);
}

Loaded load_last_good(const std::string& state_dir, Source source) {
    const std::string file = (fs::path(state_dir) / last_good_name).string();
    source.files_must_be_usable = false;
    Loaded out;
    if (const auto value = read_object(file, out.problems)) out = validate(Document(*value, file), source);
    return out;
}

}  // namespace vmha::config
