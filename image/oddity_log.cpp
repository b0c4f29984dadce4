// Counting, cutting and refusing; see the header.
#include "image/oddity_log.h"

#include "base/error.h"

#include <fmt/format.h>

#include <utility>

namespace touchstone {

void OddityLog::add(OddityCode code, std::string_view path, std::string detail) {
    std::uint64_t& count = counts_[static_cast<std::size_t>(code)];
    ++count;
    if (row_of(code).weight == OddityWeight::ambiguous) {
        if (++ambiguous_ > limit_) {
            fail(ErrorKind::over_limit,
                 fmt::format("more than {} ambiguous constructs, the last of them {}: no ordinary "
                             "layer holds so many",
                             limit_, row_of(code).name));
        }
    } else if (count > listed_per_kind) {
        return;
    }
    out_.push_back({code, std::string(path), std::move(detail), -1});
}

void OddityLog::finish() {
    for (const OddityRow& row : oddity_table()) {
        const std::uint64_t count = counts_[static_cast<std::size_t>(row.code)];
        if (row.weight != OddityWeight::ambiguous && count > listed_per_kind) {
            out_.push_back({row.code, {}, fmt::format("and {} more", count - listed_per_kind), -1});
        }
    }
}

} // namespace touchstone
