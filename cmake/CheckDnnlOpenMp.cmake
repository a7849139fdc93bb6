# oneDNN's calls of OpenMP are served by threads of ours (runtime/core/onednn/openmp_slots.cpp): every function of
# OpenMP that the library imports has to be one that is served there.
file(STRINGS ${PROJECT_SOURCE_DIR}/runtime/core/onednn/openmp_slots.cpp openmp_rows REGEX "{\"(GOMP|omp)_[a-z_]+\",")
list(TRANSFORM openmp_rows REPLACE ".*\"([A-Za-z_]+)\".*" "\\1" OUTPUT_VARIABLE openmp_served)

execute_process(COMMAND ${CMAKE_READELF} --wide --dyn-syms ${DNNL_LIBRARY}
    OUTPUT_VARIABLE dnnl_symbols RESULT_VARIABLE dnnl_unread ERROR_VARIABLE dnnl_error)
if(dnnl_unread)
    message(FATAL_ERROR "${CMAKE_READELF} ${DNNL_LIBRARY}: ${dnnl_error}")
endif()
string(REGEX MATCHALL " UND (GOMP|GOACC|omp|kmp|__kmpc)_[A-Za-z0-9_]+" openmp_imported "${dnnl_symbols}")
list(TRANSFORM openmp_imported REPLACE " UND " "")
list(REMOVE_DUPLICATES openmp_imported)
foreach(name IN LISTS openmp_imported)
    if(NOT name IN_LIST openmp_served)
        message(FATAL_ERROR "${DNNL_LIBRARY} calls ${name}, which dyce does not serve; expected: ${openmp_served}")
    endif()
endforeach()
if(NOT "GOMP_parallel" IN_LIST openmp_imported)
    message(FATAL_ERROR "${DNNL_LIBRARY} does not call GOMP_parallel: a oneDNN built for GNU OpenMP is needed")
endif()
