// 7z, ISO 9660 and cabinets, read by libarchive, each format enabled by itself. libarchive shows members and their
// facts, but not how they are stored; so a container of these is never explained as a whole: its members are named and
// explained, and what was not seen stays a difference without cause.
#include "base/printable.h"
#include "diff/explain/archive_bytes.h"
#include "diff/explain/archive_formats.h"
#include "diff/explain/libarchive.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

namespace touchstone::archives {

namespace {

using Reader = ArchiveReader;
using EnableFormat = int (*)(archive*);

std::string text_or_empty(const char* text) {
    return text == nullptr ? std::string() : std::string(text);
}

/// Members that libarchive unpacked. Their contents lie in memory, not in the file: `data` stays empty.
class ForeignArchive final : public Archive {
public:
    using Archive::Archive;

    enum class Result : std::uint8_t { done, broken, too_many, too_large };
    Result read(EnableFormat enable, Analyzer& analyzer);
    Fields fields(const Member&) const override { return {}; }

    struct Item {
        std::string name;
        Fields facts;
        std::string content;
    };
    std::vector<Item> items;

private:
    static Fields facts_of(archive_entry* entry);
    static Result read_content(archive* reader, Analyzer& analyzer, std::string& content);
};

Fields ForeignArchive::facts_of(archive_entry* entry) {
    Fields fields;
    FieldList list(fields, 0);
    list.note("type and mode", fmt::format("{:06o}", libarchive().entry_mode(entry)));
    list.number(0, "uid", FieldKind::owner, libarchive().entry_uid(entry));
    list.number(0, "gid", FieldKind::owner, libarchive().entry_gid(entry));
    if (libarchive().entry_mtime_is_set(entry) != 0) list.time(0, "mtime", libarchive().entry_mtime(entry));
    if (libarchive().entry_ctime_is_set(entry) != 0) list.time(0, "ctime", libarchive().entry_ctime(entry));
    if (libarchive().entry_birthtime_is_set(entry) != 0)
        list.time(0, "birth time", libarchive().entry_birthtime(entry));
    list.note("link", text_or_empty(libarchive().entry_symlink(entry)));
    list.note("hard link of", text_or_empty(libarchive().entry_hardlink(entry)));
    return fields;
}

ForeignArchive::Result ForeignArchive::read_content(archive* reader, Analyzer& analyzer, std::string& content) {
    std::array<char, 65536> block{};
    for (;;) {
        const auto count = libarchive().read_data(reader, block.data(), block.size());
        if (count < 0) return Result::broken;
        if (count == 0) return Result::done;
        const auto size = static_cast<std::size_t>(count);
        if (content.size() + size > analyzer.limits().file || !analyzer.take_unpacked(size) || analyzer.out_of_time()) {
            return Result::too_large;
        }
        content.append(block.data(), size);
    }
}

ForeignArchive::Result ForeignArchive::read(EnableFormat enable, Analyzer& analyzer) {
    const Reader reader(libarchive().read_new());
    if (!reader) throw std::bad_alloc();
    if (enable(reader.get()) != ARCHIVE_OK ||
        libarchive().read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) {
        return Result::broken;
    }
    for (;;) {
        archive_entry* entry = nullptr;
        const int status = libarchive().read_next_header(reader.get(), &entry);
        if (status == ARCHIVE_EOF) return Result::done;
        if (status != ARCHIVE_OK) return Result::broken;
        if (items.size() == analyzer.limits().members) return Result::too_many;
        const char* name = libarchive().entry_pathname_utf8(entry);
        if (name == nullptr) name = libarchive().entry_pathname(entry);
        if (name == nullptr) return Result::broken;
        Item& item = items.emplace_back();
        item.name = name;
        item.facts = facts_of(entry);
        const Result content = read_content(reader.get(), analyzer, item.content);
        if (content != Result::done) return content;
    }
}

std::vector<std::size_t> by_name(const std::vector<ForeignArchive::Item>& items) {
    std::vector<std::size_t> order(items.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return items[a].name < items[b].name; });
    return order;
}

/// Compares members by name, in the order of names: the order in the file is part of what libarchive does not show.
void compare_items(const Subject& subject, Analyzer& analyzer, Part& part, const ForeignArchive& published,
                   const ForeignArchive& rebuilt) {
    const std::vector<std::size_t> ours = by_name(published.items);
    const std::vector<std::size_t> theirs = by_name(rebuilt.items);
    FieldComparer comparer(subject.bytes, analyzer.clues(), part);
    std::size_t a = 0;
    std::size_t b = 0;
    while (a < ours.size() || b < theirs.size()) {
        const ForeignArchive::Item* left = a < ours.size() ? &published.items[ours[a]] : nullptr;
        const ForeignArchive::Item* right = b < theirs.size() ? &rebuilt.items[theirs[b]] : nullptr;
        if (right == nullptr || (left != nullptr && left->name < right->name)) {
            add_part(part, one_sided_part(left->name, 0, left->content.size()));
            ++a;
        } else if (left == nullptr || right->name < left->name) {
            add_part(part, one_sided_part(right->name, 1, right->content.size()));
            ++b;
        } else {
            comparer.compare(printable_short(left->name), left->facts, right->facts);
            Part inner = analyzer.child(subject, left->name, {as_bytes(left->content), as_bytes(right->content)});
            if (inner.kind != "equal") add_part(part, std::move(inner));
            ++a;
            ++b;
        }
    }
    comparer.finish();
}

bool explain_foreign(const Subject& subject, Analyzer& analyzer, Part& part, EnableFormat enable) {
    std::array<ForeignArchive, 2> sides{ForeignArchive(subject.bytes[0]), ForeignArchive(subject.bytes[1])};
    for (ForeignArchive& side : sides) {
        const auto result = side.read(enable, analyzer);
        if (result == ForeignArchive::Result::broken) return false;
        if (result == ForeignArchive::Result::done) continue;
        part.differing = {subject.bytes[0].size(), subject.bytes[1].size()};
        cut_part(part, result == ForeignArchive::Result::too_many
                           ? fmt::format("more than {} members", analyzer.limits().members)
                           : "unpacks to more than the limit");
        return true;
    }
    compare_items(subject, analyzer, part, sides[0], sides[1]);
    Difference difference;
    difference.where = "how the container stores its members";
    difference.evidence = "not compared: only members and their facts are";
    part.add(std::move(difference));
    return true;
}

} // namespace

bool explain_7z(const Subject& subject, Analyzer& analyzer, Part& part) {
    return explain_foreign(subject, analyzer, part, libarchive().read_support_format_7zip);
}
bool explain_iso(const Subject& subject, Analyzer& analyzer, Part& part) {
    return explain_foreign(subject, analyzer, part, libarchive().read_support_format_iso9660);
}
bool explain_cab(const Subject& subject, Analyzer& analyzer, Part& part) {
    return explain_foreign(subject, analyzer, part, libarchive().read_support_format_cab);
}

} // namespace touchstone::archives
