// Short ways from bytes to a layer for the tests of the tar reader and of layers.
#pragma once

#include "base/error.h"
#include "image/layer.h"

#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace touchstone::test {

/// A layer over bytes in memory, promising nothing.
inline LayerRef layer_of(std::string bytes) {
    LayerRef layer;
    layer.name = "layer 0";
    layer.stored_size = bytes.size();
    const auto shared = std::make_shared<const std::string>(std::move(bytes));
    class Owned final : public ByteSource {
    public:
        explicit Owned(std::shared_ptr<const std::string> text) : text_(std::move(text)), source_(*text_) {}
        std::size_t read(ByteSpan buffer) override { return source_.read(buffer); }

    private:
        std::shared_ptr<const std::string> text_;
        MemorySource source_;
    };
    layer.open = [shared] { return std::make_unique<Owned>(shared); };
    return layer;
}

inline std::unique_ptr<LayerListing> list(std::string bytes, const LayerLimits& limits = {}) {
    return read_layer(layer_of(std::move(bytes)), limits, nullptr);
}

/// The names of the oddities, each once, in the order of the table, joined by blanks.
inline std::string kinds_of(const std::vector<Oddity>& oddities) {
    std::set<OddityCode> kinds;
    for (const Oddity& oddity : oddities) kinds.insert(oddity.code);
    std::string text;
    for (const OddityCode code : kinds) text += (text.empty() ? "" : " ") + std::string(row_of(code).name);
    return text;
}

/// "path:type[:size of a file]" of each entry, joined by blanks.
inline std::string summary_of(const LayerListing& listing) {
    std::string text;
    for (const Entry& entry : listing.entries) {
        if (!text.empty()) text += ' ';
        text += std::string(entry.path) + ":" + std::string(name_of(entry.type));
        if (entry.type == EntryType::file) text += ":" + std::to_string(entry.size);
    }
    return text;
}

} // namespace touchstone::test
