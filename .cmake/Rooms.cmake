# A room is a folder with one static library: the link line is the dependency rule.
#   vmha_room(core DEPS common)            -> library vmha_core of all *.cpp here
#   vmha_room_tests(core DEPS vmha_core)   -> program core_tests of all *_test.cpp here, run by ctest
# Rooms that include Asio share one precompiled header, owned by vmha_net: PCH in the argument list reuses it.

function(vmha_room name)
    cmake_parse_arguments(ARG "PCH" "" "DEPS;EXCLUDE" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS *.cpp)
    foreach(file ${ARG_EXCLUDE})
        list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    endforeach()
    add_library(vmha_${name} STATIC ${sources})
    target_link_libraries(vmha_${name} PUBLIC vmha_settings ${ARG_DEPS})
    if(ARG_PCH)
        target_precompile_headers(vmha_${name} REUSE_FROM vmha_net)
    endif()
endfunction()

function(vmha_room_tests name)
    cmake_parse_arguments(ARG "PCH" "" "DEPS" ${ARGN})
    if(NOT VMHA_UNIT_TESTS)
        return()
    endif()
    file(GLOB sources CONFIGURE_DEPENDS *_test.cpp)
    if(NOT sources)
        return()
    endif()
    add_executable(${name}_tests ${sources})
    target_link_libraries(${name}_tests PRIVATE ${ARG_DEPS} vmha_catch_main)
    if(ARG_PCH)
        target_precompile_headers(${name}_tests REUSE_FROM vmha_net)
    endif()
    add_test(NAME ${name} COMMAND ${name}_tests)
endfunction()
