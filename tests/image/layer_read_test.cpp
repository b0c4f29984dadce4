// read_layer, verify_blob, verify_layer and visit_content: what is verified, in which order errors are told, what the
// encoder left behind.
#include "tests/image/tar_helpers.h"
#include "tests/support/tar_builder.h"
#include "tests/support/texts.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>

namespace touchstone::test {

namespace {

std::string gzip(const std::string& bytes) {
    z_stream stream{};
    REQUIRE(::deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK); // 16: gzip framing
    std::string out(::deflateBound(&stream, bytes.size()) + 32, '\0');
    std::string in = bytes;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    return out;
}

const std::string tar = TarBuilder().dir("d/").file("d/f", "hello").finish();

/// A layer that promises what is true of these bytes.
LayerRef honest(const std::string& stored, const std::string& uncompressed) {
    LayerRef layer = layer_of(stored);
    layer.digest = digest_of(as_bytes(stored));
    layer.size = stored.size();
    layer.diff_id = digest_of(as_bytes(uncompressed));
    return layer;
}

template <class Read>
std::pair<ErrorKind, std::string> error_of(Read read) {
    try {
        read();
    } catch (const Error& error) {
        return {error.kind(), error.what()};
    }
    return {ErrorKind::usage, "no error"};
}

std::pair<ErrorKind, std::string> error_of(const LayerRef& layer) {
    return error_of([&] { read_layer(layer, {}, nullptr); });
}

} // namespace

TEST_CASE("a layer is read, verified and measured in one pass") {
    const std::string stored = gzip(tar);
    LayerRef layer = honest(stored, tar);
    layer.media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
    Progress progress;
    const auto listing = read_layer(layer, {}, &progress);
    CHECK(listing->blob == *layer.digest);
    CHECK(listing->diff_id == *layer.diff_id);
    CHECK(listing->size == stored.size());
    CHECK(listing->uncompressed == tar.size());
    CHECK(listing->compression.kind == Compression::gzip);
    CHECK(summary_of(*listing) == "d:dir d/f:file:5");
    CHECK(listing->oddities.empty());
    CHECK(progress.bytes == stored.size());
    CHECK(progress.layers == 1);
}

TEST_CASE("a layer that promises nothing is measured all the same") {
    const auto listing = read_layer(layer_of(tar), {}, nullptr);
    CHECK(listing->blob == digest_of(as_bytes(tar)));
    CHECK(listing->diff_id == listing->blob);
    CHECK(listing->compression.kind == Compression::none);
}

TEST_CASE("digests of sha512 are verified as what they are") {
    LayerRef layer = honest(gzip(tar), tar);
    layer.digest = digest_of(as_bytes(gzip(tar)), DigestAlgorithm::sha512);
    layer.diff_id = digest_of(as_bytes(tar), DigestAlgorithm::sha512);
    const auto listing = read_layer(layer, {}, nullptr);
    CHECK(listing->blob == *layer.digest);
    CHECK(listing->diff_id == *layer.diff_id);
}

TEST_CASE("a promise that does not hold is unverified, whatever else is wrong") {
    const std::string stored = gzip(tar);
    const Digest other = digest_of(as_bytes("other"));
    std::string damaged = stored;
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
    // Longer than any buffer, so that the reader meets the broken header long before the stream's end.
    const std::string broken_tar = TarBuilder().add({.name = "x", .type = '7'}).finish() + std::string(3000000, '\0');

    LayerRef wrong_digest = honest(stored, tar);
    wrong_digest.digest = other;
    LayerRef wrong_diff_id = honest(stored, tar);
    wrong_diff_id.diff_id = other;
    LayerRef too_long = honest(stored, tar);
    too_long.size = stored.size() - 1;
    LayerRef too_short = honest(stored, tar);
    too_short.size = stored.size() + 1;
    LayerRef damaged_blob = honest(stored, tar);
    damaged_blob.open = layer_of(damaged).open;
    LayerRef broken_and_wrong = honest(broken_tar, broken_tar);
    broken_and_wrong.digest = other;
    LayerRef broken_without_blob_digest = honest(broken_tar, broken_tar);
    broken_without_blob_digest.digest.reset();
    broken_without_blob_digest.diff_id = other;

    const std::pair<const LayerRef*, const char*> rows[] = {
        {&wrong_digest, "blob"},
        {&wrong_diff_id, "diffID"},
        {&too_long, "blob"},
        {&too_short, "blob"},
        {&damaged_blob, "blob"},
        {&broken_and_wrong, "typeflag \"7\""},
        {&broken_without_blob_digest, "typeflag \"7\""},
    };
    for (const auto& [layer, part] : rows) {
        const auto [kind, message] = error_of(*layer);
        const auto& shown = message; // clang 14 captures no structured binding
        CAPTURE(shown);
        CHECK(kind == ErrorKind::unverified);
        CHECK(contains(message, part));
        CHECK(message.starts_with("layer 0: "));
    }
}

TEST_CASE("a broken tar whose bytes are the promised ones is refused as what it is") {
    const std::string broken = TarBuilder().add({.name = "x", .type = '7'}).finish();
    CHECK(error_of(honest(broken, broken)).first == ErrorKind::unsupported);
    CHECK(error_of(honest(gzip(broken), broken)).first == ErrorKind::unsupported);
    std::string damaged = gzip(tar);
    damaged[damaged.size() - 5] ^= 1; // the CRC
    CHECK(error_of(honest(damaged, tar)).first == ErrorKind::malformed);
    CHECK(error_of(honest(gzip(tar) + "garbage", tar)).first == ErrorKind::malformed);
}

TEST_CASE("the compression is decided by the bytes; a media type that says otherwise is an oddity") {
    struct Row {
        const char* media_type;
        bool compressed;
        const char* oddities;
    };
    const Row rows[] = {
        {"", true, ""},
        {"", false, ""},
        {"application/vnd.oci.image.layer.v1.tar+gzip", true, ""},
        {"application/vnd.oci.image.layer.v1.tar+gzip", false, "media-type-mismatch"},
        {"application/vnd.oci.image.layer.v1.tar", false, ""},
        {"application/vnd.oci.image.layer.v1.tar", true, "media-type-mismatch"},
        {"application/vnd.oci.image.layer.v1.tar+zstd", true, "media-type-mismatch"},
        {"application/vnd.docker.image.rootfs.diff.tar.gzip", true, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.media_type);
        LayerRef layer = layer_of(row.compressed ? gzip(tar) : tar);
        layer.media_type = row.media_type;
        CHECK(kinds_of(read_layer(layer, {}, nullptr)->oddities) == row.oddities);
    }
}

TEST_CASE("zero bytes are an empty layer, and zeros after gzip are told") {
    LayerRef empty = honest("", "");
    empty.media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
    const auto listing = read_layer(empty, {}, nullptr);
    CHECK(listing->entries.empty());
    CHECK(kinds_of(listing->oddities) == "empty-layer-blob");
    CHECK(kinds_of(list(gzip(tar) + std::string(512, '\0'))->oddities) == "compressed-padding");
}

TEST_CASE("a bomb is refused with its limit") {
    LayerLimits limits;
    limits.inflate.output = 4096;
    const std::string zeros = gzip(TarBuilder().file("z", std::string(100000, '\0')).finish());
    const auto [kind, message] = error_of([&] { read_layer(layer_of(zeros), limits, nullptr); });
    CHECK(kind == ErrorKind::over_limit);
}

TEST_CASE("verify_blob reads no tar, verify_layer lists none") {
    const std::string stored = gzip("no tar at all, but whole bytes");
    LayerRef layer = honest(stored, "no tar at all, but whole bytes");
    Progress progress;
    verify_blob(layer, &progress);
    CHECK(progress.bytes == stored.size());
    CHECK(progress.layers == 1);
    const auto listing = verify_layer(layer, {}, nullptr);
    CHECK(listing->entries.empty());
    CHECK(listing->diff_id == *layer.diff_id);
    layer.diff_id = digest_of(as_bytes("other"));
    CHECK(error_of([&] { verify_layer(layer, {}, nullptr); }).first == ErrorKind::unverified);
    layer.digest = digest_of(as_bytes("other"));
    CHECK(error_of([&] { verify_blob(layer, nullptr); }).first == ErrorKind::unverified);
}

TEST_CASE("a visitor gets the content that it wants, by index in stream order") {
    class Collector final : public ContentVisitor {
    public:
        bool wants(std::size_t index, const Entry& entry) override {
            seen += std::string(entry.path) + " ";
            return index != 2;
        }
        void bytes(std::size_t index, ByteView stretch) override {
            text += std::to_string(index) + ":" + std::string(as_text(stretch)) + " ";
        }
        void end(std::size_t index) override { text += "end" + std::to_string(index) + " "; }
        std::string seen;
        std::string text;
    };
    const std::string bytes = TarBuilder()
                                  .dir("d")
                                  .file("d/a", "one")
                                  .file("d/b", "two")
                                  .hardlink("l", "d/a")
                                  .file("d/c", "three")
                                  .file("empty", "")
                                  .finish();
    Collector collector;
    visit_content(honest(gzip(bytes), bytes), {}, collector);
    CHECK(collector.seen == "d/a d/b d/c empty ");
    CHECK(collector.text == "1:one end1 4:three end4 end5 ");
    LayerRef wrong = honest(gzip(bytes), bytes);
    wrong.diff_id = digest_of(as_bytes("other"));
    CHECK(error_of([&] { visit_content(wrong, {}, collector); }).first == ErrorKind::unverified);
}

TEST_CASE("ordinary layers have no oddities") {
    // A tree with hardlinks and symlinks, as containerd and BuildKit write it.
    const std::string tree = TarBuilder()
                                 .dir("usr/")
                                 .dir("usr/bin/")
                                 .file("usr/bin/tool", "x", 0755)
                                 .add({.name = "usr/bin/alias", .type = '1', .mode = 0755, .link = "usr/bin/tool"})
                                 .symlink("bin", "usr/bin")
                                 .finish();
    // A root file system as `docker export` and mmdebstrap write it.
    const std::string root = TarBuilder().dir("./").dir("./etc/").file("./etc/passwd", "root").finish(20);
    // A directory that was replaced and a file that was removed.
    const std::string changes = TarBuilder()
                                    .dir("etc/")
                                    .dir("etc/app/")
                                    .whiteout("etc/app/.wh..wh..opq")
                                    .file("etc/app/conf", "x")
                                    .whiteout("etc/.wh.old")
                                    .finish();
    for (const std::string& bytes : {tree, root, changes}) CHECK(kinds_of(list(bytes)->oddities).empty());
}

} // namespace touchstone::test
