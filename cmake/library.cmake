# For builds that only run tests once, like CI's sanitizers: half of a source's time goes into its headers. Names of the
# unnamed namespaces then meet. Where two sources of one batch have the same, one of them is listed in alone.cmake.
option(TOUCHSTONE_UNITY "Compile many sources as one" OFF)
if(TOUCHSTONE_UNITY)
    include(${CMAKE_CURRENT_LIST_DIR}/alone.cmake)
    target_compile_options(touchstone_flags INTERFACE -Wno-shadow) # what is another source's is not shadowed
    # nor is a header what g++ takes for one: a source that is included
    target_compile_options(touchstone_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
    function(touchstone_unite target)
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
        foreach(source IN LISTS touchstone_alone)
            set_source_files_properties(${PROJECT_SOURCE_DIR}/${source} TARGET_DIRECTORY ${target}
                                        PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
        endforeach()
    endfunction()
else()
    function(touchstone_unite)
    endfunction()
endif()

# touchstone_library(<folder> SOURCES … PUBLIC … PRIVATE …): the library of one folder of the house, with its alias
# touchstone::<folder>, its include root and its place in the export set.
function(touchstone_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(touchstone_${name} STATIC ${arg_SOURCES})
    touchstone_unite(touchstone_${name})
    add_library(touchstone::${name} ALIAS touchstone_${name})
    set_target_properties(touchstone_${name} PROPERTIES EXPORT_NAME ${name} OUTPUT_NAME touchstone_${name})
    target_include_directories(touchstone_${name} PUBLIC
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/touchstone>)
    target_compile_features(touchstone_${name} PUBLIC cxx_std_20)
    target_link_libraries(touchstone_${name}
        PUBLIC ${arg_PUBLIC}
        PRIVATE ${arg_PRIVATE} $<BUILD_INTERFACE:touchstone_flags>)
    touchstone_precompile(touchstone_${name} library)
    install(TARGETS touchstone_${name} EXPORT touchstone ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${name} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/touchstone
            FILES_MATCHING PATTERN "*.h" PATTERN "libcurl.h" EXCLUDE)
endfunction()
