// Reading contents again: only the entries that are asked for, from only the layers that hold them, each layer once.
// What comes back is checked against the digest that the first reading computed, so that nothing is explained that was
// not compared.
#pragma once

#include "base/bytes.h"
#include "diff/stack.h"
#include "image/entry.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace touchstone {

/// Where a listed entry lies: the layer in its stack, the index in stream order. Absent: no listing of the stack holds
/// it (an implied directory).
struct EntryPlace {
    std::size_t layer = 0;
    std::size_t index = 0;
};
std::optional<EntryPlace> place_of(const Stack& stack, const Entry& entry);

/// Contents by entry. Entries are those of the listings that the stacks hold; both sides may share them.
class SecondLook {
public:
    /// `stacks` must outlive it.
    SecondLook(std::array<const Stack*, 2> stacks, const LoadOptions& load) : stacks_(stacks), load_(load) {}

    /// Asks for an entry's content: whole, or with `head` only its first bytes. An entry that no listing of that side
    /// holds (an implied directory) is passed over.
    void want(std::size_t side, const Entry& entry, std::uint64_t head = UINT64_MAX);
    /// Reads what was asked for since the last time. Throws unverified where a whole content has another digest now.
    void read();
    /// The content; empty where it was not asked for.
    ByteView content(const Entry& entry) const;
    /// Forgets everything.
    void clear();
    /// Bytes that are held or asked for.
    std::uint64_t bytes() const { return bytes_; }

private:
    struct Place {
        std::size_t side = 0;
        std::size_t layer = 0;
        bool operator<(const Place& other) const {
            return side != other.side ? side < other.side : layer < other.layer;
        }
    };
    struct Content {
        std::string bytes;
        std::uint64_t head = 0;
    };
    class Collector;

    std::array<const Stack*, 2> stacks_;
    LoadOptions load_;
    std::map<Place, std::vector<std::size_t>> wanted_; ///< indices of entries, per layer
    std::map<const Entry*, Content> contents_;
    std::uint64_t bytes_ = 0;
};

} // namespace touchstone
