// Makes tar streams for tests, one header field at a time, so that every trick of the spec's tables can be written down
// as data. Deliberately independent of the code under test: it shares no constant and no function with image/.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace touchstone::test {

/// One header and its body. Defaults make a well-formed ustar regular file.
struct Member {
    std::string name;
    std::string body;
    char type = '0';
    std::uint32_t mode = 0644;
    std::uint64_t uid = 0;
    std::uint64_t gid = 0;
    std::int64_t mtime = 0;
    std::string link;
    std::string uname;
    std::string gname;
    std::uint32_t dev_major = 0;
    std::uint32_t dev_minor = 0;
    std::string magic = std::string("ustar\0"
                                    "00",
                                    8); ///< gnu_magic, v7_magic, or anything
    std::string prefix;
    /// pax records; when there are any, an x header is written before the member.
    std::vector<std::pair<std::string, std::string>> pax;
    /// Raw bytes written over the finished header at an offset (before the checksum is computed).
    std::vector<std::pair<std::size_t, std::string>> patches;
    /// Overrides the size field's number; the body is written as it is.
    std::int64_t size = -1;
    bool fix_checksum = true; ///< false: the checksum field is left as zeros/patched
    char padding = '\0';      ///< what fills the last block
};

extern const std::string gnu_magic; ///< "ustar  \0"
extern const std::string v7_magic;  ///< eight NULs

class TarBuilder {
public:
    TarBuilder& add(const Member& member);
    TarBuilder& file(std::string name, std::string body, std::uint32_t mode = 0644);
    TarBuilder& dir(std::string name, std::uint32_t mode = 0755);
    TarBuilder& symlink(std::string name, std::string target);
    TarBuilder& hardlink(std::string name, std::string target);
    TarBuilder& whiteout(std::string name) { return file(std::move(name), "", 0); }
    /// An x header with exactly these raw body bytes.
    TarBuilder& raw_pax(std::string body, char type = 'x');
    /// A GNU long name (type L) or long link (type K) header.
    TarBuilder& gnu_long(char type, std::string text);
    TarBuilder& raw(std::string_view bytes);
    /// The stream with its end marker of two zero blocks (or `zero_blocks` of them).
    std::string finish(int zero_blocks = 2) const;

private:
    std::string bytes_;
};

/// "17 path=some/name\n": one pax record with its length.
std::string pax_record(std::string_view key, std::string_view value);

/// A header block of `member` (512 bytes, checksum set).
std::string header_block(const Member& member);

} // namespace touchstone::test
