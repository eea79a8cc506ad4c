#include "daemon/config/duplicates.hpp"

#include <set>

#include "daemon/config/document.hpp"

namespace vmha::config {
namespace {

class KeyReader : public nlohmann::json_sax<Json> {
public:
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(size_t) override {
        open_.push_back({here_, {}});
        return true;
    }
    bool key(string_t& name) override {
        here_ = child_path(open_.back().path, name);
        if (!open_.back().keys.insert(name).second) found.push_back(here_);
        return true;
    }
    bool end_object() override {
        open_.pop_back();
        return true;
    }
    bool start_array(size_t) override { return true; }
    bool end_array() override { return true; }
    bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
        return false;
    }

    std::vector<std::string> found;

private:
    struct Open {
        std::string path;
        std::set<std::string> keys;
    };
    std::vector<Open> open_;
    std::string here_;
};

}  // namespace

std::vector<std::string> duplicate_keys(std::string_view text) {
    KeyReader reader;
    Json::sax_parse(text, &reader, nlohmann::detail::input_format_t::json, true, true);
    return reader.found;
}

}  // namespace vmha::config
