// `digest --check`: a file of digest lines, recomputed. The form of a line is that of sha256sum's, with the id in place
// of the hex digits; the id also says under which profile it was made.
#pragma once

#include "cli/streams.h"
#include "diff/stack.h"
#include "image/image.h"
#include "normalize/profile.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// What a digest line says.
struct DigestLine {
    std::string id;        ///< "clf1:sha256:…", "crf1:mtime=…,owner=…:sha256:…" or "sha256:…"
    std::string reference; ///< as the user wrote it
    std::string what;      ///< "layer 0", "tree" or "image"
    bool has_profile = false;
    Profile profile; ///< of the id
};

/// Throws malformed, with the number of the line. A line of an image has no profile in its id: it takes that of the
/// line before it when that is of the same reference, else `otherwise`.
std::vector<DigestLine> parse_digest_lines(std::string_view text, const Profile& otherwise);

/// How a check went, best first.
enum class CheckResult : std::uint8_t { holds, fails, trouble };

/// Recomputes every line of `file` (`-` is standard input) and prints "REFERENCE what: OK", "FAILED" or "FAILED open or
/// read" for each (OK not when `quiet`). An image that cannot be read is told of on standard error, and the others are
/// checked all the same (sha256sum -c does so). Returns the worst of all lines. Throws for a list that cannot be read.
CheckResult check_digests(const std::string& file, const OpenOptions& open, const LoadOptions& load,
                          const Profile& profile, bool quiet, Streams& streams);

} // namespace touchstone
