# dyce_module(NAME SOURCES.. LINK..): one folder of the project as an object library. Its objects go into
# libdyce, into the program and into the tests; who may include whom is checked by tests/layering.
#
# With DYCE_UNITY a folder's files are compiled several at a time: most of what a file costs is reading the
# standard library. So names in anonymous namespaces must differ within a folder (operators and backbones have
# namespaces of their own), and tools/check_units.sh sees to it that each file still compiles alone.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()

add_library(dyce_flags INTERFACE)
target_include_directories(dyce_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/runtime/include)
target_compile_options(dyce_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor
    # g++ 12 sees an overlapping copy in `"text" + string` (GCC bug 105651).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    $<$<BOOL:${DYCE_WERROR}>:-Werror>)
if(DYCE_SANITIZE)
    target_compile_options(dyce_flags INTERFACE -fsanitize=${DYCE_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    target_link_options(dyce_flags INTERFACE -fsanitize=${DYCE_SANITIZE})
    # g++ mistakes the instrumentation of standard headers for reads of unset variables.
    target_compile_options(dyce_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()

function(dyce_unite name)
    if(DYCE_UNITY)
        set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 24)
        # A file of a unit is included; g++ takes it for a header whose types nobody else could know.
        target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
    endif()
endfunction()

# For code that no user waits for: compiled in two thirds of the time.
function(dyce_optimise_little name)
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# dyce_word_table(TEMPLATE DECLARATION ENTRY WORD..): makes the source file of a table from TEMPLATE.in, which holds
# @declarations@ and @entries@: DECLARATION and ENTRY for each word, which stands in them as WORD. So what is a file
# of its own is in the table by one word.
function(dyce_word_table template declaration entry)
    set(declarations "")
    set(entries "")
    foreach(word ${ARGN})
        string(REPLACE WORD ${word} one "${declaration}")
        string(APPEND declarations "${one}\n")
        string(REPLACE WORD ${word} one "${entry}")
        string(APPEND entries "${one}\n")
    endforeach()
    configure_file(${template}.in ${template} @ONLY)
endfunction()

function(dyce_module name)
    cmake_parse_arguments(module "" "" "SOURCES;LINK" ${ARGN})
    add_library(${name} OBJECT ${module_SOURCES})
    target_link_libraries(${name} PUBLIC dyce_flags ${module_LINK})
    dyce_unite(${name})
endfunction()
