// Random layers for property tests: well-formed, of every type, reproducible from a seed.
#pragma once

#include "tests/support/tar_builder.h"

#include <cstdint>
#include <random>
#include <vector>

namespace touchstone::test {

/// Members of one layer: unique paths below a few directories; parents before children; hard links after their targets.
std::vector<Member> random_members(std::mt19937& random, std::size_t count);

/// The same members in another encoding: times, owner names, dialect and `./` changed, order shuffled where that is
/// allowed (a directory before its content, a target before its links).
std::vector<Member> re_encoded(const std::vector<Member>& members, std::mt19937& random);

/// One random change that is not noise.
void mutate(std::vector<Member>& members, std::mt19937& random);

std::string tar_of(const std::vector<Member>& members);

} // namespace touchstone::test
