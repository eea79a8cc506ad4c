# What lies where once it is installed, and the packages that cpack makes of that: vmha and vmha-simulator, as .deb
# and as .rpm. Included after the rooms, whose programs it installs.
#   cmake --build --preset release --target package

# The units name /usr/sbin/vmhad, so another prefix would only half work.
if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
    set(CMAKE_INSTALL_PREFIX /usr CACHE PATH "where it is installed" FORCE)
endif()
# Debian 12 keeps units in /lib/systemd/system, Red Hat in /usr/lib/systemd/system.
find_package(PkgConfig REQUIRED)
pkg_get_variable(systemd_units systemd systemdsystemunitdir)
set(VMHA_UNIT_DIR "${systemd_units}" CACHE PATH "where systemd looks for the units of packages")
if(NOT VMHA_UNIT_DIR)
    set(VMHA_UNIT_DIR /usr/lib/systemd/system)
endif()

# One component for each package, and one more for what only one kind of package has.
set(unit_files ${CMAKE_SOURCE_DIR}/systemd)
set(debian_files ${CMAKE_SOURCE_DIR}/systemd/deb)
set(settings_files ${CMAKE_SOURCE_DIR}/config)
set(vmha_docs share/doc/vmha)
set(simulator_docs share/doc/vmha-simulator)
set(manual ${CMAKE_BINARY_DIR}/man)
include(Compressed)

# --- vmha
install(TARGETS vmhad DESTINATION sbin COMPONENT vmha)
install(TARGETS vmha_exec vmha_genw vmhactl DESTINATION bin COMPONENT vmha)
install(FILES ${unit_files}/vmhad.service ${unit_files}/vmhad.socket DESTINATION ${VMHA_UNIT_DIR} COMPONENT vmha)
install(FILES ${unit_files}/vmha.sysusers DESTINATION lib/sysusers.d RENAME vmha.conf COMPONENT vmha)
install(FILES ${unit_files}/vmha.tmpfiles DESTINATION lib/tmpfiles.d RENAME vmha.conf COMPONENT vmha)
install(FILES ${unit_files}/vmha.catalog DESTINATION lib/systemd/catalog COMPONENT vmha)

vmha_install_compressed(vmha share/man/man8 ${manual}/*.8)
vmha_install_compressed(vmha share/man/man5 ${manual}/*.5)

install(FILES ${settings_files}/vmhad.json DESTINATION /etc/vmhad COMPONENT vmha)
install(DIRECTORY DESTINATION /etc/vmhad/conf.d COMPONENT vmha)
install(DIRECTORY DESTINATION /etc/vmhad/credentials COMPONENT vmha
    DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
install(FILES ${settings_files}/vmhad.schema.json DESTINATION share/vmha COMPONENT vmha)

install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/daemon/api/openapi.yaml
    DESTINATION ${vmha_docs} COMPONENT vmha)
file(GLOB cluster_scripts ${settings_files}/*.sh)
install(PROGRAMS ${cluster_scripts} DESTINATION ${vmha_docs}/examples COMPONENT vmha)
install(FILES ${settings_files}/conf.d/10-vm2.json.example DESTINATION ${vmha_docs}/examples/conf.d
    RENAME 10-vm2.json COMPONENT vmha)
install(DIRECTORY ${unit_files}/examples/ DESTINATION ${vmha_docs}/examples/vmhad.service.d COMPONENT vmha)

# bash looks for a completion by the name of the program.
file(GLOB completions ${CMAKE_SOURCE_DIR}/client/completion/*)
foreach(file ${completions})
    get_filename_component(name ${file} NAME_WLE)
    install(FILES ${file} DESTINATION share/bash-completion/completions RENAME ${name} COMPONENT vmha)
endforeach()

# --- vmha-simulator
install(TARGETS esxsim esxsim-cmd DESTINATION bin COMPONENT simulator)
install(FILES ${CMAKE_SOURCE_DIR}/tests/simulator/README.md DESTINATION ${simulator_docs} COMPONENT simulator)
vmha_install_compressed(simulator share/man/man1 ${manual}/*.1)

# --- what only Debian's tools read
foreach(package vmha vmha-simulator)
    string(REPLACE "vmha-" "" component ${package})
    install(FILES ${debian_files}/copyright DESTINATION share/doc/${package} COMPONENT ${component}_debian)
    install(FILES ${debian_files}/${package}.lintian-overrides DESTINATION share/lintian/overrides
        RENAME ${package} COMPONENT ${component}_debian)
    vmha_install_compressed(${component}_debian share/doc/${package} ${debian_files}/changelog changelog.Debian)
    vmha_install_compressed(${component}_debian share/doc/${package} ${CMAKE_SOURCE_DIR}/CHANGELOG.md changelog)
    install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION share/licenses/${package} COMPONENT ${component}_redhat)
endforeach()

# --- both kinds of package
set(CPACK_GENERATOR DEB RPM)
set(CPACK_PACKAGE_NAME vmha)
set(CPACK_PACKAGE_VENDOR "the vmha authors")
set(CPACK_PACKAGE_CONTACT "The vmha authors <vmha@example.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
# Each package has its own; this one would be put before it.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_LIST_DIR}/PackageKinds.cmake)
set(vmha_summary "failover of virtual machines between two ESXi hosts")
set(vmha_description
"Carries out, on standalone ESXi hosts without vCenter, what a cluster manager
such as EXPRESSCLUSTER X decides: registers and powers on the protected
virtual machines when their group starts on a node, shuts them down and
unregisters them when it stops, and answers its monitor at once. The daemon
keeps a session to each host, by the vSphere API or by SSH, and never takes
a host that does not answer for a machine that is off.")
set(simulator_summary "simulated site of two ESXi hosts, to try vmha on")
set(simulator_description
"Two standalone ESXi hosts with one shared datastore, as other programs see
them: the vSphere API over TLS, and vim-cmd, esxcli and vmkfstools over SSH.
With faults on request: lost storage, network partitions, pending questions,
expired sessions. It holds no virtual machine; it only behaves as if.")

# --- .deb
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_VMHA_PACKAGE_NAME vmha)
# systemd 250 is the first that loads a directory of credentials.
set(CPACK_DEBIAN_VMHA_PACKAGE_DEPENDS "systemd (>= 250), init-system-helpers (>= 1.54)")
set(CPACK_DEBIAN_VMHA_PACKAGE_SUGGESTS vmha-simulator)
set(CPACK_DEBIAN_VMHA_PACKAGE_CONTROL_EXTRA ${debian_files}/postinst ${debian_files}/prerm ${debian_files}/postrm
    ${debian_files}/conffiles)
set(CPACK_DEBIAN_VMHA_DESCRIPTION "${vmha_summary}\n${vmha_description}")
set(CPACK_DEBIAN_SIMULATOR_PACKAGE_NAME vmha-simulator)
set(CPACK_DEBIAN_SIMULATOR_PACKAGE_RECOMMENDS openssh-server)
set(CPACK_DEBIAN_SIMULATOR_DESCRIPTION "${simulator_summary}\n${simulator_description}")

# --- .rpm
set(CPACK_RPM_COMPONENT_INSTALL ON)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE MIT)
set(CPACK_PACKAGE_RELOCATABLE OFF)
set(CPACK_RPM_PACKAGE_RELEASE 1)
set(CPACK_RPM_PACKAGE_GROUP "System Environment/Daemons")
set(CPACK_RPM_VMHA_PACKAGE_NAME vmha)
set(CPACK_RPM_VMHA_PACKAGE_SUMMARY "${vmha_summary}")
set(CPACK_RPM_VMHA_PACKAGE_DESCRIPTION "${vmha_description}")
set(CPACK_RPM_VMHA_PACKAGE_REQUIRES systemd)
set(CPACK_RPM_VMHA_USER_FILELIST "%config(noreplace) /etc/vmhad/vmhad.json"
    "%dir %attr(0700,root,root) /etc/vmhad/credentials")
set(CPACK_RPM_VMHA_POST_INSTALL_SCRIPT_FILE ${unit_files}/rpm/post)
set(CPACK_RPM_VMHA_PRE_UNINSTALL_SCRIPT_FILE ${unit_files}/rpm/preun)
set(CPACK_RPM_VMHA_POST_UNINSTALL_SCRIPT_FILE ${unit_files}/rpm/postun)
set(CPACK_RPM_SIMULATOR_PACKAGE_NAME vmha-simulator)
set(CPACK_RPM_SIMULATOR_PACKAGE_SUMMARY "${simulator_summary}")
set(CPACK_RPM_SIMULATOR_PACKAGE_DESCRIPTION "${simulator_description}")
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION /etc /lib /lib/systemd ${VMHA_UNIT_DIR} /usr/sbin /usr/lib/sysusers.d
    /usr/lib/tmpfiles.d /usr/lib/systemd /usr/lib/systemd/catalog /usr/share/man /usr/share/man/man1 /usr/share/man/man5
    /usr/share/man/man8 /usr/share/bash-completion /usr/share/bash-completion/completions /usr/share/licenses)

include(CPack)
foreach(component vmha vmha_debian vmha_redhat)
    cpack_add_component(${component} GROUP vmha)
endforeach()
foreach(component simulator simulator_debian simulator_redhat)
    cpack_add_component(${component} GROUP simulator)
endforeach()
