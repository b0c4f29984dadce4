// dpkg's and apk's databases, finding a file's owner, and drift. Digests in here are those of md5sum, sha1sum and
// `openssl dgst -binary | base64`.
#include "diff/explain/packages.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

using namespace touchstone;

namespace {

using Databases = std::map<std::string, std::string>;

PackageDatabase read(Databases databases, std::set<std::string> wanted, bool usr_merged = true) {
    return read_package_databases({std::move(databases), std::move(wanted), usr_merged});
}

/// "coreutils 9.1-1 matches"; "-" for nobody's.
std::string owner(const PackageDatabase& database, std::string_view path,
                  std::optional<std::string_view> content = {}) {
    const OwnedFile* file = database.find(path);
    if (file == nullptr) return "-";
    const Ownership found = ownership_of(database, *file, content ? std::optional(as_bytes(*content)) : std::nullopt);
    return found.package + " " + found.version + " " + std::string(name_of(found.match)) +
           (found.configuration ? " conffile" : "");
}

constexpr std::string_view status = "Package: coreutils\n"
                                    "Status: install ok installed\n"
                                    "Architecture: amd64\n"
                                    "Version: 9.1-1\n"
                                    "Description: GNU core utilities\n"
                                    " Version: 1 is not the version\n"
                                    "\n"
                                    "package: libc6\n"
                                    "Status: install ok installed\n"
                                    "Architecture: amd64\n"
                                    "Multi-Arch: same\n"
                                    "Source: glibc (2.36-9)\n"
                                    "Version: 2.36-9+b1\n"
                                    "Conffiles:\n"
                                    " /etc/ld.so.conf.d/x.conf d41d8cd98f00b204e9800998ecf8427e obsolete\n"
                                    " /etc/with blank.conf b1946ac92492d2347c6235b4d2611184\n"
                                    " /etc/new.conf newconffile\n"
                                    "\n\n"
                                    "Package: gone\n"
                                    "Status: deinstall ok config-files\n"
                                    "Architecture: amd64\n"
                                    "Version: 1\n"
                                    "\n"
                                    "Package: never\n"
                                    "Status: purge ok not-installed\n"
                                    "Version: 1\n";

Databases dpkg() {
    return {
        {"var/lib/dpkg/status", std::string(status)},
        {"var/lib/dpkg/info/coreutils.list", "/.\n/bin\n/bin/ls\n/usr\n/usr/bin\n/usr/bin/[\n/usr/bin/link\n"},
        {"var/lib/dpkg/info/coreutils.md5sums", "b1946ac92492d2347c6235b4d2611184  bin/ls\n"
                                                "b1946ac92492d2347c6235b4d2611184 *usr/bin/[\n"
                                                "b1946ac92492d2347c6235b4d2611184  usr/bin/taken-over\n"},
        {"var/lib/dpkg/info/libc6:amd64.list",
         "/.\n/etc\n/etc/ld.so.conf.d/x.conf\n/etc/with blank.conf\n/etc/new.conf\n/usr\n/usr/bin\n/usr/bin/ldd\n"}};
}

} // namespace

TEST_CASE("a file of a dpkg package has its owner, version and recorded checksum") {
    const PackageDatabase database = read(dpkg(), {"usr/bin/[", "usr/bin/link", "usr/bin/ldd", "usr/bin/taken-over"});
    CHECK(owner(database, "usr/bin/[", "hello\n") == "coreutils 9.1-1 matches");
    CHECK(owner(database, "usr/bin/[", "hellO\n") == "coreutils 9.1-1 differs");
    CHECK(owner(database, "usr/bin/[") == "coreutils 9.1-1 not-recorded");
    CHECK(owner(database, "usr/bin/link", "target") == "coreutils 9.1-1 not-recorded");
    CHECK(owner(database, "usr/bin/ldd") == "libc6 2.36-9+b1 not-recorded");
    CHECK(database.troubles.empty());
}

TEST_CASE("a checksum of a file that another package has taken over makes no owner") {
    CHECK(owner(read(dpkg(), {"usr/bin/taken-over"}), "usr/bin/taken-over") == "-");
}

TEST_CASE("files that were not asked for are not kept") {
    const PackageDatabase database = read(dpkg(), {"usr/bin/["});
    CHECK(database.files.size() == 1);
    CHECK(database.find("usr/bin/ldd") == nullptr);
}

TEST_CASE("a list's paths are asked for without the slashes before them") {
    Databases databases = dpkg();
    databases["var/lib/dpkg/info/coreutils.list"] = "//top\n///usr/bin/[\n";
    const PackageDatabase database = read(databases, {"top", "usr/bin/["});
    CHECK(owner(database, "top") == "coreutils 9.1-1 not-recorded");
    CHECK(owner(database, "usr/bin/[", "hello\n") == "coreutils 9.1-1 matches");
    CHECK(database.files.count("/top") == 0);
}

TEST_CASE("a directory of several packages is nobody's") {
    CHECK(owner(read(dpkg(), {"usr/bin"}), "usr/bin") == "-");
    CHECK(owner(read(dpkg(), {"etc"}), "etc") == "libc6 2.36-9+b1 not-recorded");
}

TEST_CASE("configuration files are compared with the checksum in the status") {
    const PackageDatabase database = read(dpkg(), {"etc/ld.so.conf.d/x.conf", "etc/with blank.conf", "etc/new.conf"});
    CHECK(owner(database, "etc/ld.so.conf.d/x.conf", "") == "libc6 2.36-9+b1 matches conffile");
    CHECK(owner(database, "etc/with blank.conf", "hello\n") == "libc6 2.36-9+b1 matches conffile");
    CHECK(owner(database, "etc/with blank.conf", "changed\n") == "libc6 2.36-9+b1 differs conffile");
    CHECK(owner(database, "etc/new.conf", "") == "libc6 2.36-9+b1 not-recorded conffile");
}

TEST_CASE("packages are listed with source and state") {
    const PackageDatabase database = read(dpkg(), {});
    REQUIRE(database.packages.size() == 3); // "never" was never there
    CHECK(database.packages[1].source == "glibc");
    CHECK(database.packages[1].architecture == "amd64");
    CHECK_FALSE(database.packages[2].installed);
    CHECK(database.summary() == "dpkg: 2 packages");
    CHECK(read({}, {}).summary() == "no package database");
}

TEST_CASE("on a usr-merged system bin/ls and usr/bin/ls are one file, elsewhere two") {
    CHECK(owner(read(dpkg(), {"usr/bin/ls"}), "usr/bin/ls", "hello\n") == "coreutils 9.1-1 matches");
    CHECK(owner(read(dpkg(), {"bin/ls"}), "bin/ls", "hello\n") == "coreutils 9.1-1 matches");
    CHECK(owner(read(dpkg(), {"usr/bin/ls"}, false), "usr/bin/ls") == "-");
    CHECK(owner(read(dpkg(), {"bin/["}), "bin/[", "hello\n") == "coreutils 9.1-1 matches");
}

TEST_CASE("what is recorded with a checksum is the file where a package ships a link of the same alias") {
    Databases databases = dpkg();
    databases["var/lib/dpkg/info/libc6:amd64.list"] += "/usr/bin/ls\n";
    CHECK(owner(read(databases, {"usr/bin/ls"}), "usr/bin/ls", "hello\n") == "coreutils 9.1-1 matches");
}

TEST_CASE("names have the architecture where several of a package are installed") {
    Databases databases = dpkg();
    databases["var/lib/dpkg/status"] +=
        "\nPackage: libc6\nStatus: install ok installed\nArchitecture: i386\nVersion: 2.36-9+b1\n";
    databases["var/lib/dpkg/info/libc6:i386.list"] = "/usr/lib/i386-linux-gnu/libc.so.6\n";
    const PackageDatabase database = read(databases, {"usr/lib/i386-linux-gnu/libc.so.6", "usr/bin/ldd"});
    CHECK(owner(database, "usr/lib/i386-linux-gnu/libc.so.6") == "libc6:i386 2.36-9+b1 not-recorded");
    CHECK(owner(database, "usr/bin/ldd") == "libc6:amd64 2.36-9+b1 not-recorded");
}

TEST_CASE("a diverted file is looked for where it lies") {
    Databases databases = dpkg();
    databases["var/lib/dpkg/diversions"] =
        "/usr/bin/[\n/usr/bin/[.real\nlibc6\n/usr/bin/link\n/usr/bin/link.local\n:\n";
    databases["var/lib/dpkg/info/libc6:amd64.list"] += "/usr/bin/[\n";
    const PackageDatabase database =
        read(databases, {"usr/bin/[", "usr/bin/[.real", "usr/bin/link", "usr/bin/link.local"});
    CHECK(owner(database, "usr/bin/[.real", "hello\n") == "coreutils 9.1-1 matches");
    CHECK(owner(database, "usr/bin/[", "hello\n") == "libc6 2.36-9+b1 not-recorded");
    CHECK(owner(database, "usr/bin/link.local") == "coreutils 9.1-1 not-recorded");
    CHECK(owner(database, "usr/bin/link") == "-");
}

TEST_CASE("distroless images have one status file a package, and its checksums are its list") {
    const PackageDatabase database =
        read({{"var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n"},
              {"var/lib/dpkg/status.d/base.md5sums", "b1946ac92492d2347c6235b4d2611184  ./usr/share/base\n"}},
             {"usr/share/base"});
    CHECK(owner(database, "usr/share/base", "hello\n") == "base-files 12.4 matches");
    CHECK(database.summary() == "dpkg: 1 package");
}

TEST_CASE("apk's database names owner and checksum") {
    const PackageDatabase database = read(
        {{"lib/apk/db/installed", "C:Q1eVpkasfqZAukAXFYbgwt4xAMZWU=\nP:busybox\nV:1.36.1-r15\nA:x86_64\no:busybox\n"
                                  "F:bin\nM:0:0:755\nR:busybox\na:0:0:755\nZ:Q19XLTlvrpIGYocU+yzgD3LpTyJY8=\n"
                                  "R:sh\na:0:0:777\nZ:Q1pcfTfDNEbNKQc2s1tia7da05M8Q=\n"
                                  "F:etc\nR:securetty\nZ:b1946ac92492d2347c6235b4d2611184\n"
                                  "F:\nR:top\nZ:Q2WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM=\n"
                                  "\n"
                                  "P:new\nV:1\nf:S\nF:usr/share/new\nR:a\nZ:Q1WJG1tSLV3whtD/CxEPvZ0hu0/HE=\nR:b\n"
                                  "Z:X1f572d396fae9206628714fb2ce00f72e94f2258f\nF:bin\nR:twin\nZ:Q1!!\n"}},
        {"bin/busybox", "bin/sh", "bin", "etc/securetty", "top", "usr/share/new/a", "usr/share/new/b", "bin/twin"});
    CHECK(owner(database, "bin/busybox", "hello\n") == "busybox 1.36.1-r15 matches");
    CHECK(owner(database, "bin/busybox", "hello") == "busybox 1.36.1-r15 differs");
    CHECK(owner(database, "bin/sh", "/bin/busybox") == "busybox 1.36.1-r15 matches"); // of a link: its target
    CHECK(owner(database, "etc/securetty", "hello\n") == "busybox 1.36.1-r15 matches conffile");
    CHECK(owner(database, "top", "hello\n") == "busybox 1.36.1-r15 matches");
    CHECK(owner(database, "usr/share/new/a", "hello\n") == "new 1 matches"); // the first 20 bytes of a SHA-256
    CHECK(owner(database, "usr/share/new/b", "hello\n") == "new 1 differs"); // a SHA-1, where the flag says otherwise
    CHECK(owner(database, "bin/twin", "") == "new 1 not-recorded");
    CHECK(owner(database, "bin") == "-");
    CHECK(database.summary() == "apk: 2 packages");
    CHECK(ownership_of(database, *database.find("usr/share/new/a"), {}).digest == "sha256-160");
}

TEST_CASE("a root file system inside the image has an apk database of its own") {
    const std::string installed = "P:x\nV:1\nF:bin\nR:x\nF:\nR:top\n\n";
    const PackageDatabase inside =
        read({{"opt/root/lib/apk/db/installed", installed}}, {"opt/root/bin/x", "opt/root/top", "bin/x", "top"});
    CHECK(owner(inside, "opt/root/bin/x") == "x 1 not-recorded");
    CHECK(owner(inside, "opt/root/top") == "x 1 not-recorded");
    CHECK(owner(inside, "bin/x") == "-");
    CHECK(owner(inside, "top") == "-");
    CHECK(owner(read({{"usr/lib/apk/db/installed", installed}}, {"top"}), "top") == "x 1 not-recorded");
}

TEST_CASE("paths of package databases") {
    for (const char* path :
         {"var/lib/dpkg/status", "var/lib/dpkg/status.d/base", "var/lib/dpkg/status.d/base.md5sums",
          "var/lib/dpkg/info/libc6:amd64.list", "var/lib/dpkg/info/x.md5sums", "var/lib/dpkg/diversions",
          "lib/apk/db/installed", "usr/lib/apk/db/installed", "mnt/lib/apk/db/installed", "var/lib/rpm/rpmdb.sqlite",
          "usr/lib/sysimage/rpm/Packages.db", "usr/share/rpm/Packages", "var/lib/rpm/rpmdb.sqlite-wal"}) {
        CAPTURE(path);
        CHECK(is_package_database(path));
    }
    for (const char* path :
         {"", "var/lib/dpkg/status-old", "var/lib/dpkg/info/x.postinst", "var/lib/dpkg/info/a/b.list",
          "var/lib/dpkg/info/.list/x", "xlib/apk/db/installed", "var/lib/rpm/Basenames", "mnt/var/lib/dpkg/status",
          "var/lib/rpm/sub/Packages", "lib/apk/db/installed/x"}) {
        CAPTURE(path);
        CHECK_FALSE(is_package_database(path));
    }
}

TEST_CASE("drift names packages with other versions and those of one side") {
    const auto of = [](std::string_view text) { return read({{"var/lib/dpkg/status", std::string(text)}}, {}); };
    const std::string same = "Package: same\nVersion: 1\nArchitecture: amd64\n\n";
    const std::vector<PackageDrift> drift = package_drift(
        of(same + "Package: z\nVersion: 1\n\nPackage: libssl3\nVersion: 3.0.15\nArchitecture: amd64\n\n"),
        of("Package: libssl3\nVersion: 3.0.17\nArchitecture: amd64\n\nPackage: a\nVersion: 2\n\n" + same));
    REQUIRE(drift.size() == 3);
    CHECK(drift[0].package == "a");
    CHECK_FALSE(drift[0].version[0]);
    CHECK(drift[1].package == "libssl3");
    CHECK(*drift[1].version[0] == "3.0.15");
    CHECK(*drift[1].version[1] == "3.0.17");
    CHECK(drift[2].package == "z");
    CHECK_FALSE(drift[2].version[1]);
}

TEST_CASE("drift tells architectures apart only where a side has several") {
    const auto of = [](std::string_view text) { return read({{"var/lib/dpkg/status", std::string(text)}}, {}); };
    const std::string amd64 = "Package: x\nVersion: 1\nArchitecture: amd64\n\n";
    const std::string arm64 = "Package: x\nVersion: 1\nArchitecture: arm64\n\n";
    CHECK(package_drift(of(amd64), of(arm64)).empty());
    const std::vector<PackageDrift> drift = package_drift(of(amd64 + arm64), of(amd64));
    REQUIRE(drift.size() == 1);
    CHECK(drift[0].package == "x:arm64");
}

TEST_CASE("a removed package's configuration is no drift") {
    const auto of = [](std::string_view text) { return read({{"var/lib/dpkg/status", std::string(text)}}, {}); };
    CHECK(package_drift(of("Package: x\nVersion: 1\nStatus: deinstall ok config-files\n"), of("")).empty());
}

TEST_CASE("one file of info read for a thousand stanzas costs one reading") {
    Databases databases;
    for (int i = 0; i < 100'000; ++i) databases["var/lib/dpkg/status"] += "Package: x\nVersion: 1\n\n";
    for (int i = 0; i < 100'000; ++i) databases["var/lib/dpkg/info/x.list"] += "/usr/bin/x\n";
    CHECK(owner(read(databases, {"usr/bin/x"}), "usr/bin/x") == "x 1 not-recorded");
}

TEST_CASE("more packages than there can be are left out, and that is said") {
    Databases databases;
    for (int i = 0; i < 140'000; ++i) databases["lib/apk/db/installed"] += "P:x\nV:1\n\n";
    const PackageDatabase database = read(databases, {});
    CHECK(database.packages.size() == 131'072);
    CHECK(database.troubles.size() == 1);
}

TEST_CASE("damaged texts are read without harm") {
    std::mt19937 random(7); // always the same, so that a failure can be repeated
    const std::string apk = "P:a\nV:1\nf:S\nF:bin\nR:x\nZ:Q1WJG1tSLV3whtD/CxEPvZ0hu0/HE=\n\n";
    for (int round = 0; round < 3000; ++round) {
        Databases databases = dpkg();
        databases["var/lib/dpkg/diversions"] = "/usr/bin/[\n/usr/bin/[.real\nlibc6\n";
        databases["lib/apk/db/installed"] = apk;
        auto one = databases.begin();
        std::advance(one, random() % databases.size());
        for (auto n = random() % 8 + 1; n > 0 && !one->second.empty(); --n) {
            const std::size_t at = random() % one->second.size();
            if (random() % 3 == 0)
                one->second.resize(at);
            else
                one->second[at] = "\n: /\0\xffZ"[random() % 7];
        }
        const PackageDatabase database = read(databases, {"bin/x", "usr/bin/[", "usr/bin/[.real", "etc/new.conf"});
        for (const auto& [path, file] : database.files) owner(database, path, "hello\n");
        package_drift(database, read(dpkg(), {}));
    }
}

TEST_CASE("this machine's own database says what dpkg-query says") {
    namespace fs = std::filesystem;
    const fs::path admin = "/var/lib/dpkg";
    if (!fs::exists("/usr/bin/dpkg-query") || !fs::exists(admin / "status")) return;
    const auto slurp = [](const fs::path& path) {
        std::string bytes(fs::file_size(path), '\0');
        std::ifstream(path, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        return bytes;
    };
    const auto ask = [](const char* command) {
        std::string out;
        std::FILE* pipe = popen(command, "r");
        for (int c = 0; pipe != nullptr && (c = std::fgetc(pipe)) != EOF;) out += static_cast<char>(c);
        if (pipe != nullptr) pclose(pipe);
        return out;
    };
    PackageRequest request;
    for (const fs::directory_entry& entry :
         fs::recursive_directory_iterator(admin, fs::directory_options::skip_permission_denied)) {
        const std::string path = entry.path().string().substr(1);
        if (entry.is_regular_file() && is_package_database(path)) request.databases[path] = slurp(entry.path());
    }
    request.wanted = {"usr/bin/dpkg-query", "usr/share/doc/dpkg/copyright"};
    const PackageDatabase database = read_package_databases(std::move(request));
    std::set<std::string> ours;
    for (const Package& package : database.packages) {
        ours.insert(package.base + " " + package.architecture + " " + package.version);
    }
    std::set<std::string> theirs;
    std::string text = ask("dpkg-query -W -f '${Package} ${Architecture} ${Version}\\n'");
    for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
        theirs.insert(text.substr(0, end));
    }
    CHECK(ours == theirs);
    const std::string version = ask("dpkg-query -W -f '${Version}' dpkg");
    CHECK(owner(database, "usr/bin/dpkg-query", slurp("/usr/bin/dpkg-query")) == "dpkg " + version + " matches");
}
