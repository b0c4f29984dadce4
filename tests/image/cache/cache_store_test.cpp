// A store behind the cache: what is fetched, what is kept, and what is never believed.
#include "image/cache/store.h"

#include "base/error.h"
#include "tests/image/cache/cache_helpers.h"
#include "tests/support/refusal.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <string>

namespace touchstone::test {

namespace {

namespace fs = std::filesystem;

/// Blobs in memory, under digests that may be lies; counts what is asked for.
class CountingStore final : public BlobStore {
public:
    std::map<Digest, std::string> blobs;
    mutable int opened = 0;

    std::optional<StoredBytes> find(const Digest& digest) const override {
        const auto found = blobs.find(digest);
        if (found == blobs.end()) return std::nullopt;
        return StoredBytes{found->second.size(), [this, &bytes = found->second] {
                               ++opened;
                               return std::make_unique<MemorySource>(std::string_view(bytes));
                           }};
    }
    std::optional<StoredBytes> find_file(std::string_view) const override { return std::nullopt; }
    std::string place_of(const Digest&) const override { return "elsewhere"; }
};

struct Shop {
    explicit Shop(std::uint64_t limit = default_cache_limit) : cache(cache_at(temp, limit)) {}

    Descriptor add(const std::string& bytes) {
        Descriptor descriptor;
        descriptor.digest = digest_of(as_bytes(bytes));
        descriptor.size = bytes.size();
        inner->blobs[descriptor.digest] = bytes;
        return descriptor;
    }
    std::string read(const Descriptor& descriptor) const {
        return read_blob(*cached_store(inner, cache), descriptor, default_cache_limit, "it");
    }
    std::string file_of(const Descriptor& descriptor) const {
        return temp / "cache/" + CacheFolder::blob_name(descriptor.digest).path();
    }

    TempDir temp;
    std::shared_ptr<const Cache> cache;
    std::shared_ptr<CountingStore> inner = std::make_shared<CountingStore>();
};

} // namespace

TEST_CASE("a blob is fetched once") {
    Shop shop;
    const Descriptor blob = shop.add("content");
    CHECK(shop.read(blob) == "content");
    CHECK(shop.read(blob) == "content");
    shop.cache = cache_at(shop.temp); // as another process
    CHECK(shop.read(blob) == "content");
    CHECK(shop.inner->opened == 1);
}

TEST_CASE("a blob is kept only when its reader has verified it") {
    Shop shop;
    Descriptor blob = shop.add("content");
    SUBCASE("it is another one") {
        shop.inner->blobs[blob.digest] = "CONTENT";
    }
    SUBCASE("it is longer") {
        shop.inner->blobs[blob.digest] = "content and more";
    }
    SUBCASE("it is shorter") {
        shop.inner->blobs[blob.digest] = "conten";
    }
    CHECK_REFUSAL(refusal_of([&] { shop.read(blob); }), ErrorKind::unverified, "it:");
    CHECK(!fs::exists(shop.file_of(blob)));
}

TEST_CASE("a blob that was read in part is not kept") {
    Shop shop;
    const Descriptor blob = shop.add(std::string(std::size_t{1} << 20, 'x'));
    {
        const auto source = cached_store(shop.inner, shop.cache)->find_described(blob)->open();
        std::vector<std::uint8_t> buffer(std::size_t{600} << 10);
        CHECK(read_full(*source, buffer) == buffer.size());
    }
    CHECK(!fs::exists(shop.file_of(blob)));
    CHECK(fs::is_empty(shop.temp / "cache/tmp"));
}

TEST_CASE("a damaged blob is fetched anew, and is whole again") {
    Shop shop;
    const std::string content(std::size_t{1} << 20, 'x');
    const Descriptor blob = shop.add(content);
    shop.read(blob);
    std::string damaged = content;
    SUBCASE("a bit") {
        damaged[12345] = 'y';
    }
    SUBCASE("cut") {
        damaged.resize(4096);
    }
    SUBCASE("empty") {
        damaged.clear();
    }
    SUBCASE("longer") {
        damaged += 'x';
    }
    shop.temp.write("cache/" + CacheFolder::blob_name(blob.digest).path(), damaged);
    CHECK(shop.read(blob) == content);
    CHECK(shop.inner->opened == 2);
    CHECK(read_text_file(shop.file_of(blob)) == content);
}

TEST_CASE("a damaged blob is noticed also by who has verified it before") {
    Shop shop;
    const Descriptor blob = shop.add("content");
    shop.read(blob);
    shop.read(blob);
    shop.temp.write("cache/" + CacheFolder::blob_name(blob.digest).path(), "CONTENT");
    CHECK(shop.read(blob) == "content");
}

TEST_CASE("a blob that is removed between looking and opening is fetched") {
    Shop shop;
    const Descriptor blob = shop.add("content");
    shop.read(blob);
    const auto stored = cached_store(shop.inner, shop.cache)->find_described(blob);
    fs::remove(shop.file_of(blob));
    CHECK(read_stored(*stored, 100, "it") == "content");
}

TEST_CASE("what takes more than a quarter of the limit is not kept") {
    Shop shop(400);
    const Descriptor large = shop.add(std::string(101, 'x'));
    const Descriptor small = shop.add(std::string(100, 'x'));
    shop.read(large);
    shop.read(small);
    CHECK(!fs::exists(shop.file_of(large)));
    CHECK(fs::exists(shop.file_of(small)));
}

TEST_CASE("after the work the limit holds") {
    Shop shop(400);
    for (char c = 'a'; c < 'h'; ++c) shop.read(shop.add(std::string(90, c)));
    shop.cache.reset();
    std::string trouble;
    const auto folder = CacheFolder::open(shop.temp / "cache", CacheFolder::Missing::leave, trouble);
    CHECK(folder->list().size() == 4);
}

TEST_CASE("documents are known by their digests, within a limit") {
    Shop shop;
    const Digest digest = digest_of(as_bytes("{}"));
    CHECK(!cached_document(*shop.cache, digest, 10));
    shop.cache->keep(digest, "{}");
    CHECK(cached_document(*shop.cache, digest, 10) == "{}");
    CHECK(!cached_document(*shop.cache, digest, 1));
}

TEST_CASE("without a cache the store is what it was") {
    const auto inner = std::make_shared<CountingStore>();
    CHECK(cached_store(inner, nullptr) == inner);
    CacheOptions off;
    off.directory = "/tmp";
    off.off = true;
    CHECK(Cache::open(off) == nullptr);
    CHECK(Cache::open({}) == nullptr);
}

} // namespace touchstone::test
