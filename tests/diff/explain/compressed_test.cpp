// Compressed streams: real compressors make them, twice.
#include "archive_tools.h"
#include "diff/explain/analyzer.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

using namespace touchstone;
using namespace touchstone::test;

namespace {

/// Text that packs differently at each level.
constexpr std::string_view text =
    "awk 'BEGIN { for (i = 0; i < 3000; i++) print \"line \" i \" of some text \" i * i % 97 }' >text\n"
    "touch -d @$CLOCK text\n";

struct Golden {
    const char* what;
    const char* kind;
    const char* name;
    const char* script; ///< after `text`; leaves "out"
    const char* causes;
};

constexpr std::array goldens{
    Golden{"gzip at two times", "gzip", "text.gz", "gzip -k text; mv text.gz out", "T3"},
    Golden{"gzip with and without -n", "gzip", "text.gz",
           "if [ $SIDE = 0 ]; then gzip -nk text; else gzip -k text; fi; mv text.gz out", "T3 C2 C3"},
    Golden{"gzip at two levels", "gzip", "text.gz", "gzip -nc -$((1+8*SIDE)) text >out", "C3"},
    Golden{"gzip by gzip and by python", "gzip", "text.gz",
           "if [ $SIDE = 0 ]; then gzip -n9c text >out; else python3 -c \"import gzip; "
           "gzip.GzipFile('','wb',9,open('out','wb'),0).write(open('text','rb').read())\"; fi",
           "V4"},
    Golden{"gzip in one and in two members", "gzip", "text.gz",
           "if [ $SIDE = 0 ]; then gzip -nc text >out; else head -c 5000 text | gzip -nc >out; "
           "tail -c +5001 text | gzip -nc >>out; fi",
           "V4 C2 C3"},
    Golden{"xz at two levels", "xz", "text.xz",
           "bsdtar --format raw --xz --options xz:compression-level=$((1+8*SIDE)) -cf out text", "C3"},
    Golden{"xz with two checksums", "xz", "text.xz",
           "python3 -c \"import lzma,os; open('out','wb').write(lzma.compress(open('text','rb').read(),"
           "check=[lzma.CHECK_CRC32,lzma.CHECK_SHA256][int(os.environ['SIDE'])]))\"",
           "C3"},
    Golden{"zstd at two levels", "zstd", "text.zst", "zstd -qc -$((1+18*SIDE)) text >out", "C3"},
    Golden{"bzip2 with two block sizes", "bzip2", "text.bz2",
           "python3 -c \"import bz2,os; "
           "open('out','wb').write(bz2.compress(open('text','rb').read(),1+8*int(os.environ['SIDE'])))\"",
           "C3"},
    Golden{"lz4 at two levels", "lz4", "text.lz4",
           "bsdtar --format raw --lz4 --options lz4:compression-level=$((1+8*SIDE)) -cf out text", "C3"},
    Golden{"lzma with two dictionaries", "lzma", "text.lzma",
           "python3 -c \"import lzma,os; open('out','wb').write(lzma.compress(open('text','rb').read(),"
           "lzma.FORMAT_ALONE,preset=9*int(os.environ['SIDE'])))\"",
           "C3"},
};

} // namespace

TEST_CASE("the same content, compressed twice, is explained") {
    for (const Golden& golden : goldens) {
        INFO(std::string(golden.what));
        const auto pair = made_twice(std::string(text) + golden.script);
        REQUIRE(pair[0] != pair[1]);
        const Part part = explain(golden.name, pair[0], pair[1]);
        INFO(outline(part));
        CHECK(part.kind == std::string(golden.kind));
        CHECK(causes_of(part) == std::string(golden.causes));
        CHECK(part.explained());
    }
}

TEST_CASE("other content is a part of its own, and the packing adds nothing") {
    struct Changed {
        const char* name;
        const char* script;
    };
    constexpr std::array changes{
        Changed{"a.gz", "gzip -nc a >out"},
        Changed{"a.xz", "bsdtar --format raw --xz -cf out a"},
        Changed{"a.zst", "zstd -qc a >out"},
        Changed{"a.bz2", "bsdtar --format raw --bzip2 -cf out a"},
        Changed{"a.lz4", "bsdtar --format raw --lz4 -cf out a"},
        Changed{"a.lzma", "bsdtar --format raw --lzma -cf out a"},
    };
    for (const Changed& change : changes) {
        INFO(std::string(change.name));
        const auto pair =
            made_twice(std::string("if [ $SIDE = 0 ]; then echo apple >a; else echo grape >a; fi\n") + change.script);
        const Part part = explain(change.name, pair[0], pair[1]);
        INFO(outline(part));
        CHECK_FALSE(part.explained());
        REQUIRE(part.parts.size() == 1);
        CHECK(part.parts[0].name == "a");
        CHECK(part.parts[0].size == std::array<std::optional<std::uint64_t>, 2>{6, 6});
        CHECK(part.all_covered()[0] <= 1); // what follows from the content
    }
}

TEST_CASE("fields of a gzip header have the causes that their values allow") {
    struct Header {
        const char* what;
        std::string published; ///< from FLG on, in front of the same stream
        std::string rebuilt;
        const char* causes;
        bool explained;
    };
    const auto bytes = [](std::string_view text) { return std::string(text); };
    using namespace std::string_view_literals;
    // FLG MTIME(4) XFL OS, then what FLG announces (RFC 1952).
    const std::array headers{
        Header{"temporary names", bytes("\x08\0\0\0\0\0\x03tmpa1b2c3d4\0"sv),
               bytes("\x08\0\0\0\0\0\x03tmpz9y8x7w6\0"sv), "P2", true},
        Header{"other names", bytes("\x08\0\0\0\0\0\x03good\0"sv), bytes("\x08\0\0\0\0\0\x03wrong\0"sv), "", false},
        Header{"comments", bytes("\x10\0\0\0\0\0\x03one\0"sv), bytes("\x10\0\0\0\0\0\x03two\0"sv), "", false},
        Header{"extra fields", bytes("\x04\0\0\0\0\0\x03\x02\0ab"sv), bytes("\x04\0\0\0\0\0\x03\x02\0cd"sv), "", false},
        Header{"operating systems", bytes("\0\0\0\0\0\0\x03"sv), bytes("\0\0\0\0\0\0\xff"sv), "V4", true},
        Header{"an unknown operating system", bytes("\0\0\0\0\0\0\x03"sv), bytes("\0\0\0\0\0\0\x77"sv), "", false},
        Header{"levels", bytes("\0\0\0\0\0\2\x03"sv), bytes("\0\0\0\0\0\4\x03"sv), "C3", true},
        Header{"a time that no build had", bytes("\0\1\0\0\0\0\x03"sv), bytes("\0\2\0\0\0\0\x03"sv), "", false},
        Header{"a text flag", bytes("\0\0\0\0\0\0\x03"sv), bytes("\1\0\0\0\0\0\x03"sv), "C3", false},
    };
    // The content "x\n": python3 -c "import zlib; print(zlib.compress(b'x\n',9,-15).hex(), hex(zlib.crc32(b'x\n')))"
    const std::string stream = bytes("\xab\xe0\x02\0\x1f\x08\xea\x46\x02\0\0\0"sv);
    for (const Header& header : headers) {
        INFO(std::string(header.what));
        const auto part = ask_format("gzip", "x.gz", "\x1f\x8b\x08" + header.published + stream,
                                     "\x1f\x8b\x08" + header.rebuilt + stream);
        REQUIRE(part);
        INFO(outline(*part));
        CHECK(part->explained() == header.explained);
        if (header.explained) CHECK(causes_of(*part) == std::string(header.causes));
    }
}
