// Loading: which blobs have to be read, and how thoroughly, is planned first; then one task per distinct blob runs, the
// largest first. A layer whose blob (and claimed diffID) was already planned costs one SHA-256 of its stored bytes.
// Where the layers at the bottom may be left unlisted, those above them come first: their shape decides it.
#include "diff/stack.h"

#include "base/error.h"
#include "base/parallel.h"
#include "base/printable.h"
#include "diff/shared_bottom.h"
#include "image/cache/layers.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

namespace touchstone {

namespace {

/// How much of a blob has to be read.
enum class Work : std::uint8_t {
    list,          ///< verify everything, list the entries
    verify_stream, ///< another encoding of a stream that is listed elsewhere: blob digest and diffID
    verify_blob,   ///< the same blob as another one: its digest only
    nothing,       ///< the same blob of the same image
};

struct Task {
    std::size_t image = 0;
    std::size_t layer = 0;
    Work work = Work::list;
    std::size_t listed_by = 0; ///< the task whose entries are also these
    std::size_t same_blob = 0; ///< the task whose stream facts are also these (verify_blob and nothing)
    bool own_listing = false;  ///< the result holds entries: they are taken, and not those of listed_by
    std::shared_ptr<const LayerListing> result;
};

const LayerRef& layer_of(const std::vector<const Image*>& images, const Task& task) {
    return images[task.image]->layers[task.layer];
}

/// Some layers of every image, by their indices: [first, last).
struct Slice {
    std::size_t first = 0;
    std::size_t last = std::numeric_limits<std::size_t>::max();
};

/// Decides the work of each layer of the slice; tasks are in image order, then layer order.
std::vector<Task> plan(const std::vector<const Image*>& images, const Slice& slice) {
    // The annotations count: what they promise is compared with the blob when it is listed.
    using BlobKey = std::tuple<Digest, std::optional<Digest>, std::vector<std::pair<std::string, std::string>>>;
    std::map<BlobKey, std::size_t> blobs;
    std::map<Digest, std::size_t> streams;
    std::vector<Task> tasks;
    for (std::size_t i = 0; i < images.size(); ++i) {
        for (std::size_t j = slice.first; j < std::min(slice.last, images[i]->layers.size()); ++j) {
            const LayerRef& layer = images[i]->layers[j];
            const std::size_t self = tasks.size();
            Task task{
                .image = i, .layer = j, .work = Work::list, .listed_by = self, .same_blob = self, .result = nullptr};
            if (images[i]->is_artifact) task.work = Work::verify_blob;
            if (layer.digest && !images[i]->is_artifact) {
                const auto [known, added] =
                    blobs.try_emplace({*layer.digest, layer.diff_id, layer.toc_annotations}, self);
                if (!added) {
                    task.same_blob = known->second;
                    task.listed_by = tasks[known->second].listed_by;
                    task.work = tasks[known->second].image == i ? Work::nothing : Work::verify_blob;
                }
            }
            if (layer.diff_id && task.work == Work::list) {
                const auto [known, added] = streams.try_emplace(*layer.diff_id, self);
                if (!added && layer.toc_annotations.empty()) {
                    task.listed_by = known->second;
                    task.work = Work::verify_stream;
                }
            }
            tasks.push_back(std::move(task));
        }
    }
    return tasks;
}

std::shared_ptr<const LayerListing> list(const LayerRef& layer, const LoadOptions& options) {
    if (options.list) return options.list(layer, options.limits, options.progress);
    // Kept are digests; beside the fingerprints of other layers they would be something else.
    const bool digests_will_do = options.contents != Contents::fingerprints;
    if (options.kept && digests_will_do && keeps_listings(layer, options.limits)) {
        return read_layer_once(layer, options.limits, options.progress);
    }
    NoContent unseen(options.contents);
    return read_layer(layer, options.limits, options.progress, &unseen);
}

void perform(const LayerRef& layer, Task& task, const LoadOptions& options) {
    const bool once = options.kept && !options.list; // who reads layers in another way reads them
    switch (task.work) {
    case Work::list:
        task.result = list(layer, options);
        break;
    case Work::verify_stream:
        task.result = once ? verify_layer_once(layer, options.limits, options.progress)
                           : verify_layer(layer, options.limits, options.progress);
        break;
    case Work::verify_blob:
        if (once) {
            verify_blob_once(layer, options.limits, options.progress);
        } else {
            verify_blob(layer, options.progress);
        }
        break;
    case Work::nothing:
        break;
    }
}

void announce(const std::vector<const Image*>& images, const std::vector<Task*>& tasks, Progress* progress) {
    if (progress == nullptr) return;
    std::uint64_t bytes = 0;
    std::uint32_t layers = 0;
    for (const Task* task : tasks) {
        if (task->work == Work::nothing) continue;
        bytes += layer_of(images, *task).stored_size;
        ++layers;
    }
    progress->total_bytes += bytes;
    progress->total_layers += layers;
}

/// Threads without a layer of their own are worth their start where a layer is large.
Threads threads_for(const std::vector<const Image*>& images, const std::vector<Task*>& tasks) {
    constexpr std::uint64_t large = std::uint64_t{4} << 20;
    const bool any = std::any_of(tasks.begin(), tasks.end(), [&](const Task* task) {
        return task->work != Work::nothing && layer_of(images, *task).stored_size >= large;
    });
    return any ? Threads::to_help : Threads::for_each;
}

/// The largest first. Behind the first one that is inflated comes what is only hashed: that waits for the disk, or for
/// a registry, while the other computes.
void put_in_order(const std::vector<const Image*>& images, std::vector<Task*>& tasks) {
    std::stable_sort(tasks.begin(), tasks.end(), [&](const Task* a, const Task* b) {
        return layer_of(images, *a).stored_size > layer_of(images, *b).stored_size;
    });
    const auto is_only_hashed = [](const Task* task) { return task->work == Work::verify_blob; };
    const auto first = std::find_if_not(tasks.begin(), tasks.end(), is_only_hashed);
    if (first == tasks.end()) return;
    std::rotate(tasks.begin(), first, first + 1);
    std::stable_partition(tasks.begin() + 1, tasks.end(), is_only_hashed);
}

/// How many threads read the layers.
unsigned jobs_for(const std::vector<const Image*>& images, const std::vector<Task*>& tasks, unsigned jobs) {
    constexpr std::uint64_t hashed_of_listed = 8; // hashing what is stored, over inflating and hashing what comes out
    std::vector<std::uint64_t> costs;
    costs.reserve(tasks.size());
    for (const Task* task : tasks) {
        if (task->work == Work::nothing) continue;
        const std::uint64_t size = layer_of(images, *task).stored_size;
        costs.push_back(task->work == Work::verify_blob ? size / hashed_of_listed : size);
    }
    return even_jobs(costs, jobs);
}

void run(const std::vector<const Image*>& images, std::vector<Task*> tasks, const LoadOptions& options) {
    announce(images, tasks, options.progress);
    put_in_order(images, tasks);
    const auto work = [&](std::size_t i) {
        Task& task = *tasks[i];
        within(printable(images[task.image]->reference.text), [&] { perform(layer_of(images, task), task, options); });
    };
    parallel_for(tasks.size(), jobs_for(images, tasks, options.jobs), work, threads_for(images, tasks));
}

/// True when something was found in the blob, or said of it, that its stream does not hold.
bool has_table(const LayerListing& listing) {
    return listing.compression.toc.format != TocFormat::none ||
           std::any_of(listing.oddities.begin(), listing.oddities.end(),
                       [](const Oddity& oddity) { return is_beside_stream(oddity.code); });
}

/// Layers of one stream share its entries, and not what lies beside it in their blobs: where one of them has a table of
/// contents for lazy pulling, they are listed each by itself.
void list_apart(const std::vector<const Image*>& images, std::vector<Task>& tasks, const LoadOptions& options) {
    std::vector<Task*> apart;
    for (Task& task : tasks) {
        if (task.work != Work::verify_stream) continue;
        if (!has_table(*task.result) && !has_table(*tasks[task.listed_by].result)) continue;
        task.work = Work::list;
        task.own_listing = true;
        apart.push_back(&task);
    }
    if (!apart.empty()) run(images, apart, options);
}

std::vector<Task*> all_of(std::vector<Task>& tasks) {
    std::vector<Task*> all;
    all.reserve(tasks.size());
    for (Task& task : tasks) all.push_back(&task);
    return all;
}

/// Puts what the tasks found into the stacks, which have room for it.
void store(const std::vector<const Image*>& images, const std::vector<Task>& tasks, std::vector<Stack>& stacks) {
    for (const Task& task : tasks) {
        if (images[task.image]->is_artifact) continue;
        const Task& blob = tasks[task.same_blob];
        stacks[task.image].layers[task.layer] = {.ref = &layer_of(images, task),
                                                 .listing =
                                                     blob.own_listing ? blob.result : tasks[task.listed_by].result,
                                                 .stream = blob.result};
    }
}

void load(const std::vector<const Image*>& images, const Slice& slice, const LoadOptions& options,
          std::vector<Stack>& stacks) {
    std::vector<Task> tasks = plan(images, slice);
    run(images, all_of(tasks), options);
    list_apart(images, tasks, options);
    store(images, tasks, stacks);
}

/// The layers at the bottom that two images share. The second image's are verified by their digests in any case, beside
/// the layers above; those then decide whether the first image's are listed.
class Bottom {
public:
    Bottom(const std::vector<const Image*>& images, std::size_t count)
        : images_(images), count_(count), tasks_(plan(images, {0, count})) {}

    /// The work that does not wait for the layers above.
    std::vector<Task*> at_once() {
        std::vector<Task*> tasks;
        for (Task& task : tasks_) {
            if (task.image == 1) tasks.push_back(&task);
        }
        return tasks;
    }
    void list_rest(const LoadOptions& options, std::vector<Stack>& stacks) {
        run(images_, rest(), options);
        list_apart(images_, tasks_, options);
        store(images_, tasks_, stacks);
    }
    void verify_rest(const LoadOptions& options, std::vector<Stack>& stacks) {
        const std::vector<Task*> tasks = rest();
        for (Task* task : tasks) {
            if (task->work == Work::nothing) continue;
            task->work = Work::verify_blob;
            // One value for both sides, as when a layer is listed: whoever compares them sees the same stream.
            task->result = unlisted(layer_of(images_, *task));
        }
        run(images_, tasks, options);
        store(images_, tasks_, stacks);
        for (Stack& stack : stacks) stack.unlisted = count_;
    }

private:
    std::vector<Task*> rest() {
        std::vector<Task*> tasks;
        for (Task& task : tasks_) {
            if (task.image == 0) tasks.push_back(&task);
        }
        return tasks;
    }
    const std::vector<const Image*>& images_;
    std::size_t count_;
    std::vector<Task> tasks_;
};

} // namespace

std::vector<Stack> load_stacks(const std::vector<const Image*>& images, const LoadOptions& options) {
    std::vector<Stack> stacks(images.size());
    for (std::size_t i = 0; i < images.size(); ++i) {
        stacks[i].image = images[i];
        if (!images[i]->is_artifact) stacks[i].layers.resize(images[i]->layers.size());
    }
    const bool may_skip = options.shared == SharedBottom::verify && images.size() == 2;
    const std::size_t shared = may_skip ? shared_bottom(*images[0], *images[1]) : 0;
    if (shared == 0) {
        load(images, {}, options, stacks);
        return stacks;
    }
    Bottom bottom(images, shared);
    std::vector<Task> above = plan(images, {.first = shared});
    std::vector<Task*> tasks = all_of(above);
    for (Task* task : bottom.at_once()) tasks.push_back(task);
    run(images, tasks, options);
    list_apart(images, above, options);
    store(images, above, stacks);
    if (one_shape_above(stacks[0], stacks[1], shared)) {
        bottom.verify_rest(options, stacks);
    } else {
        bottom.list_rest(options, stacks);
    }
    return stacks;
}

void list_bottom(std::vector<Stack>& stacks, const LoadOptions& options) {
    std::vector<const Image*> images;
    images.reserve(stacks.size());
    for (const Stack& stack : stacks) images.push_back(stack.image);
    load(images, {.first = 0, .last = stacks.front().unlisted}, options, stacks);
    for (Stack& stack : stacks) stack.unlisted = 0;
}

} // namespace touchstone
