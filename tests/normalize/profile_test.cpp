// Profiles: what --mtime and --owner take, what they refuse, what they do, and how an id spells them.
#include "base/error.h"
#include "normalize/profile.h"

#include <doctest/doctest.h>

#include <vector>

using namespace touchstone;

TEST_CASE("an mtime policy is read and spelled in one way") {
    struct Row {
        std::string_view text;
        std::string_view epoch;
        std::string_view spelled;
    };
    const std::vector<Row> rows = {
        {"zero", "", "zero"},
        {"keep", "", "keep"},
        {"clamp:0", "", "clamp:0"},
        {"clamp:1700000000", "", "clamp:1700000000"},
        {"clamp:8589934591", "", "clamp:8589934591"}, // 8^11 - 1
        {"clamp", "1700000000", "clamp:1700000000"},
        {"clamp:5", "1700000000", "clamp:5"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(parse_mtime_policy(row.text, row.epoch).string() == row.spelled);
    }
}

TEST_CASE("an mtime policy that is none is refused") {
    const std::vector<std::pair<std::string_view, std::string_view>> rows = {
        {"", ""},
        {"Zero", ""},
        {"zero ", ""},
        {"clamp", ""},
        {"clamp:", ""},
        {"clamp:-1", ""},
        {"clamp:+1", ""},
        {"clamp:1.5", ""},
        {"clamp: 1", ""},
        {"clamp:0x10", ""},
        {"clamp:8589934592", ""},
        {"clamp:0012", ""}, // one number, one spelling
        {"clamp:00", ""},
        {"clamp", "01700000000"},
        {"clamp", "tomorrow"},
        {"clamp", "-1"},
        {"keep:1", ""},
        {"clamps", ""},
        {"clamp:99999999999999999999", ""},
    };
    for (const auto& [text, epoch] : rows) {
        const auto& shown = text; // clang 14 captures no structured binding
        CAPTURE(shown);
        const auto& shown_epoch = epoch; // clang 14 captures no structured binding
        CAPTURE(shown_epoch);
        CHECK_THROWS_AS(parse_mtime_policy(text, epoch), Error);
    }
}

TEST_CASE("a refusal says what was found, where, and what would do") {
    struct Row {
        std::string_view text;
        std::string_view epoch;
        std::string_view message;
    };
    for (const Row& row : {
             Row{"clamp:0012", "",
                 "--mtime \"clamp:0012\": expected zero, keep, clamp or clamp:SECONDS (0 to 8589934591, without "
                 "leading "
                 "zeros)"},
             Row{"clamp", "", "--mtime clamp: give clamp:SECONDS, or set SOURCE_DATE_EPOCH"},
             Row{"clamp", "012",
                 "--mtime clamp: SOURCE_DATE_EPOCH is \"012\": expected seconds, 0 to 8589934591, without leading "
                 "zeros"},
         }) {
        try {
            parse_mtime_policy(row.text, row.epoch);
            FAIL("not refused");
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::usage);
            CHECK(error.what() == row.message);
        }
    }
    try {
        parse_owner_policy("00:0");
        FAIL("not refused");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::usage);
        CHECK(
            std::string_view(error.what()) ==
            "--owner \"00:0\": expected keep, UID:GID, or map:FROM:TO[:COUNT],… with numbers up to 4294967294 without "
            "leading zeros");
    }
}

TEST_CASE("times before 1970 become 0 under every mtime policy") {
    struct Row {
        std::string_view policy;
        std::int64_t before;
        std::int64_t after;
    };
    const std::vector<Row> rows = {
        {"zero", 1700000000, 0}, {"zero", -1, 0},        {"keep", 1700000000, 1700000000},
        {"keep", -1, 0},         {"clamp:100", 99, 99},  {"clamp:100", 100, 100},
        {"clamp:100", 101, 100}, {"clamp:100", -101, 0}, {"clamp:0", 7, 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.policy);
        CHECK(parse_mtime_policy(row.policy).apply(row.before) == row.after);
    }
}

TEST_CASE("an owner policy is read and spelled in one way") {
    const std::vector<std::pair<std::string_view, std::string_view>> rows = {
        {"keep", "keep"},
        {"0:0", "0:0"},
        {"1000:4294967294", "1000:4294967294"},
        {"map:1000:0", "map:1000:0"},
        {"map:1000:0:1", "map:1000:0"},
        {"map:100000:0:65536,1000:5", "map:1000:5,100000:0:65536"}, // sorted: the order of writing means nothing
        {"map:4294967294:0", "map:4294967294:0"},
        {"map:0:1,1:0", "map:0:1,1:0"},
    };
    for (const auto& [text, spelled] : rows) {
        const auto& shown = text; // clang 14 captures no structured binding
        CAPTURE(shown);
        const OwnerPolicy policy = parse_owner_policy(text);
        CHECK(policy.string() == spelled);
        CHECK(parse_owner_policy(policy.string()) == policy);
    }
}

TEST_CASE("an owner policy that is none is refused") {
    for (const std::string_view text : {"",
                                        "Keep",
                                        "0",
                                        "0:",
                                        ":0",
                                        "0:0:0",
                                        "root:root",
                                        "-1:0",
                                        "+1:0",
                                        "0: 0",
                                        "00:0",
                                        "0:00",
                                        "007:08",
                                        "map:01:2",
                                        "map:1:02",
                                        "map:1:2:03",
                                        "4294967295:0",
                                        "0:4294967295",
                                        "map:",
                                        "map:1",
                                        "map:1:2:0",
                                        "map:1:2:3:4",
                                        "map:1:2,",
                                        "map:,1:2",
                                        "map:4294967294:0:2",
                                        "map:0:4294967294:2",
                                        "map:1:2:4294967295",
                                        "map:0:0:10,9:100",
                                        "map:5:1,5:2",
                                        "map:a:b"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(parse_owner_policy(text), Error);
    }
}

TEST_CASE("an owner policy changes the ids that it names") {
    struct Row {
        std::string_view policy;
        std::uint32_t before;
        std::uint32_t uid;
        std::uint32_t gid;
    };
    const std::vector<Row> rows = {
        {"keep", 1000, 1000, 1000},
        {"3:4", 1000, 3, 4},
        {"map:1000:0", 1000, 0, 0},
        {"map:1000:0", 999, 999, 999},
        {"map:1000:0", 1001, 1001, 1001},
        {"map:100000:0:65536", 165535, 65535, 65535},
        {"map:100000:0:65536", 165536, 165536, 165536},
        {"map:0:1,1:0", 0, 1, 1}, // each id is mapped once
        {"map:0:1,1:0", 1, 0, 0},
        {"map:4294967294:7", 4294967294, 7, 7},
    };
    for (const Row& row : rows) {
        CAPTURE(row.policy);
        CAPTURE(row.before);
        const OwnerPolicy policy = parse_owner_policy(row.policy);
        CHECK(policy.apply_uid(row.before) == row.uid);
        CHECK(policy.apply_gid(row.before) == row.gid);
    }
}

TEST_CASE("an id names its profile unless it is the default one") {
    struct Row {
        std::string_view mtime;
        std::string_view owner;
        std::string_view id;
    };
    const std::vector<Row> rows = {
        {"zero", "keep", "clf1:sha256:ab"},
        {"keep", "keep", "clf1:mtime=keep,owner=keep:sha256:ab"},
        {"zero", "0:0", "clf1:mtime=zero,owner=0:0:sha256:ab"},
        {"clamp:7", "map:1:2:3", "clf1:mtime=clamp:7,owner=map:1:2:3:sha256:ab"},
    };
    for (const Row& row : rows) {
        const Profile profile{parse_mtime_policy(row.mtime), parse_owner_policy(row.owner)};
        CHECK(profile.id("clf1", "sha256:ab") == row.id);
    }
    CHECK(Profile().id("crf1", "sha256:ab") == "crf1:sha256:ab");
}
