// Follows containerd's applyNaive step by step (pkg/archive/tar.go; rules 1-8 of
// spec/formats-and-hostile-input.md 2.1), with the deviations of the two other readings where they are written down
// there (umoci's whiteouts; 2.2 for overlay).
#include "diff/simulator.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <deque>

namespace touchstone {

namespace {

/// containerd's fs.RootPath gives up after 255 links.
constexpr unsigned max_links = 255;

std::string join(std::string_view parent, std::string_view name) {
    std::string path(parent);
    if (!path.empty()) path += '/';
    path += name;
    return path;
}

std::string parent_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

/// Puts the parts of `path` in front of `parts`.
void push_parts_front(std::deque<std::string>& parts, std::string_view path) {
    std::vector<std::string> found;
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        if (!part.empty() && part != ".") found.emplace_back(part);
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    }
    parts.insert(parts.begin(), found.begin(), found.end());
}

} // namespace

void Simulator::apply(const StackLayer& layer, std::uint32_t index) {
    layer_ = index;
    tree_.keep.push_back(layer.listing);
    if (reading_ != Reading::overlay) {
        for (auto& [path, place] : places_) place.listed = false;
        apply_entries(*layer.listing);
        if (reading_ == Reading::spec) imply_parents();
        return;
    }
    Places lower = std::move(places_);
    places_.clear();
    apply_entries(*layer.listing);
    const Places upper = std::move(places_);
    places_ = std::move(lower);
    stack_upper(upper);
}

void Simulator::apply_entries(const LayerListing& listing) {
    for (const Entry& entry : listing.entries) apply_entry(listing, entry);
}

void Simulator::apply_entry(const LayerListing& listing, const Entry& entry) {
    if (entry.path.empty()) {
        tree_.root = &entry;
        return;
    }
    if (entry.whiteout == Whiteout::aufs) return;
    const std::string directory = resolve_parent(entry.parent(), entry);
    if (entry.whiteout == Whiteout::opaque) return apply_opaque(directory);
    if (entry.whiteout == Whiteout::file) return apply_whiteout(directory, entry);
    const std::string path = join(directory, entry.base_name());
    const auto existing = places_.find(path);
    if (existing != places_.end()) {
        const bool both_directories = !existing->second.marker && type_of(existing->second) == EntryType::directory &&
                                      entry.type == EntryType::directory;
        if (!both_directories) remove_subtree(path);
    }
    if (entry.type == EntryType::hardlink) return link(path, listing, entry);
    create(path, listing, entry);
}

/// The directory that `parent` leads to, links inside the image followed, missing directories made.
std::string Simulator::resolve_parent(std::string_view parent, const Entry& entry) {
    std::deque<std::string> parts;
    push_parts_front(parts, parent);
    std::string at;
    unsigned links = 0;
    bool redirected = false;
    while (!parts.empty()) {
        const std::string part = std::move(parts.front());
        parts.pop_front();
        if (part == "..") {
            at = parent_of(at);
            continue;
        }
        const std::string next = join(at, part);
        const auto found = places_.find(next);
        if (found == places_.end()) {
            make_directory(next);
        } else if (found->second.marker) {
            remove_subtree(next);
            make_directory(next);
        } else if (type_of(found->second) == EntryType::symlink) {
            if (++links > max_links)
                throw Refusal{
                    fmt::format("more than {} symbolic links on the way to {}", max_links, printable(entry.path))};
            const std::string_view target = tree_.inodes[found->second.inode].content->link;
            if (target.starts_with('/')) at.clear();
            push_parts_front(parts, target);
            redirected = true;
            continue;
        } else if (type_of(found->second) != EntryType::directory) {
            if (reading_ != Reading::spec)
                throw Refusal{
                    fmt::format("{} is below {}, which is no directory", printable(entry.path), printable(next))};
            remove_subtree(next); // umoci replaces it
            make_directory(next);
        }
        at = next;
    }
    if (redirected) redirected_.push_back({std::string(entry.path), layer_});
    return at;
}

void Simulator::make_directory(const std::string& path) {
    tree_.inodes.push_back({.content = &implied_directory(), .meta = &implied_directory(), .listing = nullptr});
    places_[path] = {.inode = static_cast<std::uint32_t>(tree_.inodes.size() - 1), .layer = layer_};
}

void Simulator::apply_whiteout(const std::string& directory, const Entry& entry) {
    constexpr std::size_t prefix = 4; // ".wh."
    const std::string target = join(directory, entry.base_name().substr(prefix));
    switch (reading_) {
    case Reading::spec:
        remove_lower_subtree(target);
        break;
    case Reading::naive:
        remove_subtree(target);
        break; // even what this very layer has added
    case Reading::overlay:
        if (places_.contains(target)) {
            throw Refusal{fmt::format("{} and its whiteout are in one layer", printable(target))}; // mknod: EEXIST
        }
        make_directory(target);
        places_[target].marker = true;
        break;
    }
}

void Simulator::apply_opaque(const std::string& directory) {
    if (reading_ == Reading::overlay) {
        if (!directory.empty()) places_[directory].opaque = true; // at the root it has no effect
        return;
    }
    // Everything below goes that this layer did not add; naive removes directories that were only implied, with all
    // that lies in them.
    for (auto at = places_.upper_bound(directory); at != places_.end() && is_below(at->first, directory);) {
        if (reading_ == Reading::spec) {
            at = at->second.layer == layer_ ? std::next(at) : places_.erase(at);
        } else if (at->second.listed) {
            ++at;
        } else {
            const std::string gone = at->first;
            remove_subtree(gone);
            at = places_.upper_bound(gone);
        }
    }
}

void Simulator::remove_subtree(const std::string& path) {
    auto at = places_.find(path);
    if (at == places_.end()) return;
    do {
        at = places_.erase(at);
    } while (at != places_.end() && is_below(at->first, path));
}

/// A whiteout means the layers below only, so its place in the stream decides nothing: the directory of a lower layer
/// that it takes away is implied anew by what this layer has added in it.
void Simulator::imply_parents() {
    for (auto at = places_.begin(); at != places_.end(); ++at) {
        for (std::string above = parent_of(at->first); !above.empty() && !places_.contains(above);
             above = parent_of(above))
            make_directory(above);
    }
}

/// What this layer has added stays.
void Simulator::remove_lower_subtree(const std::string& path) {
    const auto inside = [&](Places::iterator at) {
        return at != places_.end() && (at->first == path || is_below(at->first, path));
    };
    for (auto at = places_.lower_bound(path); inside(at);) {
        at = at->second.layer == layer_ ? std::next(at) : places_.erase(at);
    }
}

void Simulator::link(const std::string& path, const LayerListing& listing, const Entry& entry) {
    const std::string target = join(resolve_parent(parent_of(entry.link), entry),
                                    entry.link.substr(entry.link.rfind('/') + 1)); // npos + 1 == 0
    const auto found = places_.find(target);
    if (found == places_.end() || found->second.marker || type_of(found->second) == EntryType::directory) {
        throw Refusal{fmt::format("hard link {} points to {}, which {}", printable(entry.path), printable(entry.link),
                                  found == places_.end() ? "does not exist there" : "cannot be linked")};
    }
    const std::uint32_t inode = found->second.inode;
    apply_link_header(tree_, inode, entry, listing);
    places_[path] = {.inode = inode, .layer = layer_, .listed = true};
}

void Simulator::create(const std::string& path, const LayerListing& listing, const Entry& entry) {
    tree_.inodes.push_back({.content = &entry, .meta = &entry, .listing = &listing});
    const bool opaque = places_.contains(path) && places_[path].opaque;
    places_[path] = {.inode = static_cast<std::uint32_t>(tree_.inodes.size() - 1),
                     .layer = layer_,
                     .listed = true,
                     .marker = false,
                     .opaque = opaque};
}

/// What the kernel shows of an upper directory over a lower one.
void Simulator::stack_upper(const Places& upper) {
    for (const auto& [path, place] : upper) {
        const auto lower = places_.find(path);
        const bool lower_directory = lower != places_.end() && type_of(lower->second) == EntryType::directory;
        const bool merges = lower_directory && !place.marker && !place.opaque && type_of(place) == EntryType::directory;
        // A directory that the layer only implies is copied from the lower one (containerd's mkparent).
        const bool implied = !place.marker && tree_.inodes[place.inode].content == &implied_directory();
        const Place shown = implied && lower_directory ? lower->second : place;
        if (lower != places_.end() && !merges) remove_subtree(path);
        if (place.marker) continue;
        places_[path] = shown;
        places_[path].opaque = false;
    }
}

Tree Simulator::take() {
    tree_.names = std::make_shared<Arena>();
    tree_.nodes.reserve(places_.size());
    for (const auto& [path, place] : places_) {
        tree_.nodes.push_back({.path = tree_.names->keep(path), .inode = place.inode, .layer = place.layer});
    }
    finish_tree(tree_);
    return std::move(tree_);
}

} // namespace touchstone
