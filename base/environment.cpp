// See environment.h.
#include "base/environment.h"

#include <cstdlib>

namespace touchstone {

std::string environment_variable(const char* name, std::string_view otherwise) {
    const char* const value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nothing here sets any
    return std::string(value == nullptr || *value == '\0' ? otherwise : std::string_view(value));
}

} // namespace touchstone
