// The proof that a canonical form holds what its source holds. Two witnesses that share no code: the writer's own view
// (every header it would write, by the profile, to the bit) and the comparison's (every fact that a runtime shows).
#pragma once

#include "diff/stack.h"
#include "normalize/profile.h"

#include <cstddef>

namespace touchstone {

struct CanonicalClaim {
    const Stack& source;
    const Stack& written; ///< read back from where it was written to
    Profile profile;
    std::size_t untouched = 0; ///< layers from the bottom that were carried over as they are
    bool merged = false;       ///< the written image is one layer with the whole tree of the source
    bool alone = false;        ///< one layer without an image: it may need lower layers, so it is no tree of its own
    unsigned jobs = 1;
};

/// Throws unverified, saying what does not hold.
void prove_canonical(const CanonicalClaim& claim);

} // namespace touchstone
