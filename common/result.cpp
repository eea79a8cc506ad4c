#include "common/result.hpp"

#include <stdexcept>

namespace vmha {

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
    throw std::logic_error(std::string("value() of an error at ") + where.file_name() + ":" +
                           std::to_string(where.line()) + ": " + error.message);
}

}  // namespace vmha
