// What the machine's libraries need at least: each alone, on one thread, over given layer blobs. The end-to-end
// benchmark (bench/run.py) divides the sum of the parts of a job by the number of cores; that is the floor it measures
// against. None of touchstone's code runs here, and reading the file is not counted.
//
//     touchstone_floor (gzip|zstd|plain BLOB SIZES)...
//
// SIZES is a file with the size of each regular file of the layer, a number a line. Prints JSON: seconds for each part.
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <zlib.h>
#include <zstd.h>
#ifdef TOUCHSTONE_HAVE_ISAL
#include <isa-l.h>
#endif

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t block_size = std::size_t{256} << 10;
using Block = std::vector<std::uint8_t>;

/// Counts processor time of this thread, so that a busy machine does not raise the floor.
class Stopwatch {
public:
    /// Runs `work` and adds its time.
    template <class Work>
    auto add(Work work) {
        struct AtEnd {
            double start;
            double& total;
            ~AtEnd() { total += now() - start; }
        } const at_end{now(), total_};
        return work();
    }
    double seconds() const { return total_; }

private:
    static double now() {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
    }
    double total_ = 0;
};

/// SHA-256 as fast as OpenSSL gives it: the algorithm fetched once, the context used again.
class Sha256 {
public:
    Sha256() : method_(EVP_MD_fetch(nullptr, "SHA2-256", nullptr)), context_(EVP_MD_CTX_new()) {
        if (method_ == nullptr || EVP_DigestInit_ex2(context_, method_, nullptr) != 1)
            throw std::runtime_error("OpenSSL has no SHA-256");
    }
    ~Sha256() {
        EVP_MD_CTX_free(context_);
        EVP_MD_free(method_);
    }
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void update(const std::uint8_t* data, std::size_t size) { EVP_DigestUpdate(context_, data, size); }
    void finish() {
        std::array<std::uint8_t, 32> digest;
        EVP_DigestFinal_ex(context_, digest.data(), nullptr);
        EVP_DigestInit_ex2(context_, nullptr, nullptr);
    }

private:
    EVP_MD* method_;
    EVP_MD_CTX* context_;
};

/// One step of a decoder: how much of the input it took, and how much it wrote.
struct Step {
    std::size_t taken = 0;
    std::size_t written = 0;
};

class Decoder {
public:
    virtual ~Decoder() = default;
    virtual Step step(const std::uint8_t* input, std::size_t size, std::uint8_t* output, std::size_t room) = 0;
};

#ifdef TOUCHSTONE_HAVE_ISAL
const std::string inflater = fmt::format("ISA-L {}.{}.{}", ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION, ISAL_PATCH_VERSION);

/// With the header and the CRC of gzip checked by the library.
class Gunzip final : public Decoder {
public:
    Gunzip() { start(); }

    Step step(const std::uint8_t* input, std::size_t size, std::uint8_t* output, std::size_t room) override {
        if (state_->block_state == ISAL_BLOCK_FINISH) start(); // another member
        state_->next_in = const_cast<std::uint8_t*>(input);    // its API
        state_->avail_in = static_cast<std::uint32_t>(size);
        state_->next_out = output;
        state_->avail_out = static_cast<std::uint32_t>(room);
        if (isal_inflate(state_.get()) < 0) throw std::runtime_error("not gzip");
        return {size - state_->avail_in, room - state_->avail_out};
    }

private:
    void start() {
        isal_inflate_init(state_.get());
        state_->crc_flag = ISAL_GZIP;
    }
    std::unique_ptr<inflate_state> state_ = std::make_unique<inflate_state>();
};
#else
const std::string inflater = fmt::format("zlib {}", zlibVersion());

class Gunzip final : public Decoder {
public:
    Gunzip() { inflateInit2(&stream_, 15 + 16); } // the largest window, gzip's header and CRC
    ~Gunzip() override { inflateEnd(&stream_); }
    Gunzip(const Gunzip&) = delete;
    Gunzip& operator=(const Gunzip&) = delete;

    Step step(const std::uint8_t* input, std::size_t size, std::uint8_t* output, std::size_t room) override {
        stream_.next_in = const_cast<std::uint8_t*>(input); // its API
        stream_.avail_in = static_cast<uInt>(size);
        stream_.next_out = output;
        stream_.avail_out = static_cast<uInt>(room);
        const int result = inflate(&stream_, Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) throw std::runtime_error("not gzip");
        const Step step{size - stream_.avail_in, room - stream_.avail_out};
        if (result == Z_STREAM_END) inflateReset(&stream_); // another member
        return step;
    }

private:
    z_stream stream_{};
};
#endif

class Unzstd final : public Decoder {
public:
    Step step(const std::uint8_t* input, std::size_t size, std::uint8_t* output, std::size_t room) override {
        ZSTD_inBuffer in{input, size, 0};
        ZSTD_outBuffer out{output, room, 0};
        if (ZSTD_isError(ZSTD_decompressStream(context_.get(), &out, &in)) != 0) throw std::runtime_error("not zstd");
        return {in.pos, out.pos};
    }

private:
    struct Free {
        void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
    };
    std::unique_ptr<ZSTD_DCtx, Free> context_{ZSTD_createDCtx()};
};

struct Result {
    Stopwatch inflate, stored, stream, content;
    std::uint64_t stored_bytes = 0, stream_bytes = 0, content_bytes = 0, files = 0;
};

/// A blob stored plain is hashed once: its digest is that of the stream, too.
void run_blob(std::string_view compression, const std::string& path, Result& result) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
    if (!file) throw std::runtime_error(path + ": cannot be opened");
    std::unique_ptr<Decoder> decoder;
    if (compression == "gzip") decoder = std::make_unique<Gunzip>();
    if (compression == "zstd") decoder = std::make_unique<Unzstd>();
    Sha256 stored, stream;
    Block input(block_size), output(block_size);
    std::size_t filled = 0;
    while (const std::size_t size = std::fread(input.data(), 1, input.size(), file.get())) {
        result.stored.add([&] { stored.update(input.data(), size); });
        result.stored_bytes += size;
        for (std::size_t at = 0; decoder != nullptr;) {
            const Step step = result.inflate.add([&] {
                return decoder->step(input.data() + at, size - at, output.data() + filled, block_size - filled);
            });
            at += step.taken;
            filled += step.written;
            const bool full = filled == block_size;
            if (full) {
                result.stream.add([&] { stream.update(output.data(), filled); });
                result.stream_bytes += std::exchange(filled, 0);
            }
            if (at == size && !full) break; // what is still inside the decoder comes with the next block
            if (step.taken == 0 && step.written == 0) throw std::runtime_error(path + ": stuck");
        }
    }
    result.stream.add([&] { stream.update(output.data(), filled); });
    result.stream_bytes += filled;
    if (!decoder) result.stream_bytes = result.stored_bytes;
}

/// A digest for each file, of its real size, over bytes that are hot in the cache.
void run_contents(const std::string& sizes_path, Result& result) {
    std::ifstream list(sizes_path);
    if (!list) throw std::runtime_error(sizes_path + ": cannot be opened");
    std::vector<std::uint64_t> sizes;
    for (std::uint64_t size = 0; list >> size;) sizes.push_back(size);
    const Block bytes(block_size, 'x');
    Sha256 hash;
    result.content.add([&] {
        for (const std::uint64_t size : sizes) {
            for (std::uint64_t left = size; left != 0;) {
                const std::uint64_t part = std::min<std::uint64_t>(left, block_size);
                hash.update(bytes.data(), part);
                left -= part;
            }
            hash.finish();
            result.content_bytes += size;
        }
    });
    result.files = sizes.size();
}

std::string part(std::string_view name, const Stopwatch& watch, std::uint64_t bytes) {
    const double rate = watch.seconds() > 0 ? static_cast<double>(bytes) / 1e6 / watch.seconds() : 0;
    return fmt::format(R"("{}": {{"seconds": {:.6f}, "bytes": {}, "mb_per_second": {:.1f}}})", name, watch.seconds(),
                       bytes, rate);
}

std::string measure(std::string_view compression, const std::string& path, const std::string& sizes) {
    Result result;
    run_blob(compression, path, result);
    run_contents(sizes, result);
    const bool plain = compression == "plain";
    return fmt::format(R"({{"files": {}, {}, {}, {}, {}}})", result.files,
                       part("inflate", result.inflate, plain ? 0 : result.stream_bytes),
                       part("stored", result.stored, result.stored_bytes),
                       part("stream", result.stream, plain ? 0 : result.stream_bytes),
                       part("content", result.content, result.content_bytes));
}

} // namespace

int main(int count, char** arguments) {
    try {
        const std::vector<std::string> words(arguments + 1, arguments + count);
        std::string blobs;
        for (std::size_t i = 0; i + 2 < words.size(); i += 3)
            blobs += (i == 0 ? "" : ",\n  ") + measure(words[i], words[i + 1], words[i + 2]);
        fmt::print("{{\"libraries\": [\"{}\", \"{}\", \"zstd {}\", \"zlib {}\"],\n \"blobs\": [{}]}}\n", inflater,
                   OpenSSL_version(OPENSSL_VERSION), ZSTD_versionString(), zlibVersion(), blobs);
    } catch (const std::exception& error) {
        fmt::print(stderr, "touchstone_floor: {}\n", error.what());
        return 1;
    }
    return 0;
}
