// Listings: modes as POSIX ls writes them, times as `date -u` gives them, rows of the merged tree and of a layer.
#include "base/json.h"
#include "image/layer.h"
#include "report/canvas.h"
#include "report/listing_text.h"
#include "report/tree_listing.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

namespace touchstone::test {
namespace {

TEST_CASE("modes are written as ls writes them") {
    struct Row {
        EntryType type;
        std::uint32_t mode;
        std::string_view expected;
    };
    for (const Row& row :
         {Row{EntryType::file, 0644, "-rw-r--r--"}, Row{EntryType::directory, 01777, "drwxrwxrwt"},
          Row{EntryType::directory, 01770, "drwxrwx--T"}, Row{EntryType::file, 04755, "-rwsr-xr-x"},
          Row{EntryType::file, 06644, "-rwSr-Sr--"}, Row{EntryType::symlink, 0777, "lrwxrwxrwx"},
          Row{EntryType::char_device, 0666, "crw-rw-rw-"}, Row{EntryType::block_device, 0, "b---------"},
          Row{EntryType::fifo, 0600, "prw-------"}, Row{EntryType::hardlink, 0755, "hrwxr-xr-x"}}) {
        Entry entry;
        entry.type = row.type;
        CHECK(mode_text(entry, row.mode) == row.expected);
    }
    Entry whiteout;
    whiteout.whiteout = Whiteout::file;
    CHECK(mode_text(whiteout, 0) == "w---------");
}

TEST_CASE("times are UTC, and out of the calendar they are seconds") {
    // Expected values: GNU date -u -d @N.
    CHECK(time_text({0, 0}) == "1970-01-01T00:00:00Z");
    CHECK(time_text({1700000000, 999999999}) == "2023-11-14T22:13:20Z");
    CHECK(time_text({-1, 0}) == "1969-12-31T23:59:59Z");
    CHECK(time_text({951782400, 0}) == "2000-02-29T00:00:00Z");
    CHECK(time_text({253402300799, 0}) == "9999-12-31T23:59:59Z");
    CHECK(time_text({253402300800, 0}) == "@253402300800");
    CHECK(time_text({-62167219201, 0}) == "@-62167219201");
    CHECK(time_text({std::numeric_limits<std::int64_t>::min(), 0}) == "@-9223372036854775808");
}

TEST_CASE("seconds are exact decimal numbers") {
    CHECK(seconds_text({1700000000, 0}) == "1700000000");
    CHECK(seconds_text({1, 500000000}) == "1.5");
    CHECK(seconds_text({0, 1}) == "0.000000001");
    CHECK(seconds_text({-2, 500000000}) == "-1.5");
    CHECK(seconds_text({-1, 999999999}) == "-0.000000001");
    CHECK(seconds_text({std::numeric_limits<std::int64_t>::min(), 1}) == "-9223372036854775807.999999999");
}

/// A layer with one of each kind of row.
struct SmallLayer {
    LayerListing listing;

    Entry& add(std::string_view path, EntryType type, std::uint32_t mode) {
        Entry& entry = listing.entries.emplace_back();
        entry.path = path;
        entry.type = type;
        entry.mode = mode;
        return entry;
    }
    SmallLayer() {
        listing.entries.reserve(8);
        Entry& file = add("bin/caf\xe9", EntryType::file, 0104755);
        file.size = 3;
        file.content.fill(0xab);
        file.mtime = {1, 500000000};
        file.extra = std::make_unique<EntryExtra>();
        file.extra->xattrs = {{"security.capability", std::string("\0\1", 2)}};
        add("bin/again", EntryType::hardlink, 0755).link = "bin/caf\xe9";
        Entry& device = add("dev/null", EntryType::char_device, 0666);
        device.dev_major = 1;
        device.dev_minor = 3;
        add("etc/.wh.old", EntryType::file, 0).whiteout = Whiteout::file;
        add("etc/link\x1b", EntryType::symlink, 0777).link = "../a\nb";
    }
};

std::string listed(const LayerListing& listing, ListingFormat format, unsigned jobs = 1) {
    std::string text;
    list_layer(listing, 4, {format, [&](std::string_view piece) { text += piece; }, jobs});
    return text;
}

TEST_CASE("a layer's entries as JSON Lines: what applies, in order, and nothing else") {
    const SmallLayer layer;
    const std::string content(64, 'a');
    std::string digest = "sha256:";
    for (int i = 0; i < 32; ++i) digest += "ab";
    const std::string expected =
        R"({"path": "bin/caf\\xe9", "path_base64": "YmluL2NhZuk=", "type": "file", "size": 3, "mode": "4755", "uid": 0, "gid": 0, "mtime": 1.5, "xattrs": {"security.capability": "AAE="}, "content": ")" +
        digest + R"(", "layer": 4})" + "\n" +
        R"({"path": "bin/again", "type": "hardlink", "mode": "0755", "uid": 0, "gid": 0, "mtime": 0, "link": "bin/caf\\xe9", "link_base64": "YmluL2NhZuk=", "layer": 4})" +
        "\n" +
        R"({"path": "dev/null", "type": "char", "mode": "0666", "uid": 0, "gid": 0, "mtime": 0, "device": [1, 3], "layer": 4})" +
        "\n";
    CHECK(listed(layer.listing, ListingFormat::json_lines).substr(0, expected.size()) == expected);
    CHECK(listed(layer.listing, ListingFormat::json_lines).find(R"("path": "etc/.wh.old", "type": "whiteout", )") !=
          std::string::npos);
}

TEST_CASE("a layer's entries as text: escaped names, targets, a plus for xattrs") {
    const SmallLayer layer;
    const std::string text = listed(layer.listing, ListingFormat::text);
    CHECK(text.starts_with("-rwsr-xr-x+         0:0            3  1970-01-01T00:00:01Z   4  bin/caf\\xe9\n"));
    CHECK(text.find("  bin/again link to bin/caf\\xe9\n") != std::string::npos);
    CHECK(text.find("         1, 3  ") != std::string::npos);
    CHECK(text.find("etc/link\\x1b -> ../a\\x0ab\n") != std::string::npos);
}

TEST_CASE("a long listing has each entry once and in its order, however many threads write it") {
    for (const std::size_t count : {0U, 1U, 4095U, 4096U, 4097U, 8192U, 30001U}) { // a thread takes 4096 at a time
        LayerListing listing;
        std::string names;
        for (std::size_t i = 0; i < count; ++i) {
            Entry& entry = listing.entries.emplace_back();
            entry.path = listing.arena.keep(std::to_string(i));
            names += std::to_string(i) + "\n";
        }
        for (const unsigned jobs : {1U, 2U, 3U, 8U}) {
            const std::string text = listed(listing, ListingFormat::text, jobs);
            std::string last_words;
            for (std::size_t at = 0; at < text.size();) {
                const std::size_t end = text.find('\n', at);
                last_words += text.substr(text.rfind(' ', end) + 1, end - text.rfind(' ', end));
                at = end + 1;
            }
            CAPTURE(count);
            CAPTURE(jobs);
            CHECK((last_words == names));
        }
    }
}

TEST_CASE("long names do not make long pieces of output") {
    constexpr std::size_t count = 9000;
    const std::string name(2000, '\xff'); // four bytes each when it is escaped: a piece is full after some 500 lines
    LayerListing listing;
    listing.entries.resize(count);
    for (Entry& entry : listing.entries) entry.path = name;
    listing.entries[count / 2].path = "the one in the middle";
    for (const unsigned jobs : {1U, 3U}) {
        std::size_t longest = 0;
        std::size_t lines = 0;
        std::size_t line_of_middle = 0;
        list_layer(listing, 0,
                   {ListingFormat::text,
                    [&](std::string_view piece) {
                        longest = std::max(longest, piece.size());
                        const std::size_t middle = piece.find("the one in the middle");
                        if (middle != std::string_view::npos) {
                            const std::string_view before = piece.substr(0, middle);
                            line_of_middle =
                                lines + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
                        }
                        lines += static_cast<std::size_t>(std::count(piece.begin(), piece.end(), '\n'));
                    },
                    jobs});
        CAPTURE(jobs);
        CHECK(lines == count);
        CHECK(line_of_middle == count / 2);
        CHECK(longest < listing_piece_limit + 4 * name.size() + 200);
    }
}

TEST_CASE("in the merged tree, paths that share an inode are files that name the first of them") {
    SmallLayer layer;
    Tree tree;
    const Entry* file = &layer.listing.entries[0];
    const Entry* again = &layer.listing.entries[1];
    tree.inodes.push_back({.content = file, .meta = again, .listing = &layer.listing, .links = 2, .first = 0});
    tree.nodes = {{.path = "bin/again", .inode = 0, .layer = 1}, {.path = "bin/caf\xe9", .inode = 0, .layer = 0}};
    std::string text;
    const TextSink sink = [&](std::string_view piece) { text += piece; };
    list_tree(tree, {ListingFormat::json_lines, sink});
    const Json first = parse_json(text.substr(0, text.find('\n')), "line");
    CHECK(first.find("type")->as_string() == "file");
    CHECK(first.find("hardlink")->as_string() == "bin/again");
    CHECK(first.find("mode")->as_string() == "0755"); // the header that was applied last
    CHECK(first.find("content") != nullptr);
    CHECK(first.find("layer")->as_integer() == 1);
    text.clear();
    list_tree(tree, {ListingFormat::text, sink});
    CHECK(text.find("bin/caf\\xe9 link to bin/again\n") != std::string::npos);
    CHECK(text.find("bin/again link to") == std::string::npos);
}

TEST_CASE("history lines are shown as the instruction that they claim") {
    struct Row {
        std::string_view stored, shown;
    };
    for (const Row& row :
         {Row{"/bin/sh -c #(nop)  CMD [\"sh\"]", "CMD [\"sh\"]"},
          Row{"/bin/sh -c apt-get update", "RUN apt-get update"}, Row{"RUN /bin/sh -c make # buildkit", "RUN make"},
          Row{"COPY a b # buildkit", "COPY a b"}, Row{"\x1b[2J", "\\x1b[2J"}}) {
        CHECK(short_claim(row.stored, 60) == row.shown);
    }
}

TEST_CASE("only digests are shortened as digests") {
    const std::string hex(64, 'e');
    CHECK(short_value("sha256:" + hex) == "sha256:eeeeeeeeeeee");
    CHECK(short_value("sha512:" + hex + hex) == "sha512:eeeeeeeeeeee");
    CHECK(short_value("sha256:" + hex + "x") == "sha256:" + hex + "x");
    CHECK(short_value("") == "\"\"");
    CHECK(short_value("a\nb") == "a\\x0ab");
}

} // namespace
} // namespace touchstone::test
