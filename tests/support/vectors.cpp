// Inputs are small; what unpacks to more than a mebibyte is no vector of ours.
#include "tests/support/vectors.h"

#include "base/printable.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>
#include <zlib.h>

namespace touchstone::test {

Json read_vectors(const std::string& file) {
    return parse_json(read_text_file(TOUCHSTONE_VECTORS "/" + file), "vectors");
}

std::string unpacked_tar(const Json& packed) {
    const std::string compressed = unbase64(packed.as_string());
    std::string out(std::size_t{1} << 20, '\0');
    uLongf size = out.size();
    REQUIRE(::uncompress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(compressed.data()),
                         compressed.size()) == Z_OK);
    out.resize(size);
    return out;
}

} // namespace touchstone::test
