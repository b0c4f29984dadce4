# One INTERFACE target carries the language level and the warnings, so that no folder repeats them.
add_library(touchstone_flags INTERFACE)
target_compile_features(touchstone_flags INTERFACE cxx_std_20)
target_compile_options(touchstone_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
    -Wcast-qual -Woverloaded-virtual -Wno-missing-field-initializers -Wnull-dereference -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 warns about impossible null dereferences and overreads inside libstdc++ once it inlines.
    target_compile_options(touchstone_flags INTERFACE
        -Wno-null-dereference -Wno-stringop-overread -Wno-stringop-overflow -Wno-array-bounds -Wno-restrict
        # and about the value of an empty std::optional that nobody reads, at -O3 and with sanitizers (GCC bug 80635)
        $<$<OR:$<CONFIG:Release>,$<BOOL:${TOUCHSTONE_SANITIZE}>>:-Wno-maybe-uninitialized>)
endif()
if(TOUCHSTONE_WERROR)
    target_compile_options(touchstone_flags INTERFACE -Werror)
endif()
if(TOUCHSTONE_SANITIZE)
    target_compile_options(touchstone_flags INTERFACE
        -fsanitize=${TOUCHSTONE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(touchstone_flags INTERFACE -fsanitize=${TOUCHSTONE_SANITIZE})
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
