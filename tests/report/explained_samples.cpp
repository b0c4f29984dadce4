// Paths, versions and words as Debian's packages and common build tools have them; digests are one digit repeated.
#include "tests/report/explained_samples.h"

#include "tests/report/explained_builder.h"

#include <fmt/format.h>

#include <utility>

namespace touchstone::test {

namespace {

using Kind = ViewLine::Kind;

void add_security(ExplainedBuilder& builder) {
    Part code = part_of("usr/sbin/nginx", "elf", 1'241'088, 1'241'088);
    code.add(difference_at("section .text", std::string("\x48\x8b\x05\x9a", 4), std::string("\x48\x8b\x05\xb2", 4),
                           std::nullopt));
    code.add(difference_at("section .note.gnu.build-id", std::string("\x8c\x01", 2), std::string("\x2f\x77", 2),
                           CauseId::derived, "the build-id is computed from the code"));
    code.view = {
        view_line(Kind::hunk, ".text at 0x2f1a0"),
        view_line(Kind::context, "0002f190  66 0f 1f 84 00 00 00 00  48 83 ec 08 48 8b 05 00  |f.......H...H...|"),
        view_line(Kind::published, "0002f1a0  48 8b 05 9a 41 11 00 48  85 c0 74 02 ff d0 48 83  |H...A..H..t...H.|",
                  {{19, 21}, {62, 63}}),
        view_line(Kind::rebuilt, "0002f1a0  48 8b 05 b2 41 11 00 48  85 c0 74 02 ff d0 48 83  |H...A..H..t...H.|",
                  {{19, 21}, {62, 63}}),
        view_line(Kind::context, "0002f1b0  c4 08 c3 00 00 00 00 00  ff 35 6a 3e 11 00 ff 25  |.........5j>...%|"),
        view_line(Kind::note, "… 214 more lines")};
    FileExplanation& nginx = builder.content(std::move(code), Weight::security, {1, 1});
    nginx.causes[CauseId::unexplained_code] = 1;
    nginx.worst = CauseClass::suspicious;
    nginx.remedy = row_of(CauseId::unexplained_code).remedy;
    nginx.owner = {owned_by("nginx", "1.22.1-9+deb12u1", Ownership::Match::differs),
                   owned_by("nginx", "1.22.1-9+deb12u1", Ownership::Match::matches)};
    builder.finding("usr/sbin/nginx", "mode", Weight::security, "4755", "0755", {1, 1});

    Part key = part_of("etc/ssl/private/server.key", "pem", 1704, 1708);
    key.add(difference_at("private key", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----",
                          CauseId::key_material, "two keys of 2048 bits"));
    key.view = {
        view_line(Kind::hunk, "@@ -1,3 +1,3 @@"), view_line(Kind::context, "-----BEGIN PRIVATE KEY-----"),
        view_line(Kind::published, "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj", {{41, 64}}),
        view_line(Kind::rebuilt, "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDa8fQw0pXr1Gm2", {{41, 64}})};
    builder.content(std::move(key), Weight::security, {5, 5});
}

void add_texts(ExplainedBuilder& builder) {
    Part date = part_of("etc/build-date", "text", 29, 29);
    date.add(difference_at("line 1", "Tue Nov 14 22:13:20 UTC 2023", "Thu Jan  4 09:02:11 UTC 2024", CauseId::text_date,
                           "each is within its own build"));
    date.view = {view_line(Kind::hunk, "@@ -1 +1 @@"),
                 view_line(Kind::published, "Tue Nov 14 22:13:20 UTC 2023", {{0, 19}, {24, 28}}),
                 view_line(Kind::rebuilt, "Thu Jan  4 09:02:11 UTC 2024", {{0, 19}, {24, 28}})};
    builder.content(std::move(date), Weight::real, {5, 5});

    Part shadow = part_of("etc/shadow", "shadow", 501, 501);
    shadow.add(difference_at("app, day of last change", "19675", "19726", CauseId::day_count,
                             "both are the day of their build"));
    builder.content(std::move(shadow), Weight::security, {5, 5});

    Part makefile = part_of("srv/app/config/settings.ini", "keys", 812, 840);
    makefile.add(difference_at("[server] workers", "4", "16", std::nullopt));
    makefile.add(difference_at("[build] host", "buildkitsandbox", "runner-7f3a", CauseId::host_name,
                               "the rebuilt image's config names that host"));
    makefile.view = {view_line(Kind::hunk, "@@ -3,6 +3,6 @@"),
                     view_line(Kind::context, "[server]"),
                     view_line(Kind::context, "listen = 0.0.0.0:8080"),
                     view_line(Kind::published, "workers = 4", {{10, 11}}),
                     view_line(Kind::rebuilt, "workers = 16", {{10, 12}}),
                     view_line(Kind::context, "\ttimeout = 30 \\"),
                     view_line(Kind::context, "[build]"),
                     view_line(Kind::published, "host = buildkitsandbox", {{7, 22}}),
                     view_line(Kind::rebuilt, "host = runner-7f3a", {{7, 18}})};
    builder.content(std::move(makefile));
}

void add_archives(ExplainedBuilder& builder) {
    Part manifest = part_of("META-INF/MANIFEST.MF", "manifest", 210, 214);
    manifest.add(difference_at("Built-By", "root", "builder", CauseId::home_path, "each is the user of its build"));
    manifest.add(
        difference_at("Build-Date", "2023-11-14", "2024-01-04", CauseId::text_date, "each is within its own build"));
    manifest.view = {view_line(Kind::hunk, "@@ -2,4 +2,4 @@"),
                     view_line(Kind::context, "Created-By: Apache Maven 3.8.7"),
                     view_line(Kind::published, "Built-By: root", {{10, 14}}),
                     view_line(Kind::rebuilt, "Built-By: builder", {{10, 17}}),
                     view_line(Kind::published, "Build-Date: 2023-11-14", {{12, 22}}),
                     view_line(Kind::rebuilt, "Build-Date: 2024-01-04", {{12, 22}})};
    Part inner = part_of("BOOT-INF/lib/shop-core.jar", "zip", 88'110, 88'112);
    inner.add(difference_at("member times", "2023-11-14 22:13:20", "2024-01-04 09:02:10", CauseId::binary_time,
                            "DOS times of 41 members"));
    inner.parts.push_back(std::move(manifest));
    Part jar = part_of("srv/app/shop.jar", "zip", 3'120'440, 3'120'460);
    jar.add(difference_at("order of members", "", "", CauseId::readdir_order, "the same 312 names"));
    jar.parts.push_back(std::move(inner));
    builder.content(std::move(jar));

    Part gzip = part_of("usr/share/doc/nginx/changelog.Debian.gz", "gzip", 4'410, 4'410);
    gzip.add(difference_at("MTIME", "1700000000", "1704358931", CauseId::binary_time, "seconds of the builds"));
    FileExplanation& changelog = builder.content(std::move(gzip), Weight::real, {1, 1});
    changelog.owner = {owned_by("nginx-common", "1.22.1-9+deb12u1", Ownership::Match::not_recorded),
                       owned_by("nginx-common", "1.22.1-9+deb12u1", Ownership::Match::not_recorded)};

    Part record = part_of("usr/lib/python3/dist-packages/flask-3.0.0.dist-info/RECORD", "text", 3'900, 3'900);
    Difference hash = difference_at("line 12", "sha256=4tTgJ9wYjA", "sha256=9aPq1ZkXcE", CauseId::derived, "");
    hash.derived_of = "usr/lib/python3/dist-packages/flask/app.py";
    record.add(std::move(hash));
    builder.content(std::move(record), Weight::real, {3, 3}).derived_of = "usr/lib/python3/dist-packages/flask/app.py";
}

void add_many(ExplainedBuilder& builder) {
    for (int i = 0; i < 9; ++i) {
        Part library = part_of(fmt::format("usr/lib/x86_64-linux-gnu/libssl{}.so.3", i), "elf", 680'120, 680'984);
        library.add(difference_at("section .rodata", "OpenSSL 3.0.15 3 Sep 2024", "OpenSSL 3.0.17 1 Jul 2025",
                                  CauseId::package_version, "the package's version differs"));
        FileExplanation& file = builder.content(std::move(library), Weight::real, {1, 1});
        file.owner = {owned_by("libssl3", "3.0.15-1~deb12u1", Ownership::Match::matches),
                      owned_by("libssl3", "3.0.17-1~deb12u2", Ownership::Match::matches)};
    }
    for (int i = 0; i < 34; ++i) {
        Part pyc =
            part_of(fmt::format("usr/lib/python3/dist-packages/flask/__pycache__/module{:02}.cpython-311.pyc", i),
                    "pyc", 5'400 + static_cast<std::uint64_t>(i), 5'400 + static_cast<std::uint64_t>(i));
        pyc.add(difference_at("source time", "1699999990", "1704358920", CauseId::stale_pyc, "seconds of the builds"));
        builder.content(std::move(pyc), Weight::real, {3, 3});
    }
    for (int i = 0; i < 12; ++i) {
        Part object = part_of(fmt::format("srv/app/native/addon{}.o", i), "elf", 48'000, 48'010);
        object.add(difference_at("section .debug_str", "/build/shop-1", "/home/ci/work/shop", CauseId::build_path,
                                 "in 12 files"));
        builder.content(std::move(object));
    }
    for (int i = 0; i < 5; ++i) {
        builder.only_rebuilt(fmt::format("var/cache/fontconfig/{:032x}-le64.cache-8", i * 7919 + 1), Weight::real,
                             CauseId::cache_or_log);
    }
    for (int i = 0; i < 3; ++i) {
        builder.unexamined(fmt::format("opt/vendor/blob{}.bin", i), Weight::real);
    }
}

void add_conclusions(Explanation& explanation) {
    const auto remedy = [&](CauseId cause, std::uint64_t files, std::uint64_t settles, std::string example) {
        explanation.remedies.push_back({.cause = cause,
                                        .text = std::string(row_of(cause).remedy),
                                        .files = files,
                                        .settles = settles,
                                        .example = std::move(example)});
    };
    remedy(CauseId::stale_pyc, 34, 34, "usr/lib/python3/dist-packages/flask/__pycache__/module00.cpython-311.pyc");
    remedy(CauseId::build_path, 12, 12, "srv/app/native/addon0.o");
    remedy(CauseId::package_version, 9, 9, "usr/lib/x86_64-linux-gnu/libssl0.so.3");
    remedy(CauseId::cache_or_log, 5, 5, "var/cache/fontconfig/00000000000000000000000000000001-le64.cache-8");
    remedy(CauseId::text_date, 2, 1, "etc/build-date");
    explanation.votes = {{CauseId::build_path, {"/build/shop-1", "/home/ci/work/shop"}, 12},
                         {CauseId::package_version, {"OpenSSL 3.0.15", "OpenSSL 3.0.17"}, 9}};
    PackageDrift drift;
    drift.system = "dpkg";
    drift.package = "libssl3";
    drift.version = {"3.0.15-1~deb12u1", "3.0.17-1~deb12u2"};
    for (int i = 0; i < 9; ++i) drift.files.push_back(fmt::format("usr/lib/x86_64-linux-gnu/libssl{}.so.3", i));
    explanation.drift.push_back(std::move(drift));
    explanation.accepted = {
        {"var/cache/ldconfig/aux-cache", "ldconfig-aux-cache/1", {repeated_digest('1'), repeated_digest('2')}},
        {"var/log/dpkg.log", "var-log/1", {repeated_digest('5'), std::nullopt}}};
    explanation.unexamined = 3;
    explanation.packages = {"dpkg: 189 packages", "dpkg: 189 packages"};
}

void add_other_findings(Comparison& comparison) {
    Finding user;
    user.place = Place::config;
    user.path = "/config/User";
    user.fact = "value";
    user.weight = Weight::security;
    user.published = "\"root\"";
    user.rebuilt = "\"app\"";
    comparison.findings.add(user);
    Finding label = user;
    label.path = "/config/Labels/org.opencontainers.image.revision";
    label.weight = Weight::real;
    label.published = "\"4f1c2d\"";
    label.rebuilt = "\"4f1c2d-dirty\"";
    comparison.findings.add(label);
    comparison.sides[0].oddities.push_back(
        {.code = OddityCode::duplicate_path, .path = "srv/app/logo.png", .detail = "entries 3 and 9", .layer = 4});
    comparison.findings.count_noise("mtime", 8'102);
    comparison.findings.count_noise("order", 4);
    comparison.findings.count_noise("compression", 1);
}

} // namespace

Comparison explained_images() {
    ExplainedBuilder builder(two_sides());
    add_security(builder);
    add_texts(builder);
    add_archives(builder);
    add_many(builder);
    add_conclusions(builder.explanation());
    add_other_findings(builder.comparison());
    builder.comparison().summary = {.equal = 8'050, .added = 5, .removed = 0, .changed = 66, .accepted = 2};
    return builder.take();
}

Comparison crowd_of_files(std::size_t files, std::size_t examined) {
    ExplainedBuilder builder(two_sides());
    for (std::size_t i = 0; i < files; ++i) {
        const std::string path = fmt::format("usr/lib/package{:03}/share/module{:05}.txt", i / 40, i);
        if (i >= examined) {
            builder.finding(path, "content", i % 100 == 0 ? Weight::security : Weight::real, repeated_digest('3'),
                            repeated_digest('4'));
            continue;
        }
        Part text = part_of(path, "text", 1000 + i, 1001 + i);
        for (int n = 0; n < 4; ++n) {
            text.add(difference_at(fmt::format("line {}", n), "2023-11-14", "2024-01-04",
                                   i % 7 == 0 ? std::nullopt : std::optional(CauseId::text_date), "within its build"));
            text.view.push_back(view_line(Kind::hunk, fmt::format("@@ -{} +{} @@", n, n)));
            text.view.push_back(view_line(Kind::published, "built on 2023-11-14 by make", {{9, 19}}));
            text.view.push_back(view_line(Kind::rebuilt, "built on 2024-01-04 by make", {{9, 19}}));
        }
        builder.content(std::move(text));
    }
    builder.comparison().summary = {.equal = 100, .added = 0, .removed = 0, .changed = files};
    return builder.take();
}

Report report_on(Comparison comparison) {
    std::vector<Comparison> comparisons;
    comparisons.push_back(std::move(comparison));
    return make_report(std::move(comparisons), {}, Verdict::same_files);
}

} // namespace touchstone::test
