// Package databases from a stranger: the first byte says which, the rest is its content. Whatever it holds, an answer
// comes back: owners of wanted files only, and troubles in bounded number.
#include "base/bytes.h"
#include "diff/explain/packages.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>

using namespace touchstone;

namespace {

constexpr const char* paths[] = {
    "var/lib/dpkg/status",     "var/lib/dpkg/info/hello.list", "var/lib/dpkg/info/hello.md5sums",
    "var/lib/dpkg/diversions", "lib/apk/db/installed",         "var/lib/rpm/rpmdb.sqlite",
    "var/lib/rpm/Packages.db", "var/lib/rpm/Packages",         "var/lib/dpkg/status.d/hello"};

void require(bool condition) {
    if (!condition) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    PackageRequest request;
    request.wanted = {"usr/bin/hello", "etc/hello/hello.conf", "usr/share/hello/link", "top"};
    request.databases["var/lib/dpkg/status"] = "Package: hello\nVersion: 1\nConffiles:\n /etc/hello/hello.conf 00\n";
    request.databases["var/lib/dpkg/info/hello.list"] = "/usr/bin/hello\n/etc/hello/hello.conf\n";
    request.databases[paths[data[0] % std::size(paths)]] = as_text({data + 1, size - 1});
    const PackageDatabase database = read_package_databases(request);
    for (const auto& [path, file] : database.files) {
        require(file.package < database.packages.size());
        require(request.wanted.contains(path) || path == "bin/hello"); // its alias
        ownership_of(database, file, as_bytes("content"));
    }
    require(database.troubles.size() <= 20);
    package_drift(database, {});
    return 0;
}
