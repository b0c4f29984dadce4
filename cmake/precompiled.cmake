# For builds from nothing, like CI's: two thirds of a source's time go into the headers of the standard library, fmt and
# doctest. Ours are left out, so that a change rebuilds what it must. Off elsewhere: a source that forgets an include
# shall be noticed.
option(TOUCHSTONE_PCH "Precompile the headers of others" OFF)
if(TOUCHSTONE_PCH)
    set(touchstone_pch_library
        <algorithm> <array> <charconv> <chrono> <cstdint> <cstring> <functional> <limits> <map> <memory> <optional> <set>
        <span> <string> <string_view> <tuple> <unordered_map> <utility> <vector> <fmt/format.h>)
    set(touchstone_pch_tests ${touchstone_pch_library} <filesystem> <fstream> <random> <doctest/doctest.h>)
    function(touchstone_precompile target kind)
        target_precompile_headers(${target} PRIVATE ${touchstone_pch_${kind}})
        # So that ccache can tell what was in them.
        target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
    endfunction()
else()
    function(touchstone_precompile)
    endfunction()
endif()
