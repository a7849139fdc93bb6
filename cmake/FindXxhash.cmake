# The header of xxHash; its code is compiled into ours.
find_path(XXHASH_INCLUDE_DIR NAMES xxhash.h)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Xxhash REQUIRED_VARS XXHASH_INCLUDE_DIR)

if(Xxhash_FOUND AND NOT TARGET Xxhash::xxhash)
    add_library(Xxhash::xxhash INTERFACE IMPORTED)
    set_target_properties(Xxhash::xxhash PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${XXHASH_INCLUDE_DIR})
endif()
