// The last bytes of a blob: which of them say where a table of contents for lazy pulling lies.
#include "base/compression.h"
#include "base/toc_footer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace touchstone::test {

namespace {

std::string le(std::uint64_t value) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xffU);
    return bytes;
}

/// An empty gzip member with this extra field (RFC 1952 section 2.3.1).
std::string member(const std::string& extra) {
    return std::string("\x1f\x8b\x08\x04\0\0\0\0\0\xff", 10) + static_cast<char>(extra.size()) + '\0' + extra +
           std::string("\1\0\0\xff\xff\0\0\0\0\0\0\0\0", 13);
}

TocFooter read(const std::string& end) {
    return read_toc_footer(as_bytes(end), 10'000);
}

const std::string digits = "0000000000000123"; // 291

} // namespace

TEST_CASE("a footer is known by its form, at its distance from the end") {
    const std::string numbers = le(500) + le(60) + le(700) + le(1);
    struct Row {
        std::string end;
        TocFooter found;
    };
    const auto estargz = [](std::uint64_t size) {
        return TocFooter{
            .format = TocFormat::estargz, .elsewhere = false, .offset = 291, .size = size, .unpacked = 0, .type = 0};
    };
    const TocFooter zstd{
        .format = TocFormat::zstd_chunked, .elsewhere = false, .offset = 500, .size = 60, .unpacked = 700, .type = 1};
    TocFooter external;
    external.format = TocFormat::estargz;
    external.elsewhere = true;
    const std::string sg("SG\x16\0", 4);
    const Row rows[] = {
        {member(sg + digits + "STARGZ"), estargz(10'000 - 51 - 291)},
        {"before" + member(sg + digits + "STARGZ"), estargz(10'000 - 51 - 291)},
        {member(digits + "STARGZ"), estargz(10'000 - 47 - 291)}, // stargz
        {member(std::string("SG\x11\0", 4) + "STARGZEXTERNALTOC"), external},
        {member(sg + digits + "STARGZ") + '\0', {}},
        {member(sg + digits + "STARGY"), {}},
        {member(std::string("SH\x16\0", 4) + digits + "STARGZ"), {}},
        {numbers + le(1) + le(2) + le(3) + "GNUlInUx", zstd},
        {numbers + "GnUlInUx", zstd},
        {"anything" + numbers + "GnUlInUx", zstd},
        {numbers + "GnUlInUx" + std::string(16, '\0'), zstd}, // containers/storage 1.47 to 1.49
        {numbers + "gnulinux", {}},
        {"GnUlInUx", {}},
        {"", {}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.end.size());
        CHECK(read(row.end) == row.found);
    }
}

TEST_CASE("an offset that is no number points nowhere") {
    const TocFooter found = read(member(std::string("SG\x16\0", 4) + "+000000000000123" + "STARGZ"));
    CHECK(found.format == TocFormat::estargz);
    CHECK(found.size == 0);
}

TEST_CASE("decoders look at the last bytes of what they were given, however it is cut") {
    const std::string footer = member(std::string("SG\x16\0", 4) + digits + "STARGZ");
    /// Gives so many bytes at a time.
    class Slow final : public ByteSource {
    public:
        Slow(std::string bytes, std::size_t step) : bytes_(std::move(bytes)), step_(step) {}
        std::size_t read(ByteSpan buffer) override {
            const std::size_t count = std::min({buffer.size(), step_, bytes_.size() - at_});
            std::copy_n(as_bytes(bytes_).begin() + static_cast<std::ptrdiff_t>(at_), count, buffer.begin());
            at_ += count;
            return count;
        }

    private:
        std::string bytes_;
        std::size_t step_;
        std::size_t at_ = 0;
    };
    for (const std::string& blob : {footer, footer + footer, std::string(700'000, 'x') + footer}) {
        for (const std::size_t step : {std::size_t{1}, std::size_t{50}, std::size_t{1} << 20}) {
            if (step == 1 && blob.size() > 1000) continue;
            CompressionFacts facts;
            const auto source = inflate(std::make_unique<Slow>(blob, step), {}, facts);
            drain(*source);
            CHECK(facts.toc == read_toc_footer(as_bytes(footer), blob.size()));
            CHECK(facts.toc.format == TocFormat::estargz);
        }
    }
}

} // namespace touchstone::test
