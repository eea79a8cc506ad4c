# vmha_man_page(NAME.SECTION) -> ${CMAKE_BINARY_DIR}/man/NAME.SECTION, made of NAME.SECTION.in here: the program
# man_page fills in the tables of exit codes, reason words and configuration keys.
add_custom_target(manual ALL)

function(vmha_man_page page)
    string(MAKE_C_IDENTIFIER manual_${page} target)
    set(input ${CMAKE_CURRENT_SOURCE_DIR}/${page}.in)
    set(schema ${CMAKE_SOURCE_DIR}/config/vmhad.schema.json)
    set(output ${CMAKE_BINARY_DIR}/man/${page})
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/man)
    add_custom_command(OUTPUT ${output}
        COMMAND man_page ${input} ${schema} ${output}
        DEPENDS man_page ${input} ${schema}
        VERBATIM)
    add_custom_target(${target} DEPENDS ${output})
    add_dependencies(manual ${target})
endfunction()
