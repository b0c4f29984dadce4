// See base_files.h. Listings are read line by line, each once, whatever number of entries name it.
#include "attest/base_files.h"

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "diff/explain/divergent.h"

#include <algorithm>
#include <map>

namespace touchstone {

namespace {

constexpr std::size_t fact_index(std::string_view name) {
    for (std::size_t i = 0; i < listed_facts.size(); ++i) {
        if (listed_facts[i].name == name) return i;
    }
    return listed_facts.size();
}
constexpr std::size_t type_fact = fact_index("type");
constexpr std::size_t size_fact = fact_index("size");
constexpr std::size_t hardlink_fact = fact_index("hardlink");
static_assert(std::max({type_fact, size_fact, hardlink_fact}) < listed_facts.size());

bool is_directory(const ListedFile& file) {
    return file.facts[type_fact] == name_of(EntryType::directory);
}

bool has_content(const ListedFile& file) {
    const std::string& size = file.facts[size_fact]; // of regular files only
    return !size.empty() && size != "0";
}

/// A later layer that deletes one of two linked paths leaves the other as it was.
bool is_unchanged(const ListedFile& recorded, const ListedFile& found) {
    for (std::size_t i = 0; i < listed_facts.size(); ++i) {
        if (i != hardlink_fact && recorded.facts[i] != found.facts[i]) return false;
    }
    return true;
}

bool is_file(const Tree& tree, const Node& node) {
    return tree.inode_of(node).content->type != EntryType::directory;
}

std::uint64_t files_of(const Tree& tree) {
    return static_cast<std::uint64_t>(
        std::count_if(tree.nodes.begin(), tree.nodes.end(), [&](const Node& node) { return is_file(tree, node); }));
}

void count_file(const ListedFile& recorded, const Tree& tree, HeldFiles& files) {
    if (is_directory(recorded)) return;
    ++files.recorded;
    files.with_content += has_content(recorded) ? 1U : 0U;
    const Node* const node = find_node(tree, recorded.path);
    if (node == nullptr || !is_file(tree, *node)) return;
    ++files.in_place;
    const auto index = static_cast<std::size_t>(node - tree.nodes.data());
    files.held += is_unchanged(recorded, listed_file(tree, index)) ? 1U : 0U;
}

/// One listing, judged.
struct Judged {
    HeldFiles files;
    std::string unreadable; ///< why; empty where it was read
};

Judged judge(const std::string& path, const ListingName& name, const Tree& tree) {
    Judged judged;
    try {
        judged.files = count_held_files(path, name, tree);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::unreadable) throw;
        judged.unreadable = error.what();
    }
    return judged;
}

bool is_itself(const KnownImage& known, const Record& image) {
    return (image.manifest && known.manifest == image.manifest) ||
           (!image.image.empty() && known.image == image.image) || (!image.tree.empty() && known.tree == image.tree);
}

} // namespace

bool is_base_by_files(const HeldFiles& files) {
    const std::uint64_t lost = files.recorded - files.held;
    const std::uint64_t added = files.image - files.in_place;
    return files.with_content >= least_base_files && lost <= files.recorded / base_files_per_loss && added > lost;
}

HeldFiles count_held_files(const std::string& path, const ListingName& name, const Tree& tree) {
    const std::shared_ptr<const File> file = open_file(path);
    ListingReader reader(std::make_unique<FileRange>(file, 0, file->size()), name, file->name());
    HeldFiles files;
    files.image = files_of(tree);
    ListedFile recorded;
    while (reader.next(recorded)) {
        count_file(recorded, tree, files);
        if (files.recorded - files.held <= name.entries / base_files_per_loss) continue;
        reader.skip_rest(); // most entries of a ledger have nothing to do with the image
        break;
    }
    return files;
}

FileSearch plan_file_search(std::span<const KnownImage> known, const Record& image) {
    FileSearch search;
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (is_itself(known[i], image)) continue;
        if (known[i].listing) {
            search.candidates.push_back(i);
        } else {
            ++search.without_listing;
        }
    }
    return search;
}

void search_files(FileSearch& search, std::span<const KnownImage> known, const Ledger& ledger, const Tree& tree,
                  unsigned jobs) {
    std::map<std::string, std::size_t> slot_of; // by digest: one image may be recorded many times
    std::vector<ListingName> listings;
    for (const std::size_t candidate : search.candidates) {
        const ListingName& name = *known[candidate].listing;
        if (slot_of.emplace(name.digest, listings.size()).second) listings.push_back(name);
    }
    std::vector<Judged> judged(listings.size());
    parallel_for(listings.size(), jobs,
                 [&](std::size_t i) { judged[i] = judge(ledger.listing_path(listings[i]), listings[i], tree); });
    for (const std::size_t candidate : search.candidates) {
        const Judged& one = judged[slot_of.at(known[candidate].listing->digest)];
        if (!one.unreadable.empty()) {
            if (search.unreadable++ == 0) search.unreadable_example = one.unreadable;
            continue;
        }
        if (!is_base_by_files(one.files) || (search.base && one.files.held < search.base->held)) continue;
        search.base =
            FoundBase{.known = candidate, .by = BaseBy::files, .held = one.files.held, .recorded = one.files.recorded};
    }
}

} // namespace touchstone
