// What each kind of difference is called and how much it weighs, and the verdict ladder (spec/verdict-and-report.md).
#include "diff/compare.h"
#include "tests/support/memory_image.h"
#include "tests/support/tar_builder.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace touchstone;
using namespace touchstone::test;

namespace {

std::string tar(const TarBuilder& builder) {
    return builder.finish();
}
using Lines = std::vector<std::string>;

/// A member that the table's rows change one thing of.
Member plain() {
    return {.name = "bin/tool", .body = "content", .mode = 0644, .uid = 5, .gid = 6, .mtime = 1000};
}

struct FactCase {
    const char* name;
    Member published;
    Member rebuilt;
    Lines expected; // with "file bin/tool " in front left out
};

Member changed(void (*change)(Member&)) {
    Member member = plain();
    change(member);
    return member;
}

} // namespace

TEST_CASE("every fact that differs is a finding of its name and weight") {
    const std::vector<FactCase> cases{
        {"mode", plain(), changed([](Member& m) { m.mode = 0600; }), {"mode real: 0644 -> 0600"}},
        {"setuid", plain(), changed([](Member& m) { m.mode = 04644; }), {"mode security: 0644 -> 4644"}},
        {"sticky", plain(), changed([](Member& m) { m.mode = 01644; }), {"mode security: 0644 -> 1644"}},
        {"writable by others", plain(), changed([](Member& m) { m.mode = 0646; }), {"mode security: 0644 -> 0646"}},
        {"newly executable", plain(), changed([](Member& m) { m.mode = 0755; }), {"mode security: 0644 -> 0755"}},
        {"uid", plain(), changed([](Member& m) { m.uid = 0; }), {"uid security: 5 -> 0"}},
        {"gid", plain(), changed([](Member& m) { m.gid = 0; }), {"gid security: 6 -> 0"}},
        {"capability",
         plain(),
         changed([](Member& m) {
             m.pax = {{"SCHILY.xattr.security.capability", "abc"}};
         }),
         {"xattr:security.capability security: - -> 0x616263"}},
        {"user xattr",
         plain(),
         changed([](Member& m) {
             m.pax = {{"SCHILY.xattr.user.note", "a"}};
         }),
         {"xattr:user.note real: - -> 0x61"}},
        {"acl",
         plain(),
         changed([](Member& m) {
             m.pax = {{"SCHILY.acl.access", "user::rw-"}};
         }),
         {"acl security:  -> access:user::rw-"}},
        {"type",
         plain(),
         changed([](Member& m) {
             m.type = '2';
             m.link = "x";
             m.body.clear();
         }),
         {"type real: file -> symlink"}},
        {"mtime is noise", plain(), changed([](Member& m) { m.mtime = 2000; }), {}},
        {"owner names are noise",
         plain(),
         changed([](Member& m) {
             m.uname = "root";
             m.gname = "wheel";
         }),
         {}},
        {"ifmt bits are noise", plain(), changed([](Member& m) { m.mode = 0100644; }), {}},
        {"path spelling is noise", plain(), changed([](Member& m) { m.name = "./bin//tool"; }), {}},
    };
    for (const FactCase& c : cases) {
        CAPTURE(c.name);
        const Comparison result = compare({.layers = {tar(TarBuilder().dir("bin/").add(c.published))}},
                                          {.layers = {tar(TarBuilder().dir("bin/").add(c.rebuilt))}});
        Lines expected;
        for (const std::string& line : c.expected) expected.push_back("file bin/tool " + line);
        CHECK(lines_of(result) == expected);
        CHECK(result.verdict == (c.expected.empty() ? Verdict::equivalent : Verdict::divergent));
        CHECK(result.summary.changed == (c.expected.empty() ? 0 : 1));
    }
}

TEST_CASE("content and size of a file") {
    // digests by sha256sum(1) of "content" and "CONTENTS"
    const Comparison result = compare({.layers = {tar(TarBuilder().file("a", "content"))}},
                                      {.layers = {tar(TarBuilder().file("a", "CONTENTS"))}});
    REQUIRE(result.findings.list().size() == 2);
    CHECK(result.findings.list()[0].fact == "content");
    CHECK(result.findings.list()[0].published ==
          "sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73");
    CHECK(result.findings.list()[1].fact == "size");
    CHECK(result.findings.list()[1].rebuilt == "8");
}

TEST_CASE("content of code and of sensitive files weighs as security") {
    for (const char* path :
         {"etc/ssl/certs/x.crt", "etc/passwd", "etc/shadow", "etc/sudoers.d/x", "etc/profile.d/a.sh", "etc/cron.d/job",
          "root/.bashrc", "srv/server.key", "usr/lib/libc.so.6", "home/u/.ssh/authorized_keys"}) {
        CAPTURE(path);
        const Comparison result =
            compare({.layers = {tar(TarBuilder().file(path, "a"))}}, {.layers = {tar(TarBuilder().file(path, "b"))}});
        REQUIRE(result.findings.list().size() == 1);
        CHECK(result.findings.list()[0].weight == Weight::security);
    }
    const Comparison executable = compare({.layers = {tar(TarBuilder().file("x", "a", 0755))}},
                                          {.layers = {tar(TarBuilder().file("x", "b", 0755))}});
    CHECK(executable.findings.list()[0].weight == Weight::security);
    const Comparison plain_text = compare({.layers = {tar(TarBuilder().file("usr/share/doc/a.source", "a"))}},
                                          {.layers = {tar(TarBuilder().file("usr/share/doc/a.source", "b"))}});
    CHECK(plain_text.findings.list()[0].weight == Weight::real);
}

TEST_CASE("links, devices and hard-link groups") {
    const auto one = [](const TarBuilder& a, const TarBuilder& b) {
        return lines_of(compare({.layers = {tar(a)}}, {.layers = {tar(b)}}));
    };
    CHECK(one(TarBuilder().symlink("l", "a"), TarBuilder().symlink("l", "b")) == Lines{"file l link real: a -> b"});
    CHECK(one(TarBuilder().add({.name = "n", .type = '3', .dev_major = 1, .dev_minor = 3}),
              TarBuilder().add({.name = "n", .type = '3', .dev_major = 1, .dev_minor = 8})) ==
          Lines{"file n device security: 1,3 -> 1,8"});
    CHECK(one(TarBuilder().file("a", "x").hardlink("b", "a"), TarBuilder().file("a", "x").file("b", "x")) ==
          Lines{"file a hardlink real: 2 links, the first is a -> 1 link",
                "file b hardlink real: 2 links, the first is a -> 1 link"});
    // Which member carries the data is encoding.
    CHECK(one(TarBuilder().file("a", "x").hardlink("b", "a"), TarBuilder().file("b", "x").hardlink("a", "b")).empty());
    // containerd applies the link header's mode to the shared inode: setuid through a hard link must not hide.
    const Lines setuid =
        one(TarBuilder().file("a", "x", 0755).add({.name = "b", .type = '1', .mode = 04755, .link = "a"}),
            TarBuilder().file("a", "x", 0755).add({.name = "b", .type = '1', .mode = 0755, .link = "a"}));
    CHECK(setuid == Lines{"layer 0:0 hardlink-headers security: its own -> another",
                          "file a mode security: 4755 (the header of a has 0755) -> 0755",
                          "file b mode security: 4755 (the header of a has 0755) -> 0755"});
}

TEST_CASE("what any hard link's header adds to the inode is compared") {
    const auto layer = [](bool capability) {
        Member middle{.name = "b", .type = '1', .link = "a"};
        if (capability) middle.pax = {{"SCHILY.xattr.security.capability", "abc"}, {"SCHILY.acl.access", "user::rwx"}};
        return tar(TarBuilder().file("a", "x").add(middle).hardlink("c", "a"));
    };
    const Comparison result = compare({.layers = {layer(true)}}, {.layers = {layer(false)}});
    CHECK(result.verdict == Verdict::divergent);
    Lines expected;
    for (const std::string path : {"a", "b", "c"}) {
        expected.push_back("file " + path + " acl security: access:user::rwx -> ");
        expected.push_back("file " + path + " xattr:security.capability security: 0x616263 -> -");
    }
    CHECK(lines_of(result) == expected);
}

TEST_CASE("a hard link to another layer's inode names its owner from its own layer") {
    const std::string lower = tar(TarBuilder().add({.name = "a", .body = "x", .uname = "first"}));
    const std::string upper = tar(TarBuilder()
                                      .add({.name = "n1", .uname = "n1"})
                                      .add({.name = "n2", .uname = "n2"})
                                      .add({.name = "b", .type = '1', .link = "a", .uname = "n3"}));
    const Comparison result =
        compare({.layers = {lower, upper}}, {.layers = {lower, tar(TarBuilder().file("z", ""))}}, {.keep_noise = true});
    CHECK(result.verdict == Verdict::divergent);
    const auto& noise = result.findings.noise();
    CHECK(std::any_of(noise.begin(), noise.end(),
                      [](const Finding& f) { return f.path == "a" && f.fact == "uname" && f.published == "n3"; }));
}

TEST_CASE("paths that one side has alone") {
    const Comparison result = compare({.layers = {tar(TarBuilder().file("a", "").file("b", "only published"))}},
                                      {.layers = {tar(TarBuilder().file("a", "").file("c", "only rebuilt", 0755))}});
    CHECK(lines_of(result) ==
          Lines{"file b presence real: present -> absent", "file c presence security: absent -> present"});
    CHECK(result.summary.equal == 1);
    CHECK(result.summary.removed == 1);
    CHECK(result.summary.added == 1);
    REQUIRE(result.findings.list()[0].present);
    CHECK(result.findings.list()[0].present->size == 14);
    CHECK(result.findings.list()[0].layers == std::array{0, -1});
}

TEST_CASE("the root directory's attributes are compared") {
    const Comparison result = compare({.layers = {tar(TarBuilder().dir("./", 0777).file("./a", ""))}},
                                      {.layers = {tar(TarBuilder().dir("./", 0755).file("./a", ""))}});
    CHECK(lines_of(result) == Lines{"file . mode security: 0777 -> 0755"});
}

TEST_CASE("a rule that is taken away makes its noise real, one that is added hides") {
    const MemoryImage a{.layers = {tar(TarBuilder().add({.name = "f", .uid = 1, .mtime = 1}))}};
    const MemoryImage b{.layers = {tar(TarBuilder().add({.name = "f", .uid = 2, .mtime = 2}))}};
    CHECK(lines_of(compare(a, b)) == Lines{"file f uid security: 1 -> 2"});
    CHECK(lines_of(compare(a, b, {.rules = parse_rules("-mtime")})) ==
          Lines{"file f mtime real: 1 -> 2", "file f uid security: 1 -> 2"});
    const Comparison hidden = compare(a, b, {.rules = parse_rules("+owner")});
    CHECK(lines_of(hidden).empty());
    CHECK(hidden.findings.noise_counts().at("uid") == 1);
    CHECK(hidden.findings.noise_counts().at("mtime") == 1);
}

TEST_CASE("the verdict ladder") {
    const std::string layer = tar(TarBuilder().dir("d/").file("d/a", "1").file("d/b", "2"));
    const std::string other_times =
        tar(TarBuilder().dir("d/").add({.name = "d/a", .body = "1", .mtime = 9}).file("d/b", "2"));
    const std::string tampered = tar(TarBuilder().dir("d/").file("d/a", "1").file("d/b", "3"));
    const std::string first = tar(TarBuilder().dir("d/").file("d/a", "1"));
    const std::string second = tar(TarBuilder().file("d/b", "2"));
    const auto verdict = [](const MemoryImage& a, const MemoryImage& b) {
        const Verdict forward = compare(a, b).verdict;
        CHECK(compare(b, a).verdict == forward);
        return forward;
    };
    CHECK(verdict({.layers = {layer}}, {.layers = {layer}}) == Verdict::identical);
    CHECK(verdict({.layers = {layer}}, {.layers = {layer}, .created = "2026-02-02T00:00:00Z"}) == Verdict::equivalent);
    CHECK(verdict({.layers = {layer}}, {.layers = {other_times}}) == Verdict::equivalent);
    CHECK(verdict({.layers = {layer}, .created_by = {"RUN a"}}, {.layers = {other_times}, .created_by = {"RUN b"}}) ==
          Verdict::equivalent);
    CHECK(verdict({.layers = {layer}}, {.layers = {first, second}}) == Verdict::same_files);
    CHECK(verdict({.layers = {layer}}, {.layers = {tampered}}) == Verdict::divergent);
    CHECK(verdict({.layers = {layer}, .config_extra = R"("config":{"User":"root"})"}, {.layers = {layer}}) ==
          Verdict::divergent);
    CHECK(verdict({.layers = {layer}}, {.layers = {layer}, .manifest_extra = R"("annotations":{"a":"b"})"}) ==
          Verdict::equivalent);
    CHECK(verdict({.layers = {layer}, .with_manifest = false}, {.layers = {layer}}) == Verdict::equivalent);
    CHECK(verdict({.layers = {layer}, .with_manifest = false}, {.layers = {layer}, .with_manifest = false}) ==
          Verdict::identical);
}

TEST_CASE("a plain tar has no configuration: it is at best the same files") {
    const Image tar_image = make_tar_image(tar(TarBuilder().file("a", "1")));
    const Image same = make_tar_image(tar(TarBuilder().file("a", "1")));
    const Image image = make_image({.layers = {tar(TarBuilder().file("a", "1"))}});
    CHECK(compare_images(tar_image, same, {}).verdict == Verdict::identical);
    const Comparison mixed = compare_images(image, tar_image, {});
    CHECK(mixed.verdict == Verdict::same_files);
    CHECK(mixed.findings.noise_counts().at("config-absent") == 1);
}

TEST_CASE("histories are compared as claims and never judge") {
    const std::string a = tar(TarBuilder().file("bin/x", "good", 0755));
    const std::string b = tar(TarBuilder().file("bin/x", "evil", 0755));
    const Comparison forged =
        compare({.layers = {a}, .created_by = {"COPY x /bin/x"}}, {.layers = {b}, .created_by = {"COPY x /bin/x"}});
    CHECK(forged.history == HistoryRelation::identical);
    CHECK(forged.verdict == Verdict::divergent);
    CHECK(forged.sides[0].layers[0].created_by == "COPY x /bin/x");
    CHECK(compare({.layers = {a}, .created_by = {"x"}}, {.layers = {a}, .created_by = {"y"}}).history ==
          HistoryRelation::different);
    CHECK(compare({.layers = {a}}, {.layers = {a}}).history == HistoryRelation::absent);
}

TEST_CASE("what the merged tree does not show is still found") {
    const std::string cleanup = tar(TarBuilder().whiteout(".wh.secret"));
    const Comparison result = compare({.layers = {tar(TarBuilder().file("a", "").file("secret", "one")), cleanup}},
                                      {.layers = {tar(TarBuilder().file("a", "").file("secret", "two")), cleanup}});
    CHECK(result.verdict == Verdict::same_files);
    REQUIRE(result.findings.list().size() == 1);
    CHECK(result.findings.list()[0].fact == "shadowed");
    CHECK(result.findings.list()[0].path == "0:0");
}

TEST_CASE("a shadowed attribute weighs what it would weigh in the merged tree") {
    const auto layer = [](const char* attribute, const char* value) {
        return tar(TarBuilder().add({.name = "s", .pax = {{std::string("SCHILY.xattr.") + attribute, value}}}));
    };
    const std::string cleanup = tar(TarBuilder().whiteout(".wh.s"));
    for (const auto& [attribute, weight] :
         {std::pair("system.posix_acl_access", Weight::security), std::pair("trusted.x", Weight::security),
          std::pair("user.x", Weight::real)}) {
        const auto& shown = attribute; // clang 14 captures no structured binding
        CAPTURE(shown);
        const Comparison result =
            compare({.layers = {layer(attribute, "1"), cleanup}}, {.layers = {layer(attribute, "2"), cleanup}});
        REQUIRE(result.findings.list().size() == 1);
        CHECK(result.findings.list()[0].weight == weight);
    }
}

TEST_CASE("ambiguous layers are never called equal, unless both hold the same ambiguity") {
    const auto twice = [](const char* first, std::int64_t mtime) {
        return tar(TarBuilder().file("a", first).add({.name = "a", .body = "last", .mtime = mtime}));
    };
    CHECK(compare({.layers = {twice("x", 1)}}, {.layers = {tar(TarBuilder().file("a", "last"))}}).verdict ==
          Verdict::divergent);
    CHECK(compare({.layers = {twice("x", 1)}}, {.layers = {twice("y", 1)}}).verdict == Verdict::divergent);
    CHECK(compare({.layers = {twice("x", 1)}}, {.layers = {twice("x", 2)}}).verdict == Verdict::equivalent);
    CHECK(compare({.layers = {twice("x", 1)}}, {.layers = {twice("x", 1)}}).verdict == Verdict::identical);
    const Comparison result = compare({.layers = {twice("x", 1)}}, {.layers = {tar(TarBuilder().file("a", "last"))}});
    const auto& list = result.findings.list();
    CHECK(std::any_of(list.begin(), list.end(), [](const Finding& f) {
        return f.fact == "ambiguous" && f.published == "duplicate-path" && f.weight == Weight::security;
    }));
}
