// An applier in memory: entries are applied one by one, in stream order, as the given kind of applier does it on disk.
// Slower than merging, exact where layers are strange. Only names that were cleaned lexically come in, and no system
// call sees them.
#pragma once

#include "diff/readings.h"
#include "diff/tree.h"
#include "normalize/path_order.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// Raised inside the simulation when the applier would refuse the stack; build_readings turns it into data.
struct Refusal {
    std::string why; ///< printable
};

class Simulator {
public:
    explicit Simulator(Reading reading) : reading_(reading) {}

    /// Applies the next layer. Throws Refusal.
    void apply(const StackLayer& layer, std::uint32_t index);
    /// The tree so far. Call once, last.
    Tree take();

    /// Paths that went through a symbolic link, with the layer.
    struct Redirected {
        std::string path;
        std::uint32_t layer;
    };
    const std::vector<Redirected>& redirected() const { return redirected_; }

private:
    struct Place {
        std::uint32_t inode = 0;
        std::uint32_t layer = 0;
        bool listed = false; ///< by an entry of the layer that is being applied (containerd's unpackedPaths)
        bool marker = false; ///< overlay: a whiteout device
        bool opaque = false; ///< overlay: the directory hides what is below it
    };
    using Places = std::map<std::string, Place, PathLess>;

    void apply_entries(const LayerListing& listing);
    void apply_entry(const LayerListing& listing, const Entry& entry);
    std::string resolve_parent(std::string_view parent, const Entry& entry);
    void make_directory(const std::string& path);
    void apply_whiteout(const std::string& directory, const Entry& entry);
    void apply_opaque(const std::string& directory);
    void remove_subtree(const std::string& path);
    void remove_lower_subtree(const std::string& path);
    void imply_parents();
    void link(const std::string& path, const LayerListing& listing, const Entry& entry);
    void create(const std::string& path, const LayerListing& listing, const Entry& entry);
    void stack_upper(const Places& upper);
    EntryType type_of(const Place& place) const { return tree_.inodes[place.inode].content->type; }

    Reading reading_;
    std::uint32_t layer_ = 0;
    Tree tree_;
    Places places_;
    std::vector<Redirected> redirected_;
};

} // namespace touchstone
