// One row is made from either source, and each format draws rows; so both listings look the same.
#include "report/tree_listing.h"

#include "base/parallel.h"
#include "base/printable.h"
#include "diff/facts.h"
#include "report/json_writer.h"
#include "report/listing_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace touchstone {

namespace {

/// As text some 400 kB, and a few milliseconds of work: much more than a thread costs.
constexpr std::size_t rows_a_piece = 4096;
/// More threads than these would be waiting for the one that hands the lines on.
constexpr unsigned most_threads = 8;

/// What one line says. Views into the tree or the listing.
struct Row {
    std::string_view path;
    const Entry* content = nullptr;
    const Entry* meta = nullptr;
    std::string_view hardlink; ///< first path of the group; empty when the path is alone
    std::vector<NamedBytes> xattrs;
    std::uint32_t layer = 0;
};

bool is_device(EntryType type) {
    return type == EntryType::char_device || type == EntryType::block_device;
}

bool is_link(EntryType type) {
    return type == EntryType::symlink || type == EntryType::hardlink;
}

std::string json_line(const Row& row) {
    const Entry& content = *row.content;
    const Entry& meta = *row.meta;
    JsonWriter json;
    json.begin_object();
    json.bytes_member("path", row.path.empty() ? "." : row.path);
    json.member("type", type_name(content));
    if (content.type == EntryType::file) json.member("size", content.size);
    json.member("mode", fmt::format("{:04o}", meta.permissions()));
    json.member("uid", std::uint64_t{meta.uid});
    json.member("gid", std::uint64_t{meta.gid});
    json.key("mtime");
    json.number_text(seconds_text(meta.mtime));
    if (is_link(content.type)) json.bytes_member("link", content.link);
    if (!row.hardlink.empty()) json.bytes_member("hardlink", row.hardlink);
    if (is_device(content.type)) {
        json.key("device");
        json.begin_array();
        json.number(std::uint64_t{content.dev_major});
        json.number(std::uint64_t{content.dev_minor});
        json.end_array();
    }
    if (!row.xattrs.empty()) {
        json.key("xattrs");
        json.begin_object();
        for (const auto& [name, value] : row.xattrs) json.member(utf8_or_escaped(name), base64(value));
        json.end_object();
    }
    if (content.type == EntryType::file) json.member("content", to_digest(content.content).string());
    json.member("layer", std::uint64_t{row.layer});
    json.end_object();
    return json.take();
}

std::string size_column(const Entry& entry) {
    if (is_device(entry.type)) return fmt::format("{}, {}", entry.dev_major, entry.dev_minor);
    return std::to_string(entry.size);
}

std::string text_line(const Row& row) {
    const Entry& content = *row.content;
    const Entry& meta = *row.meta;
    std::string line =
        fmt::format("{}{} {:>11} {:>12}  {:<20}  {:>2}  {}", mode_text(content, meta.permissions()),
                    row.xattrs.empty() ? ' ' : '+', fmt::format("{}:{}", meta.uid, meta.gid), size_column(content),
                    time_text(meta.mtime), row.layer, row.path.empty() ? "." : printable(row.path));
    if (content.type == EntryType::symlink) line += " -> " + printable(content.link);
    if (content.type == EntryType::hardlink) line += " link to " + printable(content.link);
    if (!row.hardlink.empty() && row.hardlink != row.path) line += " link to " + printable(row.hardlink);
    return line + "\n";
}

Row row_of(const Tree& tree, const Node& node) {
    const Inode& inode = tree.inode_of(node);
    Row row{.path = node.path, .content = inode.content, .meta = inode.meta, .layer = node.layer};
    if (inode.links > 1) row.hardlink = tree.nodes[inode.first].path;
    if (has_xattrs(tree, node.inode)) row.xattrs = xattrs_of(tree, node.inode);
    return row;
}

Row row_of(const Entry& entry, std::uint32_t layer) {
    Row row{.path = entry.path, .content = &entry, .meta = &entry, .layer = layer};
    if (entry.extra) row.xattrs = entry.extra->xattrs;
    return row;
}

struct Piece {
    std::string text;
    std::size_t end = 0; ///< the first row that is not in it
};

template <class RowAt>
void write_piece(std::size_t from, std::size_t to, ListingFormat format, const RowAt& row, Piece& piece) {
    piece.text.clear();
    for (piece.end = from; piece.end < to && piece.text.size() < listing_piece_limit; ++piece.end) {
        piece.text += format == ListingFormat::text ? text_line(row(piece.end)) : json_line(row(piece.end));
    }
}

/// Lines of `row(i)` for each i < count, in order: made in pieces by all threads, and handed on by this one. Behind a
/// piece that was full too early the next round begins, so that memory stays within pieces.
template <class RowAt>
void write_lines(std::size_t count, const ListingOutput& out, const RowAt& row) {
    std::vector<Piece> pieces(std::clamp(out.jobs, 1U, most_threads));
    for (std::size_t next = 0; next < count;) {
        const std::size_t first = next;
        const auto start_of = [&](std::size_t piece) { return std::min(first + piece * rows_a_piece, count); };
        const std::size_t wanted = std::min(pieces.size(), (count - first + rows_a_piece - 1) / rows_a_piece);
        parallel_for(wanted, out.jobs,
                     [&](std::size_t i) { write_piece(start_of(i), start_of(i + 1), out.format, row, pieces[i]); });
        for (std::size_t i = 0; i < wanted && next == start_of(i); ++i) {
            out.sink(pieces[i].text);
            next = pieces[i].end;
        }
    }
}

} // namespace

void list_tree(const Tree& tree, const ListingOutput& out) {
    write_lines(tree.nodes.size(), out, [&](std::size_t i) { return row_of(tree, tree.nodes[i]); });
}

void list_layer(const LayerListing& listing, std::uint32_t layer, const ListingOutput& out) {
    write_lines(listing.entries.size(), out, [&](std::size_t i) { return row_of(listing.entries[i], layer); });
}

} // namespace touchstone
