// Values as bytes and back, for what a cache keeps of its own. One list of a structure's fields serves both directions:
// a function template is given a FieldWriter or a FieldReader. The bytes are as hostile as any: a reader that meets one
// that cannot be is not good() from then on, gives zeros, and costs no more than its input.
#pragma once

#include "base/arena.h"
#include "base/sink.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace touchstone {

/// Numbers in groups of seven bits, the lowest first (LEB128); negative ones with the sign in the lowest bit.
class FieldWriter {
public:
    static constexpr bool writes = true;
    /// `out` must outlive it.
    explicit FieldWriter(ByteSink& out) : out_(out) {}

    template <class T>
    void number(const T& value) {
        if constexpr (std::is_signed_v<T>) {
            const auto bits = static_cast<std::uint64_t>(value);
            put_number((bits << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0));
        } else {
            put_number(value);
        }
    }
    void flag(const bool& value) { put_number(value ? 1 : 0); }
    template <class Enum>
    void choice(const Enum& value, Enum) {
        put_number(static_cast<std::uint64_t>(value));
    }
    /// Bytes of a length that both sides know.
    template <std::size_t N>
    void raw(const std::array<std::uint8_t, N>& bytes) {
        put(as_text(bytes));
    }
    void text(std::string_view text) {
        put_number(text.size());
        put(text);
    }
    /// How many items follow, each of at least `least` bytes.
    void count(std::size_t& value, std::size_t) { put_number(value); }
    bool good() const { return true; }
    void flush();

private:
    void put_number(std::uint64_t value);
    void put(std::string_view bytes);
    ByteSink& out_;
    std::string buffer_;
};

class FieldReader {
public:
    static constexpr bool writes = false;
    /// Views that are read live in `arena`.
    FieldReader(ByteView bytes, Arena& arena) : rest_(bytes), arena_(arena) {}

    template <class T>
    void number(T& value) {
        const std::uint64_t bits = take_number();
        if constexpr (std::is_signed_v<T>) {
            value = static_cast<T>((bits >> 1U) ^ ((bits & 1U) != 0 ? ~std::uint64_t{0} : 0));
        } else {
            value = static_cast<T>(bounded(bits, std::numeric_limits<T>::max()));
        }
    }
    void flag(bool& value) { value = bounded(take_number(), 1) != 0; }
    template <class Enum>
    void choice(Enum& value, Enum last) {
        value = static_cast<Enum>(bounded(take_number(), static_cast<std::uint64_t>(last)));
    }
    template <std::size_t N>
    void raw(std::array<std::uint8_t, N>& bytes) {
        const ByteView found = take(N);
        if (good_) std::copy(found.begin(), found.end(), bytes.begin());
    }
    void text(std::string& text) { text = as_text(take(take_number())); }
    void text(std::string_view& text) { text = arena_.keep(as_text(take(take_number()))); }
    /// A number of items that the rest can hold, so that room may be made for them.
    void count(std::size_t& value, std::size_t least) {
        value = static_cast<std::size_t>(bounded(take_number(), rest_.size() / least));
    }
    /// What only the reader of a structure can know.
    void require(bool condition) {
        if (!condition) fail();
    }
    bool good() const { return good_; }
    bool at_end() const { return rest_.empty(); }

private:
    std::uint64_t take_number();
    ByteView take(std::uint64_t count);
    std::uint64_t bounded(std::uint64_t value, std::uint64_t most) {
        if (value <= most) return value;
        fail();
        return 0;
    }
    void fail() {
        good_ = false;
        rest_ = {};
    }
    ByteView rest_;
    Arena& arena_;
    bool good_ = true;
};

/// A list of items, each by item(fields, value); `least` is the fewest bytes that one takes.
template <class Fields, class List, class Item>
void list_of(Fields& fields, List& list, std::size_t least, Item&& item) {
    std::size_t count = list.size();
    fields.count(count, least);
    if constexpr (!Fields::writes) list.resize(count);
    for (auto& value : list) {
        if (!fields.good()) return;
        item(fields, value);
    }
}

} // namespace touchstone
