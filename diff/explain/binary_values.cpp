// Reading and recomputing single values of binary formats: numbers, times, digests, zlib streams.
#include "diff/explain/binary_fields.h"

#include "base/endian.h"

#include "diff/explain/moment.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace touchstone {

namespace {

constexpr std::int64_t day = 86400;

std::string digest_by(const EVP_MD* algorithm, ByteView bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, algorithm, nullptr) != 1) return {};
    return std::string(as_text(ByteView(digest).first(size)));
}

struct Date {
    std::int64_t year = 0;
    std::int64_t month = 0;
    std::int64_t day = 0;
};

Date date_of(std::int64_t days) {
    const std::int64_t shifted = days + 719468;
    const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const std::int64_t day_of_era = shifted - era * 146097;
    const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
    const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day_of_year - (153 * month_from_march + 2) / 5 + 1};
}

} // namespace

std::uint64_t Numbers::at(std::uint64_t offset, std::size_t size) const {
    if (!has(offset, size)) return 0;
    return big ? big_number(bytes, offset, size) : little_number(bytes, offset, size);
}

std::string_view Numbers::text(Span span) const {
    return as_text(view(span));
}

ByteView Numbers::view(Span span) const {
    return has(span.offset, span.size) ? bytes.subspan(span.offset, span.size) : ByteView();
}

Field time_field(std::string name, Span span, std::int64_t seconds) {
    Field field;
    field.name = std::move(name);
    field.span = span;
    field.proof = Proof::time;
    field.cause = CauseId::binary_time;
    field.evidence = "the format keeps a time here";
    field.seconds = seconds;
    field.shown = show_time(seconds);
    return field;
}

Field checksum_field(std::string name, Span span, bool right, std::string evidence) {
    Field field;
    field.name = std::move(name);
    field.span = span;
    field.proof = Proof::checksum;
    field.cause = CauseId::derived;
    field.evidence = std::move(evidence);
    field.right = right;
    return field;
}

bool believes_times(const Clues& clues, std::int64_t published, std::int64_t rebuilt) {
    if (published == 0) return clues.side[1].in_window(rebuilt);
    if (rebuilt == 0) return clues.side[0].in_window(published);
    return clues.plausible_times(published, rebuilt);
}

std::string show_time(std::int64_t seconds) {
    constexpr std::int64_t first = -62167219200; // 0000-01-01
    constexpr std::int64_t last = 253402300799;  // 9999-12-31 23:59:59
    if (seconds < first || seconds > last) return fmt::format("{}", seconds);
    const std::int64_t days = seconds >= 0 ? seconds / day : (seconds - day + 1) / day;
    const std::int64_t rest = seconds - days * day;
    const Date date = date_of(days);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}Z", date.year, date.month, date.day, rest / 3600,
                       rest / 60 % 60, rest % 60);
}

std::int64_t seconds_of(int year, unsigned month, unsigned day_of_month, unsigned hour, unsigned minute,
                        unsigned second) {
    return days_from_civil(year, month, day_of_month) * day + std::int64_t{hour} * 3600 + std::int64_t{minute} * 60 +
           second;
}

bool equal(ByteView left, ByteView right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

std::string sha1_of(ByteView bytes) {
    return digest_by(EVP_sha1(), bytes);
}

std::string sha256_of(ByteView bytes) {
    return digest_by(EVP_sha256(), bytes);
}

std::uint32_t crc32_of(ByteView bytes) {
    return static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
}

std::optional<std::string> inflate_zlib(ByteView bytes, Analyzer& analyzer) {
    if (bytes.size() > std::numeric_limits<unsigned>::max()) return std::nullopt;
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) return std::nullopt;
    stream.next_in = const_cast<Bytef*>(bytes.data()); // zlib's interface; it does not write there
    stream.avail_in = static_cast<unsigned>(bytes.size());
    std::string out;
    std::array<char, 1U << 16U> block{};
    int status = Z_OK;
    while (status == Z_OK) {
        stream.next_out = reinterpret_cast<Bytef*>(block.data());
        stream.avail_out = block.size();
        status = inflate(&stream, Z_NO_FLUSH);
        const std::size_t made = block.size() - stream.avail_out;
        if (made == 0 && status == Z_OK) status = Z_BUF_ERROR;
        if (out.size() + made > analyzer.limits().file || !analyzer.take_unpacked(made)) status = Z_MEM_ERROR;
        out.append(block.data(), made);
    }
    const bool whole = status == Z_STREAM_END && stream.avail_in == 0;
    inflateEnd(&stream);
    if (!whole) return std::nullopt;
    return out;
}

} // namespace touchstone
