// The rules on words, for the tables in detect_time.cpp and detect_token.cpp. Each knows one cause, or a few that look
// alike; each wants its evidence on both sides, and says nothing when in doubt.
#pragma once

#include "diff/explain/words.h"

namespace touchstone {

// detect_duration.cpp
bool duration(const Site& site, WordClaims& claims);       ///< T7
bool copyright_year(const Site& site, WordClaims& claims); ///< T5

// detect_derived.cpp
bool derived_digest(const Site& site, WordClaims& claims); ///< C2: hex or base64 of a divergent file's digest

// detect_secret.cpp
bool password_hash(const Site& site, WordClaims& claims);  ///< R2: $6$salt$…
bool signature_line(const Site& site, WordClaims& claims); ///< R3: minisign, signify
void armour_blocks(const Leaf& leaf, const std::vector<Region>& unclaimed, const Clues& clues,
                   std::vector<Difference>& found); ///< R2 and R3: whole blocks of lines

// detect_path.cpp
bool temporary_path(const Site& site, WordClaims& claims); ///< P2
bool home_path(const Site& site, WordClaims& claims);      ///< P3
bool build_path(const Site& site, WordClaims& claims);     ///< P1

// detect_host.cpp
bool host_name(const Site& site, WordClaims& claims);        ///< E1
bool kernel(const Site& site, WordClaims& claims);           ///< E2
bool environment_dump(const Site& site, WordClaims& claims); ///< E4
bool locale_text(const Site& site, WordClaims& claims);      ///< E5
bool builder_name(const Site& site, WordClaims& claims);     ///< P3: "Built-By: alice"

// detect_id.cpp
bool random_id(const Site& site, WordClaims& claims);  ///< R1
bool pointer(const Site& site, WordClaims& claims);    ///< R5
bool process_id(const Site& site, WordClaims& claims); ///< R6

// detect_revision.cpp
bool source_revision(const Site& site, WordClaims& claims); ///< V5
bool ci_injection(const Site& site, WordClaims& claims);    ///< V6

// detect_compiler.cpp
bool is_compiler_record(const Site& site);                  ///< both lines are what compilers write of themselves
bool compiler_record(const Site& site, WordClaims& claims); ///< V4, E3 or C4 in such a line

// detect_number.cpp
bool last_digits(const Site& site, WordClaims& claims); ///< C4: "0.30000000000000004"

// detect_version.cpp
bool toolchain(const Site& site, WordClaims& claims);       ///< V4
bool download(const Site& site, WordClaims& claims);        ///< V3
bool package_version(const Site& site, WordClaims& claims); ///< V1

} // namespace touchstone
