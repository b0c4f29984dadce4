# Half of a source's time goes into its headers: in a build from nothing, sources that follow each other in a target's
# list are compiled as one. Names of the unnamed namespaces then meet; apart.cmake says what is done about that. Off in
# the preset for work on the code: there a changed source is all that is compiled again.
option(TOUCHSTONE_UNITY "Compile many sources as one" OFF)
if(TOUCHSTONE_UNITY)
    include(${CMAKE_CURRENT_LIST_DIR}/apart.cmake)
    # What is another source's is not shadowed, nor is a header what g++ takes for one: a source that is included.
    target_compile_options(touchstone_flags INTERFACE
        -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local -Wno-subobject-linkage>)
    # touchstone_unite(<target> <how many sources as one>)
    function(touchstone_unite target size)
        get_target_property(sources ${target} SOURCES)
        get_target_property(folder ${target} SOURCE_DIR)
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
        foreach(source IN LISTS sources)
            file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR} ${folder}/${source})
            set(series together)
            if(name IN_LIST touchstone_apart)
                set(series apart)
            endif()
            list(APPEND ${series} ${source})
            list(LENGTH ${series} number)
            math(EXPR batch "(${number} - 1) / ${size}")
            if(NOT name IN_LIST touchstone_alone)
                set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES UNITY_GROUP ${series}_${batch})
            endif()
        endforeach()
    endfunction()
else()
    function(touchstone_unite)
    endfunction()
endif()

set(TOUCHSTONE_PLAIN "" CACHE STRING "Libraries to compile without optimization, where that saves more than it costs")

# touchstone_compile(<library>): what the options above make of it.
function(touchstone_compile target)
    set(kind library)
    if(target IN_LIST TOUCHSTONE_PLAIN)
        target_compile_options(${target} PRIVATE -O0)
        set(kind plain)
    endif()
    touchstone_precompile(${target} ${kind})
    # Not what users get: where one source's function fits a call of another's better, it is called there, and no compiler
    # says so; and g++ inlines less in large units (bench/count.py counted up to 11 % more instructions).
    if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
        touchstone_unite(${target} 12)
    endif()
endfunction()

# touchstone_library(<folder> SOURCES … PUBLIC … PRIVATE …): the library of one folder of the house, with its alias
# touchstone::<folder>, its include root and its place in the export set.
function(touchstone_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(touchstone_${name} STATIC ${arg_SOURCES})
    add_library(touchstone::${name} ALIAS touchstone_${name})
    set_target_properties(touchstone_${name} PROPERTIES EXPORT_NAME ${name} OUTPUT_NAME touchstone_${name})
    target_include_directories(touchstone_${name} PUBLIC
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/touchstone>)
    target_compile_features(touchstone_${name} PUBLIC cxx_std_20)
    target_link_libraries(touchstone_${name}
        PUBLIC ${arg_PUBLIC}
        PRIVATE ${arg_PRIVATE} $<BUILD_INTERFACE:touchstone_flags>)
    touchstone_compile(touchstone_${name})
    install(TARGETS touchstone_${name} EXPORT touchstone ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${name} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/touchstone
            FILES_MATCHING PATTERN "*.h" PATTERN "libcurl.h" EXCLUDE PATTERN "libarchive.h" EXCLUDE)
endfunction()
