# Language, warnings, sanitizers and where programs go: the same for every room.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_program(VMHA_CCACHE ccache)
if(VMHA_CCACHE)
    # Precompiled headers carry times; without these two words ccache refuses every file that uses one.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${VMHA_CCACHE})
endif()

add_library(vmha_settings INTERFACE)
target_include_directories(vmha_settings INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(vmha_settings INTERFACE
    -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers
    -fpch-preprocess)
target_compile_definitions(vmha_settings INTERFACE VMHA_VERSION="${PROJECT_VERSION}"
    # An implicit conversion from JSON throws where nobody expects it.
    JSON_USE_IMPLICIT_CONVERSIONS=0)

# Headers only. -DBoost_ROOT=DIR takes the Boost that was unpacked or installed there, and no other.
if(Boost_ROOT)
    set(Boost_NO_BOOST_CMAKE ON)
    set(Boost_NO_SYSTEM_PATHS ON)
endif()
find_package(Boost 1.81 REQUIRED)
target_link_libraries(vmha_settings INTERFACE Boost::headers)

if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(vmha_settings INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE)
    # GCC 12 reports false maybe-uninitialized values and mismatched deletes inside optimised coroutines and Boost.
    target_compile_options(vmha_settings INTERFACE -Wno-maybe-uninitialized -Wno-mismatched-new-delete)
endif()
# How a program that is linked against shared libraries is linked; the shims are static.
add_library(vmha_dynamic INTERFACE)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT VMHA_SANITIZE)
    target_link_options(vmha_dynamic INTERFACE -pie -Wl,-z,relro,-z,now -Wl,--as-needed)
endif()
if(VMHA_SANITIZE)
    add_compile_options(-fsanitize=${VMHA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${VMHA_SANITIZE})
endif()
# -g1: line numbers in a stack trace, at a third of the size and link time of -g.
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
