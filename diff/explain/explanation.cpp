// Names of the explanation's values.
#include "diff/explain/explanation.h"

namespace touchstone {

std::string_view name_of(Ownership::Match match) {
    switch (match) {
    case Ownership::Match::not_recorded:
        return "not-recorded";
    case Ownership::Match::matches:
        return "matches";
    case Ownership::Match::differs:
        break;
    }
    return "differs";
}

} // namespace touchstone
