# libwebp with the library that takes its container apart, by headers and libraries: both come with Debian's libwebp-dev.
find_path(WEBP_INCLUDE_DIR NAMES webp/demux.h)
find_library(WEBP_LIBRARY NAMES webp)
find_library(WEBP_DEMUX_LIBRARY NAMES webpdemux)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Webp REQUIRED_VARS WEBP_LIBRARY WEBP_DEMUX_LIBRARY WEBP_INCLUDE_DIR)

if(Webp_FOUND AND NOT TARGET Webp::webp)
    add_library(Webp::webp UNKNOWN IMPORTED)
    set_target_properties(Webp::webp PROPERTIES IMPORTED_LOCATION ${WEBP_DEMUX_LIBRARY}
        INTERFACE_LINK_LIBRARIES ${WEBP_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${WEBP_INCLUDE_DIR})
endif()
