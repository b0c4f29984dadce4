// Storage for the millions of names and link targets of a layer: bytes are appended to big chunks and live until the
// arena does. Views into it stay valid when it is moved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace touchstone {

class Arena {
public:
    /// A copy of `text` that lives as long as the arena.
    std::string_view keep(std::string_view text);
    std::size_t bytes() const { return bytes_; } ///< kept so far

private:
    std::vector<std::unique_ptr<char[]>> chunks_;
    std::size_t used_ = 0;     // of the last chunk
    std::size_t capacity_ = 0; // of the last chunk
    std::size_t bytes_ = 0;
};

/// Owner names repeat: each distinct text is kept once and named by a small number. Number 0 is the empty text.
class StringTable {
public:
    StringTable();
    std::uint32_t number_of(std::string_view text);
    std::string_view text_of(std::uint32_t number) const { return texts_[number]; }

private:
    Arena arena_;
    std::vector<std::string_view> texts_;
    std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

} // namespace touchstone
