# For builds from nothing, like CI's: two thirds of a source's time go into the headers of the standard library and fmt.
# Ours are left out, so that a change rebuilds what it must, and doctest's, which no tool beside the tests could link. Off
# in the preset for work on the code: a source that forgets an include shall be noticed.
option(TOUCHSTONE_PCH "Precompile the headers of others" OFF)
if(TOUCHSTONE_PCH)
    set(touchstone_pch_library
        <algorithm> <array> <charconv> <chrono> <cstdint> <cstring> <functional> <limits> <map> <memory> <optional> <set>
        <span> <string> <string_view> <tuple> <unordered_map> <utility> <vector> <fmt/format.h>)
    set(touchstone_pch_plain ${touchstone_pch_library}) # of libraries that are not optimized
    set(touchstone_pch_tests ${touchstone_pch_library} <filesystem> <fstream> <random>)
    # touchstone_precompile(<target> library|plain|tests): all targets of a kind share what the first one compiles, so their
    # options have to be the same where they mean something to a header.
    function(touchstone_precompile target kind)
        get_property(first GLOBAL PROPERTY touchstone_pch_${kind})
        if(first)
            target_precompile_headers(${target} REUSE_FROM ${first})
        else()
            target_precompile_headers(${target} PRIVATE ${touchstone_pch_${kind}})
            set_property(GLOBAL PROPERTY touchstone_pch_${kind} ${target})
        endif()
        # So that ccache can tell what was in them.
        target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
    endfunction()
else()
    function(touchstone_precompile)
    endfunction()
endif()
