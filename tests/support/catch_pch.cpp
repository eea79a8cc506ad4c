// For its precompiled header alone: catch_main.cpp includes Catch2 in another way and cannot bring it forth.
#include "tests/support/catch.hpp"
