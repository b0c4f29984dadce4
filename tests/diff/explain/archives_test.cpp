// Archives inside files: real tools make them, twice, at two times. What differs is then known, whatever our code says.
#include "archive_tools.h"
#include "diff/explain/analyzer.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace touchstone;
using namespace touchstone::test;

namespace {

/// Two members whose times are the build's, and nothing else of it.
constexpr std::string_view files =
    "mkdir -p t/sub; printf 'first\\n' >t/one.txt; printf 'second text\\n' >t/sub/two.txt; "
    "chmod 644 t/one.txt t/sub/two.txt; touch -d @$CLOCK t/one.txt t/sub/two.txt t/sub t\n";

struct Golden {
    const char* what;
    const char* kind;
    const char* name;
    const char* script; ///< after `files`; leaves "out"
    const char* causes;
};

// T3: the times. C2: sizes and offsets that follow. O4: the order of members. E9: inodes. C3: packed otherwise.
constexpr std::array goldens{
    Golden{"tar by GNU tar", "tar", "a.tar", "tar --sort=name -cf out t", "T3 C2"},
    Golden{"tar with pax times", "tar", "a.tar",
           "touch -d @$CLOCK.5 t/one.txt; tar --format=posix --pax-option=delete=ctime,delete=atime -cf out t/one.txt",
           "T3 C2"},
    Golden{"tar, other order", "tar", "a.tar",
           "if [ $SIDE = 0 ]; then tar -cf out t/one.txt t/sub/two.txt; else tar -cf out t/sub/two.txt t/one.txt; fi",
           "T3 O4 C2"},
    Golden{"tar by python", "tar", "a.tar", "python3 -c \"import tarfile; tarfile.open('out','w').add('t')\"", "T3 C2"},
    Golden{"tar, other owner", "tar", "a.tar",
           "tar --owner=b$SIDE:$((SIDE*1000)) --group=b$SIDE:$((SIDE*1000)) -cf out t/one.txt", "T3 E7 C2"},
    Golden{"zip by python", "zip", "a.zip", "cd t; python3 -m zipfile -c ../out one.txt sub/two.txt", "T3"},
    // From a list, because a file's ctime is the machine's own clock.
    Golden{"zip by bsdtar: streamed, with times and owners", "zip", "a.zip",
           "printf '#mtree\nt/one.txt type=file mode=0644 uid=%d gid=%d time=%d.0 contents=t/one.txt\n' "
           "$((SIDE*1000)) $((SIDE*1000)) $CLOCK | bsdtar --format zip -cf out @-",
           "T3 E7"},
    Golden{"zip, other level and method", "zip", "a.zip",
           "python3 -c \"import zipfile,os; z=zipfile.ZipFile('out','w',[0,8][int(os.environ['SIDE'])]); "
           "z.writestr(zipfile.ZipInfo('a',(2026,3,1,9,0,0)),b'x'*1000,[0,8][int(os.environ['SIDE'])]); z.close()\"",
           "C2 C3"},
    Golden{"zip, other order", "zip", "a.zip",
           "cd t; if [ $SIDE = 0 ]; then python3 -m zipfile -c ../out one.txt sub/two.txt; "
           "else python3 -m zipfile -c ../out sub/two.txt one.txt; fi",
           "T3 O4 C2"},
    Golden{"zipapp behind a script line", "zip", "a.pyz",
           "cp t/one.txt t/__main__.py; touch -d @$CLOCK t/__main__.py; rm -r t/sub; "
           "python3 -m zipapp t -p '/usr/bin/python3' -o out",
           "T3"},
    Golden{"ar with times", "ar", "liba.a",
           "mv t/one.txt t/a_rather_long_name.txt; ar rcU out t/a_rather_long_name.txt t/sub/two.txt", "T3"},
    Golden{"ar with and without times", "ar", "liba.a",
           "if [ $SIDE = 0 ]; then ar rcD out t/one.txt; else ar rcU out t/one.txt; fi", "T3 C3"},
    Golden{"static library, other order", "ar", "liba.a",
           "printf 'int one;\\n' >a_rather_long_name.c; printf 'int two,three;\\n' >another_rather_long_name.c; "
           "cc -c a*.c; if [ $SIDE = 0 ]; then ar rcsD out a_*.o an*.o; else ar rcsD out an*.o a_*.o; fi",
           "O4 C2"},
    Golden{"cpio of another disk", "cpio", "initrd.img",
           "if [ $SIDE = 1 ]; then i=0; while [ $i -lt 50 ]; do : >inode$i; i=$((i+1)); done; cp -a t u; rm -r t; "
           "mv u t; fi; find t | sort | bsdcpio -o -H newc >out",
           "T3 E9"},
    Golden{"Debian package at two SOURCE_DATE_EPOCHs", "ar", "a.deb",
           "mkdir -p p/DEBIAN p/usr; cp t/one.txt p/usr; touch -d @$CLOCK p/usr/one.txt p/usr p\n"
           "printf 'Package: a\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: a\n' "
           ">p/DEBIAN/control; export SOURCE_DATE_EPOCH=$CLOCK\n"
           "dpkg-deb --root-owner-group -b p out",
           "T3 C2"},
    Golden{"tar, compressed", "gzip", "a.tgz", "tar --sort=name -czf out t", "T3 C2"},
    Golden{"wheel by python", "zip", "a-1-py3-none-any.whl",
           "cd t; python3 -c \"import zipfile\nz=zipfile.ZipFile('../out','w',8)\nfor n in ('one.txt','sub/two.txt'): "
           "z.write(n,'a/'+n)\"",
           "T3"},
    Golden{"Info-ZIP", "zip", "a.zip",
           "command -v zip >/dev/null || exit 77; cd t; zip -q ../out one.txt sub/two.txt && mv ../out.zip ../out",
           "T3"},
    Golden{"Info-ZIP with and without -X", "zip", "a.zip",
           "command -v zip >/dev/null || exit 77; cd t; if [ $SIDE = 0 ]; then zip -qX ../out one.txt; "
           "else zip -q ../out one.txt; fi; mv ../out.zip ../out",
           "T3 E7 C2"},
    Golden{"jar by the JDK", "zip", "a.jar",
           "command -v jar >/dev/null || exit 77; D=$(date -u -d @$CLOCK +%Y-%m-%dT%H:%M:%SZ); "
           "jar --create --file out --date=$D -C t one.txt",
           "T3"},
};

/// Both sides, or nothing where the tool is not installed.
std::optional<std::array<std::string, 2>> two_builds_of(const char* script) {
    return try_made_twice(std::string(files) + script);
}

} // namespace

TEST_CASE("two builds of one archive are explained, with what differs") {
    for (const Golden& golden : goldens) {
        INFO(std::string(golden.what));
        const auto pair = two_builds_of(golden.script);
        if (!pair) {
            MESSAGE("not installed: " << std::string(golden.what));
            continue;
        }
        REQUIRE(pair->at(0) != pair->at(1));
        const Part part = explain(golden.name, pair->at(0), pair->at(1));
        INFO(outline(part));
        CHECK(part.kind == std::string(golden.kind));
        CHECK(causes_of(part) == std::string(golden.causes));
        CHECK(part.explained());
    }
}

namespace {

struct Changed {
    const char* kind;
    const char* name;
    const char* script; ///< t/one.txt says another word
    const char* member; ///< names of parts, from the outside in
};

constexpr std::array changes{
    Changed{"tar", "a.tar", "tar -cf out t", "a.tar/t/one.txt"},
    Changed{"zip", "a.zip", "bsdtar --format zip -cf out t", "a.zip/t/one.txt"},
    Changed{"ar", "a.a", "ar rcU out t/one.txt t/sub/two.txt", "a.a/one.txt"},
    Changed{"cpio", "a.cpio", "find t | sort | bsdcpio -o -H newc >out", "a.cpio/t/one.txt"},
    Changed{"cpio", "initrd.img",
            "echo t/sub | bsdcpio -o -H newc >out; find t | sort | bsdcpio -o -H newc | gzip -n >>out",
            "initrd.img/(after the archive)/(after the archive)/t/one.txt"},
    Changed{"7z", "a.7z", "bsdtar --format 7zip -cf out t", "a.7z/t/one.txt"},
    Changed{"iso", "a.iso", "bsdtar --format iso9660 -cf out t", "a.iso/t/one.txt"},
    Changed{"xz", "a.tar.xz", "bsdtar --xz -cf out t", "a.tar.xz/a.tar/t/one.txt"},
    Changed{"gzip", "one.txt.gz", "gzip -c t/one.txt >out", "one.txt.gz/one.txt"},
    Changed{"zip", "prefix.pyz", "(cat t/one.txt; cd t/sub; python3 -m zipfile -c ../../z two.txt; cat ../../z) >out",
            "prefix.pyz/(before the archive)"},
    Changed{"tar", "deep.tar",
            "cd t; python3 -m zipfile -c a.jar one.txt; rm one.txt; tar -cf b.tar a.jar; gzip -n b.tar; cd ..; tar -cf "
            "out t/b.tar.gz",
            "deep.tar/t/b.tar.gz/t/b.tar/a.jar/one.txt"},
};

/// The innermost part, by its names from the outside in.
const Part* find_part(const Part& part, std::string_view names) {
    if (!names.starts_with(part.name)) return nullptr;
    names.remove_prefix(part.name.size());
    if (names.empty()) return &part;
    if (!names.starts_with('/')) return nullptr;
    for (const Part& inner : part.parts) {
        if (const Part* found = find_part(inner, names.substr(1))) return found;
    }
    return nullptr;
}

} // namespace

TEST_CASE("one word of a member that differs is not explained, and the member is named") {
    for (const Changed& change : changes) {
        INFO(std::string(change.name));
        const auto pair = made_twice(std::string(files) +
                                     "if [ $SIDE = 0 ]; then echo apple >t/one.txt; else echo grape >t/one.txt; fi; "
                                     "touch -d @$CLOCK t/one.txt\n" +
                                     change.script);
        const Part part = explain(change.name, pair[0], pair[1]);
        INFO(outline(part));
        CHECK(part.kind == std::string(change.kind));
        CHECK_FALSE(part.explained());
        const Part* member = find_part(part, change.member);
        REQUIRE(member != nullptr);
        CHECK(member->size == std::array<std::optional<std::uint64_t>, 2>{6, 6});
    }
}

TEST_CASE("a date inside a jar inside a tar reads as exactly that") {
    const auto pair = made_twice(
        std::string(files) + "date -u -d @$CLOCK '+Built: %Y-%m-%d %H:%M:%S' >t/BUILD; touch -d @$CLOCK t/BUILD; cd t; "
                             "python3 -m zipfile -c ../a.jar BUILD; cd ..; touch -d @$CLOCK a.jar; tar -cf out a.jar");
    const Part part = explain("layer.tar", pair[0], pair[1]);
    INFO(outline(part));
    const Part* date = find_part(part, "layer.tar/a.jar/BUILD");
    REQUIRE(date != nullptr);
    CHECK(causes_of(*date) == "T2");
    CHECK(part.explained());
}

TEST_CASE("objects in another order are not explained where both define one symbol") {
    const auto pair = made_twice("printf 'int one;\\n' >a.c; printf 'int one;\\n' >b.c; cc -c a.c b.c; "
                                 "if [ $SIDE = 0 ]; then ar rcsD out a.o b.o; else ar rcsD out b.o a.o; fi");
    const Part part = explain("liba.a", pair[0], pair[1]);
    INFO(outline(part));
    CHECK_FALSE(part.explained());
}

TEST_CASE("a member that only one side has is a part without a cause") {
    const auto pair = made_twice(std::string(files) + "[ $SIDE = 0 ] || echo new >t/new; touch -d @0 t; "
                                                      "touch -d @0 t/*; tar --sort=name -cf out t");
    const auto part = ask_format("tar", "a.tar", pair[0], pair[1]);
    REQUIRE(part);
    INFO(outline(*part));
    const Part* member = find_part(*part, "a.tar/t/new");
    REQUIRE(member != nullptr);
    CHECK_FALSE(member->size[0].has_value());
    CHECK(member->size[1] == 4U);
    CHECK_FALSE(part->explained());
}

namespace {

constexpr std::string_view manifest = "Manifest-Version: 1.0\r\n"
                                      "Built-By: alice\r\n"
                                      "Build-Jdk: 17.0.9\r\n"
                                      "Bnd-LastModified: 1772359100000\r\n"
                                      "Implementation-Version: 1.0\r\n"
                                      "Class-Path: a.jar\r\n"
                                      "\r\n";

struct Edit {
    const char* what;
    std::string_view from;
    std::string_view to;
    const char* causes;
    bool explained;
};
constexpr std::array edits{
    Edit{"who built it", "alice", "bob", "P3", true},
    Edit{"which Java", "17.0.9", "17.0.10", "V4", true},
    Edit{"when", "1772359100000", "1772453480000", "T3", true},
    Edit{"when, long ago", "1772359100000", "1002453480000", "", false},
    Edit{"order", "Built-By: alice\r\nBuild-Jdk: 17.0.9\r\n", "Build-Jdk: 17.0.9\r\nBuilt-By: alice\r\n", "O3", true},
    Edit{"where classes come from", "a.jar", "b.jar", "", false},
    Edit{"one more attribute", "Built-By: alice\r\n", "Built-By: alice\r\nPremain-Class: A\r\n", "", false},
    Edit{"folding", "Class-Path: a.jar", "Class-Path: a.j\r\n ar", "", false},
    Edit{"line ends", "Built-By: alice\r\n", "Built-By: alice\n", "", false},
};

} // namespace

TEST_CASE("a manifest is compared by attributes") {
    for (const Edit& edit : edits) {
        INFO(std::string(edit.what));
        std::string changed(manifest);
        changed.replace(changed.find(edit.from), edit.from.size(), edit.to);
        const auto part = ask_format("manifest", "META-INF/MANIFEST.MF", manifest, changed);
        REQUIRE(part);
        INFO(outline(*part));
        CHECK(causes_of(*part) == std::string(edit.causes));
        CHECK(part->explained() == edit.explained);
    }
}
