// Members that a document must have.
#pragma once

#include "base/json.h"

#include <string_view>

namespace touchstone {

/// The member called `name`; throws malformed where there is none. `name` is one of ours.
const Json& required_member(const Json& object, std::string_view name);

} // namespace touchstone
