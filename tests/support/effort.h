// How often property tests try. Under a sanitizer a try takes ten to thirty times as long, and there the question is
// another: whether memory is used well, not whether the answer is right. Fuzzers ask it besides.
#pragma once

#include <algorithm>
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TOUCHSTONE_TESTS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TOUCHSTONE_TESTS_SANITIZED 1
#endif
#endif

namespace touchstone::test {

#ifdef TOUCHSTONE_TESTS_SANITIZED
inline constexpr std::size_t effort_divisor = 10;
#else
inline constexpr std::size_t effort_divisor = 1;
#endif

/// So many tries of `wanted`, at least one.
constexpr std::size_t rounds(std::size_t wanted) {
    return std::max<std::size_t>(1, wanted / effort_divisor);
}

/// The step of a loop over all bytes of something: 1, or a number that shares no factor with the usual record sizes.
inline constexpr std::size_t each_byte = effort_divisor == 1 ? 1 : 11;

} // namespace touchstone::test
