// Which recorded image another one is built on: by layers, else by files; and whether its name has moved since.
#include "attest/base_files.h"
#include "attest/base_search.h"
#include "diff/tree.h"
#include "tests/attest/support.h"
#include "tests/support/memory_image.h"
#include "tests/support/tar_builder.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

using namespace touchstone;
using namespace touchstone::test;

namespace {

/// An entry whose layers have the diffIDs `diff_ids`, a letter each, and the canonical forms `canonicals` ('-': none).
KnownImage known(std::uint64_t sequence, std::string_view diff_ids, std::string_view canonicals) {
    KnownImage image;
    image.sequence = sequence;
    for (std::size_t i = 0; i < diff_ids.size(); ++i) {
        const std::string canonical(1, canonicals[i]);
        image.layers.push_back({std::string(1, diff_ids[i]), canonical == "-" ? "" : canonical, std::nullopt});
    }
    return image;
}

struct Row {
    const char* name;
    std::vector<KnownImage> ledger;
    const char* diff_ids;
    const char* canonicals;
    const char* expected; ///< "0 diff-id"; empty: none
};

std::string found_in(const Row& row) {
    const std::optional<FoundBase> found = find_base(row.ledger, known(0, row.diff_ids, row.canonicals).layers);
    return found ? std::to_string(row.ledger[found->known].sequence) + " " + std::string(name_of(found->by)) : "";
}

/// So many regular files, and what `change` makes of them.
std::string tar_of(int files, const std::function<void(TarBuilder&)>& change = {}, int first = 0) {
    TarBuilder tar;
    tar.dir("d").dir("d/empty");
    for (int i = first; i < files; ++i) {
        tar.file("d/f" + std::to_string(i), "the content of file " + std::to_string(i) + "\n");
    }
    if (change) change(tar);
    return tar.finish();
}

/// A ledger in a folder, and an image to be judged.
class Judged {
public:
    Judged() : ledger_(dir_ / "ledger") { ledger_.create(); }

    /// Records the files of these layers.
    KnownImage& record(const std::vector<std::string>& layers) {
        const SpooledListing listing = spool_listing(tree_of(layers));
        ledger_.store(listing);
        KnownImage image;
        image.sequence = entries_.size();
        image.listing = listing.name;
        entries_.push_back(image);
        return entries_.back();
    }
    FileSearch search(const std::vector<std::string>& layers, const Record& record = {}) {
        FileSearch search = plan_file_search(entries_, record);
        search_files(search, entries_, ledger_, tree_of(layers), 2);
        return search;
    }
    /// "0: 100 of 100", or empty.
    std::string base(const std::vector<std::string>& layers) {
        const std::optional<FoundBase> found = search(layers).base;
        if (!found) return "";
        return std::to_string(found->known) + ": " + std::to_string(found->held) + " of " +
               std::to_string(found->recorded);
    }
    std::string listing_path(std::size_t entry) const { return ledger_.listing_path(*entries_[entry].listing); }
    std::vector<KnownImage>& entries() { return entries_; }

private:
    static Tree tree_of(const std::vector<std::string>& layers) {
        const Image image = make_image({.layers = layers});
        const std::vector<Stack> stacks = load_stacks({&image}, {});
        std::vector<Oddity> oddities;
        return build_tree(stacks.front(), oddities);
    }

    TempDir dir_;
    Ledger ledger_;
    std::vector<KnownImage> entries_;
};

/// Files that only the image has.
void add_files(TarBuilder& tar, int count) {
    for (int i = 0; i < count; ++i) tar.file("own/g" + std::to_string(i), "own\n");
}

std::string own(int count, const std::function<void(TarBuilder&)>& change = {}) {
    TarBuilder tar;
    add_files(tar, count);
    if (change) change(tar);
    return tar.finish();
}

} // namespace

TEST_CASE("a base is the entry with most layers, all of them the image's lowest; diffIDs before canonical forms") {
    const std::vector<Row> rows{
        {"the lowest layers", {known(0, "ab", "AB")}, "abc", "ABC", "0 diff-id"},
        {"by canonical form", {known(0, "xy", "AB")}, "abc", "ABC", "0 canonical"},
        {"one layer of two by canonical form", {known(0, "ay", "AB")}, "abc", "ABC", "0 canonical"},
        {"canonical forms that nobody knows", {known(0, "xy", "AB")}, "abc", "---", ""},
        {"forms that cannot speak", {known(0, "xy", "--")}, "abc", "---", ""},
        {"more layers win", {known(0, "ab", "AB"), known(1, "a", "A")}, "abc", "ABC", "0 diff-id"},
        {"more layers win over diffIDs", {known(0, "a", "A"), known(1, "xy", "AB")}, "abc", "ABC", "1 canonical"},
        {"diffIDs win over canonical forms", {known(0, "ab", "AB"), known(1, "xy", "AB")}, "abc", "ABC", "0 diff-id"},
        {"the newest of equals", {known(0, "ab", "AB"), known(1, "ab", "AB")}, "abc", "ABC", "1 diff-id"},
        {"the image itself", {known(0, "abc", "ABC")}, "abc", "ABC", ""},
        {"a longer image", {known(0, "abcd", "ABCD")}, "abc", "ABC", ""},
        {"layers that are not the lowest", {known(0, "bc", "BC")}, "abc", "ABC", ""},
        {"a layer between that differs", {known(0, "axc", "AXC")}, "abcd", "ABCD", ""},
        {"an image without layers", {known(0, "", "")}, "abc", "ABC", ""},
        {"nothing recorded", {}, "abc", "ABC", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(found_in(row) == row.expected);
    }
}

TEST_CASE("canonical forms speak for no image that readers take differently") {
    Record record;
    record.layers.push_back({.diff_id = sha_a(), .canonical = "clf1:" + sha_b()});
    CHECK(known_layers(record)[0].canonical == "clf1:" + sha_b());
    record.ambiguous = {"pax-size-differs"};
    CHECK(known_layers(record)[0].canonical.empty());
    CHECK(known_layers(record)[0].diff_id == sha_a());
}

TEST_CASE("a name has moved when its newest entry came later and is another manifest of the same platform") {
    const auto entry = [](std::uint64_t sequence, const std::string& manifest, const char* reference = "docker://a/b:1",
                          const char* platform = "linux/amd64") {
        KnownImage image;
        image.sequence = sequence;
        image.reference = reference;
        image.platform = platform;
        if (!manifest.empty()) image.manifest = manifest;
        return image;
    };
    struct Moved {
        const char* name;
        std::vector<KnownImage> ledger; ///< the first one is the base
        std::optional<std::uint64_t> expected;
    };
    for (const Moved& row : std::vector<Moved>{
             {"nothing later", {entry(3, sha_a()), entry(1, sha_b())}, std::nullopt},
             {"another manifest", {entry(3, sha_a()), entry(4, sha_b())}, 4},
             {"the newest of several", {entry(3, sha_a()), entry(4, sha_b()), entry(5, sha_c())}, 5},
             {"moved back", {entry(3, sha_a()), entry(4, sha_b()), entry(5, sha_a())}, std::nullopt},
             {"the same manifest", {entry(3, sha_a()), entry(4, sha_a())}, std::nullopt},
             {"another name", {entry(3, sha_a()), entry(4, sha_b(), "docker://a/b:2")}, std::nullopt},
             {"another platform",
              {entry(3, sha_a()), entry(4, sha_b(), "docker://a/b:1", "linux/arm64")},
              std::nullopt},
             {"no manifest to compare", {entry(3, ""), entry(4, sha_b())}, std::nullopt},
         }) {
        CAPTURE(row.name);
        const KnownImage* const moved = moved_since(row.ledger, row.ledger.front());
        CHECK((moved == nullptr ? std::nullopt : std::optional(moved->sequence)) == row.expected);
    }
}

TEST_CASE("a base by files needs 98 of 100 files, 16 with content, and an image that adds more than it loses") {
    struct Counts {
        HeldFiles files;
        bool expected;
    };
    for (const Counts& row : {
             Counts{{.recorded = 100, .with_content = 100, .held = 100, .in_place = 100, .image = 101}, true},
             Counts{{.recorded = 100, .with_content = 100, .held = 98, .in_place = 100, .image = 103}, true},
             Counts{{.recorded = 100, .with_content = 100, .held = 98, .in_place = 98, .image = 101}, true},
             Counts{{.recorded = 100, .with_content = 100, .held = 97, .in_place = 100, .image = 1000}, false},
             Counts{{.recorded = 149, .with_content = 149, .held = 147, .in_place = 149, .image = 1000}, true},
             Counts{{.recorded = 49, .with_content = 49, .held = 48, .in_place = 49, .image = 1000}, false},
             Counts{{.recorded = 100, .with_content = 100, .held = 98, .in_place = 100, .image = 102}, false},
             Counts{{.recorded = 100, .with_content = 100, .held = 100, .in_place = 100, .image = 100}, false},
             Counts{{.recorded = 100, .with_content = 16, .held = 100, .in_place = 100, .image = 101}, true},
             Counts{{.recorded = 100, .with_content = 15, .held = 100, .in_place = 100, .image = 101}, false},
             Counts{{.recorded = 0, .with_content = 0, .held = 0, .in_place = 0, .image = 10}, false},
         }) {
        CAPTURE(row.files.held);
        CAPTURE(row.files.image);
        CHECK(is_base_by_files(row.files) == row.expected);
    }
}

TEST_CASE("a squashed image is recognized by the files of its base; what upper layers change or delete counts") {
    Judged judged;
    judged.record({tar_of(100)});
    CHECK(judged.base({tar_of(100), own(3)}) == "0: 100 of 100");
    CHECK(judged.base({tar_of(100, [](TarBuilder& tar) { add_files(tar, 3); })}) == "0: 100 of 100");
    const auto loses_two = [](TarBuilder& tar) { tar.whiteout("d/.wh.f1").file("d/f2", "other\n"); };
    CHECK(judged.base({tar_of(100), own(3, loses_two)}) == "0: 98 of 100");
    CHECK(judged.base({tar_of(100), own(2, loses_two)}).empty()); // as much lost as added
    CHECK(judged
              .base({tar_of(100), own(9,
                                      [&](TarBuilder& tar) {
                                          loses_two(tar);
                                          tar.whiteout("d/.wh.f3");
                                      })})
              .empty());
    CHECK(judged.base({tar_of(100)}).empty());
    CHECK(judged.base({own(100)}).empty());
}

TEST_CASE("each fact of a file counts, but for who shares its inode; directories do not") {
    struct Change {
        const char* name;
        std::function<void(TarBuilder&)> change;
        std::uint64_t held; ///< of 51
    };
    const auto all = [](TarBuilder& tar) { tar.symlink("d/link", "f1"); };
    const std::vector<Change> changes{
        {"nothing", [](TarBuilder&) {}, 51},
        {"content", [](TarBuilder& tar) { tar.file("d/f1", "other\n"); }, 50},
        {"mode", [](TarBuilder& tar) { tar.file("d/f1", "the content of file 1\n", 0600); }, 50},
        {"owner", [](TarBuilder& tar) { tar.add({.name = "d/f1", .body = "the content of file 1\n", .uid = 5}); }, 50},
        {"group", [](TarBuilder& tar) { tar.add({.name = "d/f1", .body = "the content of file 1\n", .gid = 5}); }, 50},
        {"type", [](TarBuilder& tar) { tar.symlink("d/f1", "f2"); }, 50},
        {"a directory in its place", [](TarBuilder& tar) { tar.dir("d/f1"); }, 50},
        {"where a link points", [](TarBuilder& tar) { tar.symlink("d/link", "f2"); }, 50},
        {"an attribute",
         [](TarBuilder& tar) {
             tar.add({.name = "d/f1",
                      .body = "the content of file 1\n",
                      .pax = {{"SCHILY.xattr.security.capability", "x"}}});
         },
         50},
        {"its time", [](TarBuilder& tar) { tar.add({.name = "d/f1", .body = "the content of file 1\n", .mtime = 9}); },
         51},
        {"another name for it", [](TarBuilder& tar) { tar.hardlink("d/again", "d/f1"); }, 51},
        {"a directory's mode", [](TarBuilder& tar) { tar.dir("d/empty", 0700); }, 51},
        {"a directory that is gone", [](TarBuilder& tar) { tar.whiteout("d/.wh.empty"); }, 51},
    };
    for (const Change& row : changes) {
        CAPTURE(row.name);
        Judged judged;
        judged.record({tar_of(50, all)});
        const std::string expected = "0: " + std::to_string(row.held) + " of 51";
        CHECK(judged.base({tar_of(50, all), own(5, row.change)}) == expected);
    }
}

TEST_CASE("of several bases by files most files win, then the newest") {
    Judged judged;
    judged.record({tar_of(60)});
    judged.record({tar_of(60), tar_of(80, {}, 60)});
    judged.record({tar_of(60)});
    CHECK(judged.base({tar_of(90)}) == "1: 80 of 80");
    CHECK(judged.base({tar_of(70)}) == "2: 60 of 60");
}

TEST_CASE("the image itself is no base, and entries that cannot be judged are counted") {
    Judged judged;
    judged.record({tar_of(50)}).tree = "crf1:" + sha_a();
    judged.record({tar_of(40)});
    judged.entries().push_back({});
    Record record;
    record.tree = "crf1:" + sha_a();
    FileSearch found = judged.search({tar_of(50), own(1)}, record);
    CHECK(found.candidates == std::vector<std::size_t>{1});
    CHECK(found.without_listing == 1);
    CHECK(found.base->known == 1);
    for (const auto& set : {+[](KnownImage&k, Record&r) { k.manifest = r.manifest = sha_b(); },
                            +[](KnownImage&k, Record&r) { k.image = r.image = sha_b(); }}) {
        Record other;
        KnownImage entry;
        set(entry, other);
        entry.listing = judged.entries()[0].listing;
        const std::array one{entry};
        CHECK(plan_file_search(one, other).candidates.empty());
        CHECK(plan_file_search(one, {}).candidates.size() == 1);
    }
    std::filesystem::remove(judged.listing_path(1));
    found = judged.search({tar_of(60)}, record);
    CHECK_FALSE(found.base.has_value());
    CHECK(found.unreadable == 1);
    CHECK(has(found.unreadable_example, "jsonl.zst"));
}

TEST_CASE("a listing that is not the one that was recorded is trouble") {
    Judged judged;
    judged.record({tar_of(50)});
    judged.record({tar_of(40)});
    std::filesystem::copy_file(judged.listing_path(1), judged.listing_path(0),
                               std::filesystem::copy_options::overwrite_existing);
    CHECK(has(refusal_of([&] { judged.search({tar_of(60)}); }), "expected"));
    Judged hopeless; // nothing of it is in the image: the rest is verified all the same
    hopeless.record({own(200)});
    const std::string whole = read_text_file(hopeless.listing_path(0));
    std::ofstream(hopeless.listing_path(0)) << whole.substr(0, whole.size() - 9);
    CHECK(refusal_of([&] { hopeless.search({tar_of(60)}); }) != "no error");
    std::ofstream(judged.listing_path(0)) << "{}";
    CHECK(refusal_of([&] { judged.search({tar_of(60)}); }) != "no error");
}
