# Installs libdyce, its headers, the CMake package and the pkg-config file; the program when it is built.
# The installed tree may be moved: nothing in it names the prefix.
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
set(compatibility SameMajorVersion)
if(PROJECT_VERSION_MAJOR EQUAL 0)
    set(compatibility SameMinorVersion)
endif()
write_basic_package_version_file(dyce-config-version.cmake COMPATIBILITY ${compatibility})
install(FILES ${PROJECT_BINARY_DIR}/dyce-config.cmake ${PROJECT_BINARY_DIR}/dyce-config-version.cmake
    DESTINATION ${package_dir})
if(NOT BUILD_SHARED_LIBS)
    set(found_by_us Dnnl)
    if(DYCE_WEBP)
        list(APPEND found_by_us Webp)
    endif()
    foreach(library IN LISTS found_by_us)
        install(FILES ${PROJECT_SOURCE_DIR}/cmake/Find${library}.cmake DESTINATION ${package_dir})
    endforeach()
endif()

set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
set(pc_webp "")
if(DYCE_WEBP)
    set(pc_webp "-lwebpdemux -lwebp ")
endif()
file(RELATIVE_PATH pc_to_prefix /prefix/${pc_dir} /prefix)
configure_file(${PROJECT_SOURCE_DIR}/cmake/dyce.pc.in dyce.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/dyce.pc DESTINATION ${pc_dir})
