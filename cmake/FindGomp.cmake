# The OpenMP runtime under oneDNN, whichever compiler builds us: two such runtimes in one process fight
# over the cores. Linked by its run-time name, because only g++ knows the folder of its development link.
find_library(GOMP_LIBRARY NAMES libgomp.so.1)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Gomp REQUIRED_VARS GOMP_LIBRARY)

if(Gomp_FOUND AND NOT TARGET Gomp::gomp)
    add_library(Gomp::gomp UNKNOWN IMPORTED)
    set_target_properties(Gomp::gomp PROPERTIES IMPORTED_LOCATION ${GOMP_LIBRARY})
endif()
