#include "tests/support/tar_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace touchstone::test {

const std::string gnu_magic = std::string("ustar  \0", 8);
const std::string v7_magic = std::string(8, '\0');

namespace {

constexpr std::size_t block = 512;

void put(std::string& header, std::size_t offset, std::string_view text, std::size_t width) {
    std::copy_n(text.begin(), std::min(width, text.size()), header.begin() + static_cast<std::ptrdiff_t>(offset));
}

void put_octal(std::string& header, std::size_t offset, std::uint64_t value, std::size_t width) {
    put(header, offset, fmt::format("{:0{}o}", value, width - 1), width - 1);
}

std::string padded(std::string body, char fill) {
    body.resize((body.size() + block - 1) / block * block, fill);
    return body;
}

} // namespace

std::string header_block(const Member& member) {
    std::string header(block, '\0');
    put(header, 0, member.name, 100);
    put_octal(header, 100, member.mode, 8);
    put_octal(header, 108, member.uid, 8);
    put_octal(header, 116, member.gid, 8);
    put_octal(header, 124, member.size >= 0 ? static_cast<std::uint64_t>(member.size) : member.body.size(), 12);
    put_octal(header, 136, static_cast<std::uint64_t>(std::max<std::int64_t>(member.mtime, 0)), 12);
    header[156] = member.type;
    put(header, 157, member.link, 100);
    put(header, 257, member.magic, 8);
    put(header, 265, member.uname, 32);
    put(header, 297, member.gname, 32);
    if (member.type == '3' || member.type == '4') {
        put_octal(header, 329, member.dev_major, 8);
        put_octal(header, 337, member.dev_minor, 8);
    }
    if (!member.prefix.empty()) put(header, 345, member.prefix, 155);
    for (const auto& [offset, bytes] : member.patches) put(header, offset, bytes, bytes.size());
    if (member.fix_checksum) {
        put(header, 148, "        ", 8);
        const unsigned sum = std::accumulate(header.begin(), header.end(), 0U, [](unsigned total, char c) {
            return total + static_cast<unsigned char>(c);
        });
        put(header, 148, fmt::format("{:06o}", sum), 6);
        header[154] = '\0';
    }
    return header;
}

std::string pax_record(std::string_view key, std::string_view value) {
    const std::size_t rest = key.size() + value.size() + 3; // blank, '=', newline
    std::size_t length = rest + 1;
    while (std::to_string(length).size() + rest != length) ++length;
    return fmt::format("{} {}={}\n", length, key, value);
}

TarBuilder& TarBuilder::add(const Member& member) {
    if (!member.pax.empty()) {
        std::string records;
        for (const auto& [key, value] : member.pax) records += pax_record(key, value);
        raw_pax(records);
    }
    bytes_ += header_block(member);
    bytes_ += padded(member.body, member.padding);
    return *this;
}

TarBuilder& TarBuilder::file(std::string name, std::string body, std::uint32_t mode) {
    return add({.name = std::move(name), .body = std::move(body), .mode = mode});
}

TarBuilder& TarBuilder::dir(std::string name, std::uint32_t mode) {
    return add({.name = std::move(name), .type = '5', .mode = mode});
}

TarBuilder& TarBuilder::symlink(std::string name, std::string target) {
    return add({.name = std::move(name), .type = '2', .mode = 0777, .link = std::move(target)});
}

TarBuilder& TarBuilder::hardlink(std::string name, std::string target) {
    return add({.name = std::move(name), .type = '1', .link = std::move(target)});
}

TarBuilder& TarBuilder::raw_pax(std::string body, char type) {
    return add({.name = "././@PaxHeader", .body = std::move(body), .type = type});
}

TarBuilder& TarBuilder::gnu_long(char type, std::string text) {
    text.push_back('\0');
    return add({.name = "././@LongLink", .body = std::move(text), .type = type, .magic = gnu_magic});
}

TarBuilder& TarBuilder::raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
}

std::string TarBuilder::finish(int zero_blocks) const {
    return bytes_ + std::string(block * static_cast<std::size_t>(zero_blocks), '\0');
}

} // namespace touchstone::test
