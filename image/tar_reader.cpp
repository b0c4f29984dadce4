// The loop over header blocks: extensions are gathered, a member takes them, the end marker ends it. The rules of
// single headers, records and maps live in tar_header, tar_pax, tar_member and tar_sparse.
#include "image/tar_reader.h"

#include "base/printable.h"
#include "image/oddity_log.h"
#include "image/tar_content.h"
#include "image/tar_hash.h"
#include "image/tar_header.h"
#include "image/tar_input.h"
#include "image/tar_member.h"
#include "image/tar_tail.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone {

namespace {

// Notes that wait for a member: only a chain of extension headers without end gathers more.
constexpr std::size_t most_waiting_notes = 1000;

/// Owner names hardly change from one entry to the next, so the last one is compared before the table is asked.
struct OwnerCache {
    std::uint32_t number = 0;
    std::uint32_t number_of(StringTable& table, std::string_view text) {
        if (table.text_of(number) != text) number = table.number_of(text);
        return number;
    }
};

} // namespace

struct TarReader::State {
    State(ByteSource& source, Arena& names, StringTable& owner_names, std::vector<Oddity>& oddities,
          const TarLimits& tar_limits)
        : input(source), arena(names), owners(owner_names), log(oddities, tar_limits.oddities), limits(tar_limits),
          content(input) {}

    bool next(Entry& entry);
    bool read_header(TarHeader& header, ByteView& block, std::uint64_t& offset);
    void end_marker();
    void end_of_archive();
    std::string_view read_extension(const TarHeader& header, const TarPlace& place);
    void take_extension(const TarHeader& header, const TarPlace& place);
    void take_global(const TarHeader& header, const TarPlace& place);
    void member(TarHeader& header, ByteView block, TarPlace place, Entry& entry);
    void keep_names(TarHeader& header, SparseFormat sparse, Entry& entry);
    void start_content(const TarHeader& header, SparseFormat sparse, ByteView block, const TarPlace& place,
                       Entry& entry);
    std::string_view joined_name(const TarHeader& header);
    void check_entry(const TarHeader& header, SparseFormat sparse, const Entry& entry, const TarPlace& place);
    void finish_member();
    void read_padding(std::size_t padding, OddityCode code, std::string_view of);
    void count_names(std::uint64_t bytes, const TarPlace& place);
    void flush_notes(std::string_view path);

    TarInput input;
    Arena& arena;
    StringTable& owners;
    OddityLog log;
    TarLimits limits;
    TarContent content;
    TarTail tail;
    TarExtensions extensions;
    SparseMap map;
    std::string body;   // of the extension header that is being read
    std::string joined; // prefix and name
    OwnerCache uname;
    OwnerCache gname;
    std::string_view path; // of the current member
    std::uint64_t entries = 0;
    std::uint64_t name_bytes = 0;
    std::uint64_t hole_bytes = 0;
    bool in_member = false;
    bool padding_zero = true;
    bool ended = false;
};

bool TarReader::State::next(Entry& entry) {
    if (ended) return false;
    if (in_member) {
        content.skip();
        finish_member();
    }
    extensions.clear();
    for (;;) {
        TarHeader header;
        ByteView block;
        TarPlace place;
        if (!read_header(header, block, place.offset)) {
            end_of_archive();
            return false;
        }
        place.name = header.name;
        if (!is_header_only(header.type) && header.size < 0) { // Go looks before any pax size could replace it
            fail_at(place, ErrorKind::malformed, fmt::format("size field: expected 0 or more, found {}", header.size));
        }
        if (extensions.notes.size() > most_waiting_notes) flush_notes({});
        switch (header.type) {
        case 'x':
        case 'L':
        case 'K':
            take_extension(header, place);
            break;
        case 'g':
            take_global(header, place);
            break;
        default:
            member(header, block, place, entry);
            return true;
        }
    }
}

// False at the end of the archive, with or without its marker.
bool TarReader::State::read_header(TarHeader& header, ByteView& block, std::uint64_t& offset) {
    offset = input.offset();
    block = input.block();
    if (block.empty()) {
        log.add(OddityCode::no_end_marker, {});
        return false;
    }
    if (block.size() < tar_block) {
        fail(ErrorKind::malformed,
             fmt::format("tar: the archive ends inside the header block at offset {}, after {} of {} "
                         "bytes",
                         offset, block.size(), tar_block));
    }
    if (all_zero(block)) {
        end_marker();
        return false;
    }
    header = parse_tar_header(block, offset, extensions.notes);
    extensions.hash = mix_extent(extensions.hash, block);
    input.consume(tar_block);
    return true;
}

// Two zero blocks end an archive. One at the very end will do; one before anything else is an error to Go, while other
// readers stop or go on: the members behind it would be seen by some only.
void TarReader::State::end_marker() {
    input.consume(tar_block);
    tail.zero_blocks = 1;
    const ByteView second = input.block();
    if (second.empty()) {
        log.add(OddityCode::short_end_marker, {});
        return;
    }
    if (second.size() < tar_block || !all_zero(second)) {
        fail(ErrorKind::malformed,
             fmt::format("tar: one zero block and then data at offset {}: expected two zero blocks "
                         "or the end of the archive",
                         input.offset()));
    }
    input.consume(tar_block);
    tail.zero_blocks = 2;
    read_tar_tail(input, tail, log);
}

void TarReader::State::end_of_archive() {
    ended = true;
    if (extensions.any()) {
        log.add(OddityCode::dangling_extension, {});
        tail.extension_hash = fold_multiply(tail.extension_hash ^ extensions.hash, ~extensions.hash);
    }
    flush_notes({});
    log.finish();
    // Reads on until the source says that it is over, so that sources which verify do so.
    while (!input.take(tar_block).empty()) {
    }
}

// The body of an x, g, L or K header, which lives until the next one is read. Go reads at most 1 MiB of it.
std::string_view TarReader::State::read_extension(const TarHeader& header, const TarPlace& place) {
    const auto size = static_cast<std::uint64_t>(header.size);
    if (size > limits.extension) {
        fail_at(place, ErrorKind::over_limit,
                fmt::format("the body of this type {} header has {} bytes, more than {}", header.type, size,
                            limits.extension));
    }
    body.clear();
    while (body.size() < size) {
        const ByteView bytes = input.take(size - body.size());
        if (bytes.empty()) {
            fail_at(place, ErrorKind::malformed,
                    fmt::format("the archive ends inside the body of a type {} header", header.type));
        }
        body += as_text(bytes);
    }
    extensions.hash = mix_extent(extensions.hash, as_bytes(body));
    read_padding(padding_of(size), OddityCode::extension_padding, place.name);
    return body;
}

void TarReader::State::take_extension(const TarHeader& header, const TarPlace& place) {
    const char type = header.type; // the header's views end here: reading the body may refill the buffer
    const std::string name(header.name);
    const TarPlace own{place.offset, name};
    const std::string_view text = read_extension(header, own);
    if (type != 'x') {
        extensions.take_gnu(type, text);
        return;
    }
    if (extensions.has_pax) extensions.notes.push_back({OddityCode::pax_header_twice, {}});
    extensions.has_pax = true;
    extensions.pax.parse(text, own, extensions.notes);
}

// Go gives a global header as an entry of its own and forgets the extensions before it. Runtimes ignore its records,
// but containerd first removes what lies at its path: the oddity carries that path.
void TarReader::State::take_global(const TarHeader& header, const TarPlace& place) {
    if (extensions.any()) extensions.notes.push_back({OddityCode::pax_state_dropped, {}});
    const std::string name(joined_name(header));
    const TarPlace own{place.offset, name};
    PaxRecords records;
    records.parse(read_extension(header, own), own, extensions.notes);

    ++tail.global_headers;
    tail.extension_hash = fold_multiply(tail.extension_hash ^ extensions.hash, ~extensions.hash);
    std::string keys;
    bool only_comments = true;
    for (const PaxRecord& record : records.all()) {
        only_comments = only_comments && record.key == "comment";
        keys += (keys.empty() ? "" : ", ") + printable_short(record.key, 60);
        if (keys.size() > 200) break; // a detail for people; the rest changes nothing
    }
    const std::string_view pax_path = records.find("path");
    Arena scratch;
    const std::string_view cleaned = clean_name(pax_path.empty() ? std::string_view(name) : pax_path, scratch).path;
    log.add(only_comments ? OddityCode::pax_global_comment : OddityCode::pax_global, cleaned, std::move(keys));
    flush_notes(cleaned);
    extensions.clear();
}

std::string_view TarReader::State::joined_name(const TarHeader& header) {
    if (header.prefix.empty()) return header.name;
    joined.assign(header.prefix);
    joined.push_back('/');
    joined += header.name;
    return joined;
}

void TarReader::State::member(TarHeader& header, ByteView block, TarPlace place, Entry& entry) {
    if (++entries > limits.entries) {
        fail_at(place, ErrorKind::over_limit, fmt::format("more than {} members in one archive", limits.entries));
    }
    entry = Entry{};
    header.name = joined_name(header);
    check_type(header, place);
    count_names(apply_extensions(extensions, header, entry, place, limits), place);
    place.name = header.name;
    if (!is_header_only(header.type) && header.size < 0) {
        fail_at(place, ErrorKind::malformed, fmt::format("pax size: expected 0 or more, found {}", header.size));
    }
    const SparseFormat sparse = header.type == 'S'   ? SparseFormat::old_gnu
                                : extensions.has_pax ? sparse_format_of(extensions.pax)
                                                     : SparseFormat::none;
    if (sparse != SparseFormat::none && is_header_only(header.type)) {
        fail_at(place, ErrorKind::malformed, "sparse records on a type without a body");
    }
    fill_numbers(header, extensions, entry);
    keep_names(header, sparse, entry);
    place.name = entry.stored;
    count_names(entry.stored.size() + entry.link.size(), place);
    check_entry(header, sparse, entry, place);
    entry.offset = place.offset;
    path = entry.path;
    start_content(header, sparse, block, place, entry);
    entry.header_hash = extensions.hash;
    if (!extensions.notes.empty()) flush_notes(path);
    in_member = true;
    padding_zero = true;
}

void TarReader::State::keep_names(TarHeader& header, SparseFormat sparse, Entry& entry) {
    if (sparse == SparseFormat::pax_0 || sparse == SparseFormat::pax_1) {
        // Go: wins even over a GNU long name.
        if (const std::string_view name = extensions.pax.find("GNU.sparse.name"); !name.empty()) header.name = name;
    }
    entry.stored = arena.keep(header.name);
    entry.path = clean_name(entry.stored, arena).path;
    entry.whiteout = whiteout_of(entry.base_name());
    if (entry.type == EntryType::symlink) {
        entry.link = arena.keep(header.link);
    } else if (entry.type == EntryType::hardlink) {
        const std::string_view raw = arena.keep(header.link);
        const CleanedName target = clean_name(raw, arena);
        entry.link = target.dot_dot ? raw : target.path;
    }
    entry.uname = uname.number_of(owners, header.uname);
    entry.gname = gname.number_of(owners, header.gname);
}

void TarReader::State::check_entry(const TarHeader& header, SparseFormat sparse, const Entry& entry,
                                   const TarPlace& place) {
    const auto note = [&](OddityCode code, std::string detail = {}) {
        extensions.notes.push_back({code, std::move(detail)});
    };
    // A path of n components has at least 2n-1 bytes, so short ones need no counting.
    if (entry.path.size() >= 2 * limits.path_depth) {
        const auto depth = static_cast<std::uint64_t>(std::count(entry.path.begin(), entry.path.end(), '/')) + 1;
        if (depth > limits.path_depth) {
            fail_at(place, ErrorKind::over_limit,
                    fmt::format("{} path components, more than {}", depth, limits.path_depth));
        }
    }
    if (entry.type == EntryType::file && entry.stored.ends_with('/')) note(OddityCode::file_name_ends_in_slash);
    if (is_header_only(header.type) && header.size != 0) {
        note(OddityCode::size_on_header_only, fmt::format("{} of size {}", name_of(entry.type), header.size));
    }
    if (sparse != SparseFormat::none) {
        note(OddityCode::sparse, sparse == SparseFormat::old_gnu ? "typeflag S" : "GNU.sparse records");
    } else if (extensions.has_pax) {
        const auto& records = extensions.pax.all();
        const bool orphan = std::any_of(records.begin(), records.end(),
                                        [](const PaxRecord& record) { return record.key.starts_with("GNU.sparse."); });
        if (orphan) note(OddityCode::sparse, "GNU.sparse records that Go ignores");
    }
}

// Reads the sparse map, if there is one, and sets the content up. After this the header's views may be gone.
void TarReader::State::start_content(const TarHeader& header, SparseFormat sparse, ByteView block,
                                     const TarPlace& place, Entry& entry) {
    const std::uint64_t stored = is_header_only(header.type) ? 0 : static_cast<std::uint64_t>(header.size);
    if (sparse == SparseFormat::none) {
        entry.size = stored;
        content.start(stored, place);
        return;
    }
    std::uint64_t data = stored;
    if (sparse == SparseFormat::old_gnu) {
        map.read_old_gnu(block, input, place, limits.sparse_regions, extensions.hash);
    } else {
        map.size = header.size;
        std::string_view size = extensions.pax.find("GNU.sparse.size");
        if (size.empty()) size = extensions.pax.find("GNU.sparse.realsize");
        if (!size.empty()) {
            const std::optional<std::int64_t> number = parse_go_integer(size);
            if (!number) {
                fail_at(place, ErrorKind::malformed,
                        fmt::format("sparse size: expected a decimal number, found \"{}\"", printable_short(size, 40)));
            }
            map.size = *number;
        }
        if (sparse == SparseFormat::pax_0)
            map.read_pax_0(extensions.pax, place, limits.sparse_regions);
        else
            data -= map.read_pax_1(input, stored, place, limits.sparse_regions);
    }
    map.check(data, place);
    entry.size = static_cast<std::uint64_t>(map.size);
    hole_bytes += entry.size - data;
    if (hole_bytes > limits.hole_bytes) {
        fail_at(place, ErrorKind::over_limit,
                fmt::format("the holes of sparse members come to more than {} bytes", limits.hole_bytes));
    }
    content.start_sparse(map, data, stored, place);
}

void TarReader::State::finish_member() {
    in_member = false;
    read_padding(content.padding(), OddityCode::padding_not_zero, path);
}

// Go tolerates padding that is cut off by the end of the stream, and never looks at it.
void TarReader::State::read_padding(std::size_t padding, OddityCode code, std::string_view of) {
    std::size_t seen = 0;
    while (seen < padding) {
        const ByteView bytes = input.take(padding - seen);
        if (bytes.empty()) {
            log.add(OddityCode::missing_padding, of, fmt::format("{} bytes", padding - seen));
            return;
        }
        seen += bytes.size();
        if (all_zero(bytes)) continue;
        padding_zero = false;
        log.add(code, of);
        tail.padding_hash = mix_stream(tail.padding_hash, bytes);
        // It is part of how the member that follows is encoded. The rest of a block is never cut by the buffer.
        if (code == OddityCode::extension_padding) extensions.hash = mix_extent(extensions.hash, bytes);
    }
}

void TarReader::State::count_names(std::uint64_t bytes, const TarPlace& place) {
    name_bytes += bytes;
    if (name_bytes > limits.name_bytes) {
        fail_at(place, ErrorKind::over_limit,
                fmt::format("names, links and pax records of more than {} bytes in one archive", limits.name_bytes));
    }
}

void TarReader::State::flush_notes(std::string_view of) {
    for (TarNote& note : extensions.notes) log.add(note.code, of, std::move(note.detail));
    extensions.notes.clear();
}

TarReader::TarReader(ByteSource& source, Arena& arena, StringTable& names, std::vector<Oddity>& oddities,
                     const TarLimits& limits)
    : state_(std::make_unique<State>(source, arena, names, oddities, limits)) {}

TarReader::~TarReader() = default;

bool TarReader::next(Entry& entry) {
    return state_->next(entry);
}

ByteView TarReader::content() {
    if (!state_->in_member) return {};
    const ByteView bytes = state_->content.next();
    if (bytes.empty()) state_->finish_member();
    return bytes;
}

bool TarReader::padding_zero() const {
    return state_->padding_zero;
}

const TarTail& TarReader::tail() const {
    return state_->tail;
}

} // namespace touchstone
