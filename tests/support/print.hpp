// How Catch shows a Result when a check fails: its error's message.
#pragma once
#include <string>

#include "common/result.hpp"
#include "tests/support/catch.hpp"

template <class T>
struct Catch::StringMaker<boost::system::result<T, vmha::Error>> {
    static std::string convert(const boost::system::result<T, vmha::Error>& result) {
        return result ? std::string("a value") : "error: " + result.error().message;
    }
};
