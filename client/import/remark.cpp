#include "client/import/remark.hpp"

namespace vmha::migration {

std::string place(const std::string& file, int line) {
    return line > 0 ? file + ":" + std::to_string(line) : file;
}

std::string Remark::text() const {
    return file.empty() ? message : place(file, line) + ": " + message;
}

}  // namespace vmha::migration
