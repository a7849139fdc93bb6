# The header of stb_image. Its pkg-config file links a library with decoders dyce must not contain.
find_path(STB_INCLUDE_DIR NAMES stb_image.h PATH_SUFFIXES stb)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Stb REQUIRED_VARS STB_INCLUDE_DIR)

if(Stb_FOUND AND NOT TARGET Stb::image)
    add_library(Stb::image INTERFACE IMPORTED)
    set_target_properties(Stb::image PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${STB_INCLUDE_DIR})
endif()
