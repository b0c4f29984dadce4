// Fields of a container: what stands in its headers, each with its place and what it is. A container is explained
// soundly when its fields and its members' contents tile it: then each byte that differs lies in something that was
// compared. Which cause a differing field has follows from its kind and both values, in one place.
#pragma once

#include "diff/explain/analyzer.h"
#include "diff/explain/part.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone::archives {

enum class FieldKind : std::uint8_t {
    plain,     ///< says something that readers act on: never a cause
    structure, ///< follows from the rest, and was checked against it: sizes, offsets, checksums
    time,      ///< `number` is seconds since 1970
    owner,     ///< `number` is a user or group id; without a number, a name
    encoding,  ///< how content is packed, when the content is compared unpacked
    toolchain, ///< which tool wrote it
    storage,   ///< inode and device numbers of the builder's file system
    file_name, ///< of what was packed, where nobody unpacks it by that name
};

struct Field {
    std::string key; ///< printable; fields of both sides are matched by it
    FieldKind kind = FieldKind::plain;
    Span span;                          ///< may be empty: then `value` is compared
    std::optional<std::int64_t> number; ///< absent in a time: not a time that could be read
    std::string value;                  ///< for people, where the bytes do not speak for themselves
    std::int64_t precision = 1;         ///< of a time, in seconds: MS-DOS counts in twos
};
using Fields = std::vector<Field>;

/// Appends fields one behind the other, so that they tile what they describe.
class FieldList {
public:
    FieldList(Fields& fields, std::uint64_t offset) : fields_(fields), offset_(offset) {}
    /// The next `size` bytes. The reference lives until the next call.
    Field& add(std::uint64_t size, std::string key, FieldKind kind = FieldKind::plain);
    Field& number(std::uint64_t size, std::string key, FieldKind kind, std::optional<std::int64_t> value);
    Field& time(std::uint64_t size, std::string key, std::optional<std::int64_t> seconds);
    /// Something that has no place of its own.
    void note(std::string key, std::string value);
    std::uint64_t offset() const { return offset_; }
    /// Goes back to `offset`; the caller has removed the fields behind it.
    void restart(std::uint64_t offset) { offset_ = offset; }

private:
    Fields& fields_;
    std::uint64_t offset_;
};

/// True when two times can be two builds' clocks in a place where the format keeps a time: both plausible by the
/// clues, or one of them what tools write for "no time" and the other one within its side's window.
bool explainable_times(const Clues& clues, std::int64_t published, std::int64_t rebuilt, std::int64_t precision = 1);

/// Compares fields of things that belong together, and adds what differs to a part.
class FieldComparer {
public:
    /// All must outlive it.
    FieldComparer(const BytePair& bytes, const Clues& clues, Part& part) : bytes_(bytes), clues_(clues), part_(part) {}

    /// Fields of one thing, `of` (printable; may be empty). They are matched by key and occurrence; fields in another
    /// order are a difference without cause.
    void compare(std::string_view of, const Fields& published, const Fields& rebuilt);
    /// Something else that follows from what was compared.
    void note_structure() { ++structure_; }
    /// At the end: one difference for all of structure, however many fields it is.
    void finish();

private:
    struct Match {
        const Field* published = nullptr;
        const Field* rebuilt = nullptr;
    };
    bool equal(const Match& match) const;
    void add(std::string_view of, const Match& match);

    BytePair bytes_;
    const Clues& clues_;
    Part& part_;
    std::uint64_t structure_ = 0;
};

} // namespace touchstone::archives
