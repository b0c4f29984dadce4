// Any text is either refused with an Error or read into a value that survives being written and read again.
#include "base/error.h"
#include "base/json.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace touchstone;
    Json json;
    try {
        json = parse_json({reinterpret_cast<const char*>(data), size}, "fuzz");
    } catch (const Error&) {
        return 0;
    }
    const bool same = parse_json(json.dump(), "dump") == json && parse_json(json.dump_pretty(), "pretty") == json;
    if (!same) std::abort();
    return 0;
}
