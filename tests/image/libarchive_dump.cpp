// Prints what libarchive makes of tar files, in the form of tar_dump.cpp: the independent second reader of the
// differential test. Only the tar format is enabled, and names are taken as raw bytes where libarchive gives them.
#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <clocale>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace {

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return text;
}

std::string hex(const char* text) {
    return text == nullptr ? std::string() : hex(std::string_view(text));
}

std::string_view type_of(archive_entry* entry) {
    if (archive_entry_hardlink(entry) != nullptr) return "hardlink";
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
        return "file";
    case AE_IFLNK:
        return "symlink";
    case AE_IFCHR:
        return "char";
    case AE_IFBLK:
        return "block";
    case AE_IFDIR:
        return "dir";
    case AE_IFIFO:
        return "fifo";
    default:
        return "unknown";
    }
}

// Sparse files come as blocks with offsets; what lies between is zeros.
std::string content_hash(archive* reader, archive_entry* entry, bool& failed) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
    static const std::array<char, 65536> zeros{};
    la_int64_t at = 0;
    const auto hole = [&](la_int64_t end) {
        for (; at < end; at += std::min<la_int64_t>(end - at, zeros.size())) {
            EVP_DigestUpdate(context.get(), zeros.data(),
                             static_cast<std::size_t>(std::min<la_int64_t>(end - at, zeros.size())));
        }
    };
    for (;;) {
        const void* data = nullptr;
        std::size_t size = 0;
        la_int64_t offset = 0;
        const int result = archive_read_data_block(reader, &data, &size, &offset);
        if (result == ARCHIVE_EOF) break;
        if (result < ARCHIVE_WARN) {
            failed = true;
            break;
        }
        hole(offset);
        EVP_DigestUpdate(context.get(), data, size);
        at = offset + static_cast<la_int64_t>(size);
    }
    hole(archive_entry_size(entry));
    std::string hash(32, '\0');
    EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(hash.data()), nullptr);
    return hex(hash);
}

void dump(const char* path) {
    fmt::print("{{\"file\":\"{}\"}}\n", hex(path));
    const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(), archive_read_free);
    archive_read_support_format_tar(reader.get());
    archive_read_support_format_empty(reader.get());
    bool failed = archive_read_open_filename(reader.get(), path, 65536) != ARCHIVE_OK;
    archive_entry* entry = nullptr;
    while (!failed) {
        const int result = archive_read_next_header(reader.get(), &entry);
        if (result == ARCHIVE_EOF) break;
        failed = result < ARCHIVE_WARN;
        if (failed) break;
        const std::string_view type = type_of(entry);
        const std::string hash = type == "file" ? content_hash(reader.get(), entry, failed) : std::string();
        const char* const link = type == "hardlink" ? archive_entry_hardlink(entry) : archive_entry_symlink(entry);
        fmt::print(R"({{"name":"{}","link":"{}","type":"{}","size":{},"mode":{},"uid":{},"gid":{},"mtime":[{},{}],)"
                   R"("sha256":"{}"}})"
                   "\n",
                   hex(archive_entry_pathname(entry)), hex(link), type, archive_entry_size(entry),
                   archive_entry_perm(entry), archive_entry_uid(entry), archive_entry_gid(entry),
                   archive_entry_mtime(entry), archive_entry_mtime_nsec(entry), hash);
    }
    if (failed) fmt::print("{{\"error\":\"{}\"}}\n", hex(archive_error_string(reader.get())));
}

} // namespace

int main(int argc, char** argv) {
    std::setlocale(LC_ALL, "C.UTF-8"); // without a charset libarchive drops pax names that are not ASCII
    for (int at = 1; at < argc; ++at) dump(argv[at]);
    return 0;
}
