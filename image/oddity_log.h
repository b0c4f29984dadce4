// Collects the oddities of one layer within bounds: an ordinary layer may show the same harmless thing at every entry
// (an ACL, a security.selinux label), so notes and findings of one kind are listed up to a number and counted beyond
// it; ambiguous ones are never dropped, and too many of them refuse the archive.
#pragma once

#include "image/oddity.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

class OddityLog {
public:
    /// How many of one kind are listed one by one when it is a note or a finding; enough for any reader of a report.
    static constexpr std::uint64_t listed_per_kind = 1000;

    OddityLog(std::vector<Oddity>& out, std::uint64_t limit) : out_(out), limit_(limit) {}
    /// `path` is raw, `detail` printable. Throws over_limit when more than `limit` ambiguous ones come.
    void add(OddityCode code, std::string_view path, std::string detail = {});
    /// Appends one line for each kind that was cut: "and 4711 more". To be called once, at the end.
    void finish();

private:
    std::vector<Oddity>& out_;
    std::uint64_t limit_;
    std::uint64_t ambiguous_ = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(OddityCode::last_)> counts_{};
};

} // namespace touchstone
