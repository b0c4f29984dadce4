// Hostile archives: what is refused, what stays unexplained although it looks harmless, what is cut short; and single
// bytes changed everywhere, against an oracle that knows which places of a format may have a cause.
#include "archive_tools.h"
#include "diff/explain/analyzer.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace touchstone;
using namespace touchstone::test;

namespace {

constexpr std::string_view files =
    "mkdir -p t/sub; printf 'first\\n' >t/one.txt; printf 'second text\\n' >t/sub/two.txt; "
    "chmod 644 t/one.txt t/sub/two.txt; touch -d @$CLOCK t/one.txt t/sub/two.txt t/sub t\n";

using Ranges = std::vector<std::pair<std::size_t, std::size_t>>; // [from, to)

/// The given places behind each occurrence of `mark`.
void after_marks(std::string_view bytes, std::string_view mark, const Ranges& places, Ranges& found) {
    for (std::size_t at = bytes.find(mark); at != std::string_view::npos; at = bytes.find(mark, at + 1)) {
        for (const auto& [from, to] : places) found.emplace_back(at + from, at + to);
    }
}

// APPNOTE.TXT: version needed, time and date; made by, version needed, time and date.
Ranges zip_places(std::string_view bytes) {
    Ranges found;
    after_marks(bytes, "PK\x03\x04", {{4, 6}, {10, 14}}, found);
    after_marks(bytes, "PK\x01\x02", {{4, 5}, {6, 8}, {12, 16}}, found);
    return found;
}
// A change in a header breaks its checksum.
Ranges tar_places(std::string_view) {
    return {};
}
// ar(5): mtime, uid, gid; found from the end of each header.
Ranges ar_places(std::string_view bytes) {
    Ranges found;
    for (std::size_t at = bytes.find("`\n"); at != std::string_view::npos; at = bytes.find("`\n", at + 1)) {
        if (at >= 58) found.emplace_back(at - 58 + 16, at - 58 + 41); // and the mode's type
    }
    return found;
}
// Inode, uid and gid, links (of a directory), mtime, device.
Ranges cpio_places(std::string_view bytes) {
    Ranges found;
    after_marks(bytes, "070701", {{6, 14}, {22, 46}, {46, 54}, {62, 78}}, found);
    return found;
}
// MTIME, XFL and OS; and bits behind the end of the deflate stream.
Ranges gzip_places(std::string_view bytes) {
    return {{4, 10}, {bytes.size() - 9, bytes.size() - 8}};
}
Ranges nowhere(std::string_view) {
    return {};
}
// Where content is checked, and nothing else is stored: the same content is all that counts.
Ranges anywhere(std::string_view bytes) {
    return {{0, bytes.size()}};
}

struct Base {
    const char* kind;
    const char* name;
    const char* script;
    Ranges (*places)(std::string_view);
};
constexpr std::array bases{
    Base{"zip", "a.zip",
         "cd t; python3 -c \"import zipfile; z=zipfile.ZipFile('../out','w'); z.write('one.txt'); "
         "z.write('sub/two.txt')\"",
         zip_places},
    Base{"zip", "b.zip", "bsdtar --format zip -cf out t/one.txt", nullptr},
    Base{"tar", "a.tar", "tar --owner=0 --group=0 -b1 -cf out t/one.txt", tar_places},
    Base{"tar", "b.tar", "bsdtar --format pax -b1 -cf out t/one.txt", nullptr},
    Base{"ar", "a.a", "ar rcsU out t/one.txt t/sub/two.txt", ar_places},
    Base{"cpio", "a.cpio", "find t | sort | bsdcpio -o -H newc >out", cpio_places},
    Base{"gzip", "one.gz", "cd t; gzip -c one.txt >../out", gzip_places},
    Base{"xz", "one.xz", "bsdtar --format raw --xz -cf out t/one.txt", anywhere},
    Base{"zstd", "one.zst", "zstd -qc t/one.txt >out", anywhere},
    Base{"bzip2", "one.bz2", "bsdtar --format raw --bzip2 -cf out t/one.txt", anywhere},
    Base{"lz4", "one.lz4", "bsdtar --format raw --lz4 -cf out t/one.txt", anywhere},
    Base{"lzma", "one.lzma", "bsdtar --format raw --lzma -cf out t/one.txt", anywhere},
    Base{"7z", "a.7z", "bsdtar --format 7zip -cf out t", nowhere},
};

bool inside(const Ranges& ranges, std::size_t place) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const auto& range) { return place >= range.first && place < range.second; });
}

/// What is wrong with a format's answer to one changed byte; empty where nothing is.
std::string complaint(const Base& base, const std::optional<Part>& part, bool may_have_cause) {
    if (!part) return {};
    if (part->all_differing()[0] == 0 || part->all_differing()[1] == 0) return "no difference";
    if (part->explained() && base.places != nullptr && !may_have_cause) return "explained";
    return {};
}

} // namespace

TEST_CASE("one changed byte is refused, seen, or explained in a place that has a cause") {
    for (const Base& base : bases) {
        INFO(std::string(base.name));
        const std::string bytes = made_by(std::string(files) + base.script, 0);
        const Ranges places = base.places == nullptr ? Ranges() : base.places(bytes);
        REQUIRE(ask_format(base.kind, base.name, bytes, bytes).has_value());
        std::size_t explained = 0;
        for (std::size_t i = 0; i < bytes.size(); i += each_byte) {
            for (const int change : {0x01, 0x04, 0x80, 0xFF}) {
                std::string changed = bytes;
                changed[i] = static_cast<char>(changed[i] ^ change);
                const auto part = ask_format(base.kind, base.name, bytes, changed);
                const std::string wrong = complaint(base, part, inside(places, i));
                if (part && part->explained()) ++explained;
                if (wrong.empty()) continue;
                INFO(outline(*part));
                FAIL_CHECK(wrong << " at " << i << " with " << change);
            }
        }
        MESSAGE(std::string(base.name) << ": " << bytes.size() << " bytes, " << explained << " changes explained");
    }
}

TEST_CASE("bytes changed, cut and doubled at random do no harm") {
    std::mt19937 random(20260301); // NOLINT(cert-msc51-cpp): the same inputs each time
    for (const Base& base : bases) {
        INFO(std::string(base.name));
        const std::string bytes = made_by(std::string(files) + base.script, 0);
        for (int round = 0; round < static_cast<int>(rounds(400)); ++round) {
            std::array<std::string, 2> sides{bytes, bytes};
            for (std::string& side : sides) {
                for (auto i = random() % 6; i != 0; --i) {
                    side[random() % side.size()] = static_cast<char>(random());
                }
                const std::size_t at = random() % side.size();
                const std::size_t length = random() % (side.size() - at);
                if (random() % 4 == 0) side.erase(at, length);
                if (random() % 4 == 0) side.insert(at, bytes, at % bytes.size(), length);
                if (side.empty()) side = bytes;
            }
            if (sides[0] == sides[1]) continue;
            const auto part = ask_format(base.kind, base.name, sides[0], sides[1]);
            if (part) CHECK(part->all_differing()[0] + part->all_differing()[1] > 0);
        }
    }
}

TEST_CASE("bytes behind a compressed stream are not passed over") {
    for (const Base& base : bases) {
        if (base.places != anywhere && base.places != gzip_places) continue;
        INFO(std::string(base.name));
        const std::string bytes = made_by(std::string(files) + base.script, 0);
        for (const std::string_view tail :
             {std::string_view("x"), std::string_view("payload behind the end"), std::string_view("\0\0\0\1", 4)}) {
            const auto part = ask_format(base.kind, base.name, bytes, bytes + std::string(tail));
            if (part) CHECK_FALSE(part->explained());
        }
        CHECK_FALSE(ask_format(base.kind, base.name, bytes, bytes.substr(0, bytes.size() - 1)).has_value());
    }
}

TEST_CASE("a skippable frame is not the content's packing") {
    const std::string bytes = made_by(std::string(files) + "zstd -qc t/one.txt >out", 0);
    const std::string frame("\x50\x2a\x4d\x18\x04\0\0\0ABCD", 12);
    const auto part = ask_format("zstd", "one.zst", bytes, bytes + frame);
    REQUIRE(part);
    CHECK_FALSE(part->explained());
    CHECK(causes_of(*part).empty());
}

TEST_CASE("a bomb is cut short, not unpacked and not explained") {
    ExplainLimits limits;
    limits.file = 1 << 20;
    struct Bomb {
        const char* kind;
        const char* name;
        const char* script;
    };
    const std::array bombs{
        Bomb{"gzip", "a.gz", "head -c 3000000 /dev/zero >z; echo $SIDE >>z; gzip -nc z >out"},
        Bomb{"zstd", "a.zst", "head -c 3000000 /dev/zero >z; echo $SIDE >>z; zstd -qc z >out"},
        Bomb{"xz", "a.xz", "head -c 3000000 /dev/zero >z; echo $SIDE >>z; bsdtar --format raw --xz -cf out z"},
        Bomb{"zip", "a.zip",
             "head -c 3000000 /dev/zero >z; echo $SIDE >>z; "
             "python3 -c \"import zipfile; zipfile.ZipFile('out','w',8).write('z')\""},
    };
    for (const Bomb& bomb : bombs) {
        INFO(std::string(bomb.kind));
        const auto pair = made_twice(bomb.script);
        const auto part = ask_format(bomb.kind, bomb.name, pair[0], pair[1], limits);
        REQUIRE(part);
        CHECK_FALSE(part->explained());
        const bool cut = !part->complete || (!part->parts.empty() && !part->parts[0].complete);
        CHECK(cut);
    }
}

TEST_CASE("more members than the limit are cut short") {
    ExplainLimits limits;
    limits.members = 3;
    for (const char* format : {"zip", "newc", "gnutar"}) {
        const auto pair = made_twice("mkdir t; for i in 1 2 3 4 5; do echo $SIDE >t/$i; done; bsdtar --format " +
                                     std::string(format) + " -cf out t");
        const std::string kind = format == std::string("newc") ? "cpio" : format == std::string("zip") ? "zip" : "tar";
        CAPTURE(kind);
        const auto part = ask_format(kind, "a", pair[0], pair[1], limits);
        REQUIRE(part);
        CHECK_FALSE(part->complete);
        CHECK(part->limit == "more than 3 members");
    }
}

TEST_CASE("a zip whose members overlap is refused") {
    // Two directory entries for one local header.
    const std::string script =
        "python3 - <<'END'\n"
        "import zipfile, struct, os\n"
        "z = zipfile.ZipFile('a.zip', 'w'); z.writestr('a', 'x' + os.environ['SIDE']); z.close()\n"
        "b = open('a.zip', 'rb').read()\n"
        "end = len(b) - 22; cd = struct.unpack('<I', b[end+16:end+20])[0]\n"
        "entry = b[cd:end]\n"
        "open('out', 'wb').write(b[:end] + entry + struct.pack('<4s4H2IH', b'PK\\5\\6', 0, 0, 2, 2,"
        " 2*len(entry), cd, 0))\nEND\n";
    const auto pair = made_twice(script);
    CHECK_FALSE(ask_format("zip", "a.zip", pair[0], pair[1]).has_value());
}

TEST_CASE("readers that would disagree are named, even where both sides have the same trap") {
    const std::string make =
        "python3 - <<'END'\n"
        "import zipfile, os\n"
        "z = zipfile.ZipFile('a.zip', 'w')\n"
        "z.writestr(zipfile.ZipInfo('good', (2026,3,1+int(os.environ['SIDE']),9,0,0)), 'x'); z.close()\n"
        "b = open('a.zip', 'rb').read(); open('out', 'wb').write(b.replace(b'good', b'evil', 1))\n"
        "END\n";
    const auto pair = made_twice(make);
    const auto part = ask_format("zip", "a.zip", pair[0], pair[1]);
    REQUIRE(part);
    CHECK_FALSE(part->explained());
    CHECK(part->differences[0].where == "good: local header and directory disagree about the name");
}

namespace {

struct Trap {
    const char* what;
    const char* kind;
    const char* script; ///< leaves "out"
    const char* where;  ///< a difference or part that must be there without a cause
};

/// Changes between two runs that look like metadata and are not.
const std::array traps{
    Trap{"mode in a zip", "zip", "chmod 7$((SIDE*5))5 t/one.txt; bsdtar --format zip -cf out t/one.txt",
         "t/one.txt: directory: mode"},
    Trap{"mode in a tar", "tar", "chmod $((SIDE*4))755 t/one.txt; tar -cf out t/one.txt", "t/one.txt: mode"},
    Trap{"mode in an ar", "ar", "chmod 7$((SIDE*5))5 t/one.txt; ar rcU out t/one.txt", "one.txt: mode"},
    Trap{"owner of a setuid file", "tar", "chmod 4755 t/one.txt; tar --owner=$((1000*SIDE)) -cf out t/one.txt",
         "t/one.txt: uid"},
    Trap{"owner is a service", "tar", "tar --owner=:$((SIDE*33)) -cf out t/one.txt", "t/one.txt: uid"},
    Trap{"which of two members of one name comes last", "tar",
         "printf 'other\\n' >b; touch -d @0 b t/one.txt; A='t/one.txt'; "
         "if [ $SIDE = 0 ]; then tar -cf out --transform 's,.*,n,' t/one.txt b; "
         "else tar -cf out --transform 's,.*,n,' b t/one.txt; fi",
         "n"},
    Trap{"a file through a link or before it", "tar",
         "touch -d @0 t/one.txt; ln -s /etc l; touch -hd @0 l; "
         "if [ $SIDE = 0 ]; then tar -cf out l t/one.txt --transform 's,^t/,l/,'; "
         "else tar -cf out t/one.txt l --transform 's,^t/,l/,'; fi",
         "order of members"},
    Trap{"order of a Debian package", "ar",
         "echo 2.0 >debian-binary; echo c >control.tar; echo d >data.tar; "
         "if [ $SIDE = 0 ]; then ar rcD out debian-binary control.tar data.tar; "
         "else ar rcD out debian-binary data.tar control.tar; fi",
         "order of members"},
    Trap{"comment of a zip", "zip",
         "python3 -c \"import zipfile,os; z=zipfile.ZipFile('out','w'); z.comment=b'c'+os.environ['SIDE'].encode(); "
         "z.close()\"",
         "archive comment"},
    Trap{"bytes before the directory of a zip", "zip",
         "python3 - <<'END'\n"
         "import zipfile, struct, os\n"
         "z = zipfile.ZipFile('a.zip', 'w'); z.writestr(zipfile.ZipInfo('a'), 'x'); z.close()\n"
         "b = open('a.zip', 'rb').read(); cd = struct.unpack('<I', b[-6:-2])[0]\n"
         "open('out', 'wb').write(b[:cd] + b'sig' + os.environ['SIDE'].encode() + b[cd:-6] + struct.pack('<IH', cd + "
         "4, 0))\n"
         "END\n",
         "bytes before the directory"},
    Trap{"manifest not first", "zip",
         "python3 - <<'END'\n"
         "import zipfile, os\n"
         "names = ['META-INF/MANIFEST.MF', 'A.class']\n"
         "if os.environ['SIDE'] == '1': names.reverse()\n"
         "z = zipfile.ZipFile('out', 'w')\n"
         "for n in names: z.writestr(zipfile.ZipInfo(n), n)\n"
         "z.close()\nEND\n",
         "place of the manifest"},
    Trap{"another file in a hard link", "cpio",
         "rm -r t; printf 'x\\n' >a; printf 'x\\n' >b; if [ $SIDE = 0 ]; then ln a c; else ln b c; fi; touch -d @0 a b "
         "c; "
         "printf 'a\\nb\\nc\\n' | bsdcpio -o -H newc >out",
         "b: hard link of"}, // c's header is the same on both sides where the file system gives it the same inode
    Trap{"bytes behind the end of a tar", "tar",
         "tar -b1 -cf out t/one.txt; head -c 511 /dev/zero >>out; printf $SIDE >>out", "end of archive"},
    Trap{"implausible time", "ar", "touch -d @$((1000000000+SIDE)) t/one.txt; ar rcU out t/one.txt", "one.txt: mtime"},
    Trap{"how a 7z stores its members", "7z", "bsdtar --format 7zip -cf out t", "how the container stores its members"},
};

bool has_uncaused(const Part& part, std::string_view where) {
    const bool here = std::any_of(part.differences.begin(), part.differences.end(), [&](const Difference& difference) {
        return difference.where == where && !difference.cause;
    });
    return here || std::any_of(part.parts.begin(), part.parts.end(), [&](const Part& inner) {
               return (inner.name == where && !inner.explained()) || has_uncaused(inner, where);
           });
}

} // namespace

TEST_CASE("what readers act on is never explained away") {
    for (const Trap& trap : traps) {
        INFO(std::string(trap.what));
        const auto pair = made_twice(std::string(files) + trap.script);
        REQUIRE(pair[0] != pair[1]);
        const auto part = ask_format(trap.kind, "a", pair[0], pair[1]);
        REQUIRE(part);
        INFO(outline(*part));
        CHECK_FALSE(part->explained());
        CHECK(has_uncaused(*part, trap.where));
    }
}
