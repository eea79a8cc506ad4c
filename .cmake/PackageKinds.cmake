# Read by cpack for each kind of package: what only the other kind's tools read stays out.
if(CPACK_GENERATOR STREQUAL "DEB")
    set(CPACK_COMPONENTS_ALL vmha vmha_debian simulator simulator_debian)
elseif(CPACK_GENERATOR STREQUAL "RPM")
    set(CPACK_COMPONENTS_ALL vmha vmha_redhat simulator simulator_redhat)
endif()
