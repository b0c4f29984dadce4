// The environment, as values. Nothing in this program changes it.
#pragma once

#include <string>
#include <string_view>

namespace touchstone {

/// The variable's value, or `otherwise` where it is not set or empty: no rule here tells those two apart.
std::string environment_variable(const char* name, std::string_view otherwise = {});

} // namespace touchstone
