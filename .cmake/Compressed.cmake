# Manual pages and changelogs are installed compressed, as Debian's policy wants it (12.1, 12.7).
find_program(VMHA_GZIP gzip REQUIRED)

# vmha_install_compressed(COMPONENT FOLDER FILES [NAME]): FOLDER is below the prefix; FILES may be a pattern, looked at
# when it is installed, because the build makes some of the pages; NAME is a new name, without the .gz.
# gzip -n: without a name and a time in it.
function(vmha_install_compressed component folder files)
    set(name "${ARGV3}")
    install(CODE "
        file(GLOB files \"${files}\")
        file(MAKE_DIRECTORY \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${folder}\")
        foreach(file \${files})
            set(name \"${name}\")
            if(NOT name)
                get_filename_component(name \${file} NAME)
            endif()
            execute_process(COMMAND \"${VMHA_GZIP}\" -9nc INPUT_FILE \"\${file}\" COMMAND_ERROR_IS_FATAL ANY
                OUTPUT_FILE \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${folder}/\${name}.gz\")
        endforeach()
        " COMPONENT ${component})
endfunction()
