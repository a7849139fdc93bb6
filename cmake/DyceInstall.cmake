# Installs libdyce, its headers, the CMake package and the pkg-config file; the program when it is built.
include(CMakePackageConfigHelpers)

install(TARGETS dyce EXPORT dyce-targets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/include/dyce DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET dyce_program)
    install(TARGETS dyce_program)
endif()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/dyce)
install(EXPORT dyce-targets NAMESPACE dyce:: DESTINATION ${package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/dyce-config.cmake.in dyce-config.cmake
    INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(dyce-config-version.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/dyce-config.cmake ${PROJECT_BINARY_DIR}/dyce-config-version.cmake
    DESTINATION ${package_dir})

configure_file(${PROJECT_SOURCE_DIR}/cmake/dyce.pc.in dyce.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/dyce.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
