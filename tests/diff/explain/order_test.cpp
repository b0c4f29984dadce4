// The same lines in another order: explained where order means nothing, and nowhere else.
#include "tests/diff/explain/support.h"

#include "diff/explain/detect_order.h"

#include <doctest/doctest.h>

#include <random>

using namespace touchstone;
using namespace touchstone::test;

TEST_CASE("permuted lines are explained by what kind of order it is") {
    struct Row {
        std::string_view what;
        std::string_view path;
        std::string_view published;
        std::string_view rebuilt;
        std::string_view causes;
    };
    const std::vector<Row> rows{
        {"lines of a log", "var/log/install.log", "one a\ntwo b\nthree c\n", "three c\none a\ntwo b\n", "O1"},
        {"files in the order of a directory", "usr/lib/x/installed-files.txt", "x/c.py\nx/a.py\nx/b.py\n",
         "x/b.py\nx/c.py\nx/a.py\n", "O2"},
        // LC_ALL=C sort, and LC_ALL=en_US.UTF-8 sort (glibc 2.36)
        {"files in the order of two locales", "usr/lib/x/installed-files.txt",
         "x/Banana\nx/README\nx/Zeta\nx/_under\nx/apple\nx/cherry\nx/foo-bar\nx/foo2.c\nx/foo_baz\n",
         "x/apple\nx/Banana\nx/cherry\nx/foo2.c\nx/foo-bar\nx/foo_baz\nx/README\nx/_under\nx/Zeta\n", "O5"},
        {"steps that ran side by side", "var/log/make.log", "cc: a1\ncc: a2\nld: b1\nld: b2\n",
         "cc: a1\nld: b1\ncc: a2\nld: b2\n", "O6"},
        {"shells in the order of installation", "etc/shells", "/bin/sh\n/bin/zsh\n/bin/fish\n",
         "/bin/sh\n/bin/fish\n/bin/zsh\n", "O7"},
        {"keys of a dict in a dump", "usr/share/doc/x/dump.txt", "opts = {'a': 1, 'b': [1, 2]}\n",
         "opts = {'b': [1, 2], 'a': 1}\n", "O3"},
        {"keys of a Perl hash", "usr/share/doc/x/dump.txt", "x {'a' => 1, 'b' => 'c, d'}\n",
         "x {'b' => 'c, d', 'a' => 1}\n", "O3"},
        {"options with keys in one line", "var/log/x.log", "alpha=1 beta=2 gamma=3\n", "gamma=3 alpha=1 beta=2\n",
         "O3"},
        {"stanzas of loaders", "usr/lib/x86_64-linux-gnu/gdk-pixbuf-2.0/2.10.0/loaders.cache",
         "# head\n\n\"/usr/lib/a.so\"\n\"png\" 5\n\n\"/usr/lib/b.so\"\n\"jpg\" 5\n\n",
         "# head\n\n\"/usr/lib/b.so\"\n\"jpg\" 5\n\n\"/usr/lib/a.so\"\n\"png\" 5\n\n", "O4"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const Part part = explain(row.path, row.published, row.rebuilt);
        CHECK(causes_of(part) == row.causes);
        CHECK(part.explained());
    }
}

TEST_CASE("md5sums in another order are line order") {
    const std::string a = "b1946ac92492d2347c6235b4d2611184  usr/share/b\n";
    const std::string b = "22c3683b094136c3398391ae71b20f04  usr/share/a\n";
    const std::string c = "d41d8cd98f00b204e9800998ecf8427e  usr/share/c\n";
    CHECK(causes_of(explain("var/lib/dpkg/info/x.md5sums", c + a + b, a + b + c)) == "O1");
}

TEST_CASE("where the first line wins, or lines are steps, order is never explained") {
    struct Row {
        std::string_view path;
        std::string_view one;
        std::string_view two;
    };
    const std::vector<Row> rows{
        {"etc/sudoers", "root ALL=(ALL) ALL\n", "app ALL=(ALL) NOPASSWD: ALL\n"},
        {"etc/sudoers.d/app", "Defaults env_reset\n", "app ALL=NOPASSWD: ALL\n"},
        {"etc/ld.so.conf", "/usr/local/lib\n", "/usr/lib\n"},
        {"etc/ld.so.conf.d/x.conf", "/opt/lib\n", "/usr/lib\n"},
        {"etc/ld.so.preload", "/usr/lib/a.so\n", "/usr/lib/b.so\n"},
        {"etc/nginx/nginx.conf", "location / {}\n", "location ~ x {}\n"},
        {"etc/passwd", "app:x:0:0::/:/bin/sh\n", "root:x:0:0::/:/bin/sh\n"},
        {"etc/pam.d/login", "auth sufficient pam_permit.so\n", "auth required pam_unix.so\n"},
        {"etc/hosts", "10.0.0.1 x\n", "10.0.0.2 x\n"},
        {"etc/apt/sources.list", "deb http://a/ x main\n", "deb http://b/ x main\n"},
        {"var/www/.htaccess", "Deny from all\n", "Allow from all\n"},
        {"etc/environment", "PATH=/usr/bin\n", "PATH=/tmp\n"},
        {"usr/bin/tool", "step one\n", "step two\n"},
        {"opt/run.sh", "cd /\n", "rm -rf x\n"},
        {"usr/lib/python3/x.py", "a = 1\n", "a = 2\n"},
        {"usr/lib/python3/x.pth", "/opt/a\n", "/opt/b\n"},
        {"usr/share/x/unknown", "allow\n", "deny\n"},
        {"etc/hostile.log", "allow\n", "deny\n"},
        {"usr/bin/tool.log", "allow\n", "deny\n"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.path);
        const std::string published = std::string(row.one) + std::string(row.two) + "last line\n";
        const std::string rebuilt = std::string(row.two) + std::string(row.one) + "last line\n";
        const std::string causes = causes_of(explain(row.path, published, rebuilt));
        CHECK(causes.find('O') == std::string::npos);
        CHECK_FALSE(explain(row.path, published, rebuilt).explained());
    }
}

TEST_CASE("a script that calls itself a log is a script") {
    CHECK_FALSE(explain("var/log/x.log", "#!/bin/sh\ncd /\nls\n", "#!/bin/sh\nls\ncd /\n").explained());
}

TEST_CASE("a set of texts that Python printed is the same in any order") {
    const Part part = explain("usr/share/x.txt", "x = {'a, b', 'c'}\n", "x = {'c', 'a, b'}\n");
    CHECK(causes_of(part) == "O3");
    CHECK(part.explained());
}

TEST_CASE("members in one line of configuration, code or a list without keys keep their order") {
    struct Row {
        std::string_view path;
        std::string_view published;
        std::string_view rebuilt;
    };
    const std::vector<Row> rows{
        {"etc/x.conf", "a=1 b=2\n", "b=2 a=1\n"},
        {"usr/lib/x/x.py", "x = {'a': 1, 'b': 2}\n", "x = {'b': 2, 'a': 1}\n"},
        {"usr/share/x.txt", "first second third\n", "third first second\n"},
        {"usr/share/x.txt", "{'a': 1, 'a': 2}\n", "{'a': 2, 'a': 1}\n"},
        {"usr/share/x.txt", "['a', 'b']\n", "['b', 'a']\n"},
        {"usr/share/x.txt", "{'a', 'b', 'a'}\n", "{'b', 'a', 'a'}\n"},
        {"usr/share/x.txt", "{1, 2}\n", "{2, 1}\n"},
        {"usr/lib/x/x.py", "x = {'a', 'b'}\n", "x = {'b', 'a'}\n"},
        {"usr/share/x.txt", "{'a': 1, 'b': 2}\n", "{'b': 1, 'a': 2}\n"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.published);
        CHECK_FALSE(explain(row.path, row.published, row.rebuilt).explained());
    }
}

TEST_CASE("other lines beside permuted ones stay without a cause") {
    const Part part = explain("var/log/x.log", "one a\ntwo b\nsame\nleft x\n", "two b\none a\nsame\nright x\n");
    CHECK_FALSE(part.explained());
    CHECK(causes_of(part).find("O1") != std::string::npos);
}

TEST_CASE("a line that only looks like another, or has no end, is not the same line") {
    CHECK_FALSE(explain("var/log/x.log", "one\ntwo\nthree\n", "two\nonE\nthree\n").explained());
    CHECK_FALSE(explain("var/log/x.log", "one\ntwo", "two\none").explained());
    CHECK_FALSE(explain("var/log/x.log", "one\ntwo\n\n", "two\n\none ").explained());
}

TEST_CASE("a path among paths that is none leaves the list unexplained") {
    CHECK_FALSE(explain("usr/lib/x/installed-files.txt", "x/a\nx/b\nrm -rf\n", "rm -rf\nx/b\nx/a\n").explained());
}

TEST_CASE("shuffled logs are explained however they were shuffled") {
    std::mt19937 random(3); // NOLINT(cert-msc51-cpp): the same inputs in every run
    for (int round = 0; round < 200; ++round) {
        std::vector<std::string> lines;
        for (auto i = 2 + random() % 30; i > 0; --i) lines.push_back("line " + std::to_string(random() % 40) + "\n");
        const auto joined = [&] {
            std::string text;
            for (const std::string& line : lines) text += line;
            return text;
        };
        const std::string published = joined();
        std::shuffle(lines.begin(), lines.end(), random);
        const std::string rebuilt = joined();
        if (published == rebuilt) continue;
        CAPTURE(published);
        CAPTURE(rebuilt);
        CHECK(explain("var/log/x.log", published, rebuilt).explained());
    }
}

TEST_CASE("a hundred thousand shuffled lines are decided in linear time") {
    std::mt19937 random(9); // NOLINT(cert-msc51-cpp): the same inputs in every run
    std::vector<std::string> lines;
    for (int i = 0; i < 100'000; ++i) lines.push_back("line " + std::to_string(i));
    std::vector<std::string> moved = lines;
    std::shuffle(moved.begin(), moved.end(), random);
    std::array<std::string, 2> text;
    for (const std::string& line : lines) text[0] += line + '\n';
    for (const std::string& line : moved) text[1] += line + '\n';
    Leaf leaf;
    leaf.subject.bytes = {as_bytes(text[0]), as_bytes(text[1])};
    leaf.text = true;
    leaf.regions = {Region{Span{0, text[0].size()}, Span{0, text[1].size()}}};
    const auto blocks = permuted_blocks(leaf, leaf.regions);
    REQUIRE(blocks.size() == 1);
    CHECK(blocks[0].lines[0].size() == 100'000);
}
