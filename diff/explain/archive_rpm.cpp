// rpm packages left in an image: lead, signature header, header, payload. The payload is explained; the headers repeat
// what the payload and the package database say, and are signed, so a difference in them is left unexplained.
#include "diff/explain/archive_bytes.h"
#include "diff/explain/archive_formats.h"

namespace touchstone::archives {

namespace {

constexpr std::uint64_t lead_size = 96;
constexpr std::uint64_t intro_size = 16;
constexpr std::uint64_t entry_size = 16;

class RpmArchive final : public Archive {
public:
    using Archive::Archive;
    Fields fields(const Member&) const override { return {}; }
};

/// Where a header structure ends: 16 bytes of introduction, index entries, data. 0: there is none.
std::uint64_t end_of_header(ByteView bytes, std::uint64_t offset) {
    if (!fits(bytes, offset, intro_size)) return 0;
    if (as_text(bytes.subspan(offset, 4)) != std::string_view("\x8e\xad\xe8\x01")) return 0;
    const std::uint64_t size = big_number(bytes, offset + 8, 4) * entry_size + big_number(bytes, offset + 12, 4);
    return fits(bytes, offset + intro_size, size) ? offset + intro_size + size : 0;
}

} // namespace

Parsed parse_rpm(std::string_view, ByteView bytes, const ExplainLimits&) {
    if (!as_text(bytes).starts_with("\xed\xab\xee\xdb") || bytes.size() < lead_size) return {};
    const std::uint64_t signature = end_of_header(bytes, lead_size);
    const std::uint64_t header = (signature + 7) / 8 * 8;
    const std::uint64_t payload = signature == 0 ? 0 : end_of_header(bytes, header);
    if (payload == 0) return {};
    auto archive = std::make_unique<RpmArchive>(bytes);
    FieldList list(archive->outer, 0);
    list.add(lead_size, "lead");
    list.add(header - lead_size, "signature header");
    list.add(payload - header, "header");
    Member member;
    member.name = "payload";
    member.header = {payload, 0};
    member.data = {payload, bytes.size() - payload};
    member.after = {bytes.size(), 0};
    archive->members.push_back(member);
    return {std::move(archive), false};
}

} // namespace touchstone::archives
