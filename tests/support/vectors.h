// Reading the files of tests/vectors/: arrays of named inputs and what their canonical forms are.
#pragma once

#include "base/json.h"

#include <string>

namespace touchstone::test {

/// The vectors that a file of tests/vectors/ holds.
Json read_vectors(const std::string& file);

/// A tar as a vector holds it: in zlib's own format, which no layer has, and base64.
std::string unpacked_tar(const Json& packed);

} // namespace touchstone::test
