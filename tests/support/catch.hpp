// One include for Catch2, whichever version the system ships (Debian 12: 2.13; newer systems: 3).
#pragma once
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
