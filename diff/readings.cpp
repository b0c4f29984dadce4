// Decides whether a stack must be simulated, runs the simulations and says where they part.
#include "diff/readings.h"

#include "base/error.h"
#include "base/printable.h"
#include "diff/simulator.h"
#include "normalize/path_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace touchstone {

std::string_view name_of(Reading reading) {
    switch (reading) {
    case Reading::spec:
        return "spec";
    case Reading::naive:
        return "naive";
    case Reading::overlay:
        return "overlay";
    }
    return "";
}

namespace {

/// The triggers that can make appliers build different trees, as far as one layer shows them.
constexpr std::array simulated_codes{OddityCode::duplicate_path,          OddityCode::path_and_whiteout,
                                     OddityCode::hardlink_target_missing, OddityCode::opaque_placement,
                                     OddityCode::below_non_directory,     OddityCode::below_symlink,
                                     OddityCode::whiteout_inside_path};

bool needs_simulation(const Stack& stack) {
    return std::any_of(stack.layers.begin(), stack.layers.end(), [](const StackLayer& layer) {
        return std::any_of(layer.listing->oddities.begin(), layer.listing->oddities.end(), [](const Oddity& oddity) {
            return std::find(simulated_codes.begin(), simulated_codes.end(), oddity.code) != simulated_codes.end();
        });
    });
}

struct Simulated {
    std::optional<Tree> tree;
    std::string refusal;
    std::uint32_t refused_layer = 0;
    std::vector<Simulator::Redirected> redirected;
};

Simulated simulate(const Stack& stack, Reading reading) {
    Simulator simulator(reading);
    Simulated result;
    for (std::uint32_t i = 0; i < stack.layers.size(); ++i) {
        try {
            simulator.apply(stack.layers[i], i);
        } catch (const Refusal& refusal) {
            result.refusal = refusal.why;
            result.refused_layer = i;
            return result;
        }
    }
    result.redirected = simulator.redirected();
    result.tree = simulator.take();
    return result;
}

/// The first path at which two readings of one stack part.
std::string first_difference(const Tree& a, const Tree& b) {
    for (std::size_t i = 0; i < std::min(a.nodes.size(), b.nodes.size()); ++i) {
        const Inode& left = a.inode_of(a.nodes[i]);
        const Inode& right = b.inode_of(b.nodes[i]);
        if (a.nodes[i].path != b.nodes[i].path)
            return std::string(std::min(a.nodes[i].path, b.nodes[i].path, PathLess()));
        if (left.content != right.content || left.meta != right.meta) return std::string(a.nodes[i].path);
    }
    if (a.nodes.size() == b.nodes.size()) return {};
    const Tree& longer = a.nodes.size() > b.nodes.size() ? a : b;
    return std::string(longer.nodes[std::min(a.nodes.size(), b.nodes.size())].path);
}

void note_lower_symlinks(const Simulated& spec, const Stack& stack, std::vector<Oddity>& oddities) {
    std::vector<std::set<std::string_view>> said(stack.layers.size());
    for (std::size_t i = 0; i < stack.layers.size(); ++i) {
        for (const Oddity& oddity : stack.layers[i].listing->oddities) {
            if (oddity.code == OddityCode::below_symlink) said[i].insert(oddity.path);
        }
    }
    for (const Simulator::Redirected& found : spec.redirected) {
        if (said[found.layer].contains(found.path)) continue;
        oddities.push_back({.code = OddityCode::below_symlink,
                            .path = found.path,
                            .detail = "through a symbolic link of a lower layer",
                            .layer = static_cast<int>(found.layer)});
    }
}

void add_other(Readings& readings, Reading reading, Simulated other, std::vector<Oddity>& oddities) {
    if (!other.tree) {
        oddities.push_back({.code = OddityCode::readings_differ,
                            .path = {},
                            .detail = fmt::format("the {} reading refuses layer {}: {}", name_of(reading),
                                                  other.refused_layer, other.refusal),
                            .layer = static_cast<int>(other.refused_layer)});
        readings.others.push_back({.reading = reading, .tree = std::nullopt, .refusal = std::move(other.refusal)});
        return;
    }
    if (same_reading(readings.spec, *other.tree)) return;
    oddities.push_back({.code = OddityCode::readings_differ,
                        .path = first_difference(readings.spec, *other.tree),
                        .detail = fmt::format("the {} reading gives another tree, from this path on", name_of(reading)),
                        .layer = -1});
    readings.others.push_back({.reading = reading, .tree = std::move(other.tree), .refusal = {}});
}

} // namespace

bool same_reading(const Tree& a, const Tree& b) {
    return a.nodes.size() == b.nodes.size() && first_difference(a, b).empty();
}

Readings build_readings(const Stack& stack, std::vector<Oddity>& oddities) {
    Readings readings;
    if (!needs_simulation(stack)) {
        if (auto tree = build_by_merging(stack)) {
            readings.spec = std::move(*tree);
            return readings;
        }
    }
    Simulated spec = simulate(stack, Reading::spec);
    Simulated naive = simulate(stack, Reading::naive);
    Simulated overlay = simulate(stack, Reading::overlay);
    if (!spec.tree && !naive.tree) {
        fail(ErrorKind::malformed,
             fmt::format("{}: layer {} cannot be applied by any runtime: {}", printable(stack.image->reference.text),
                         spec.refused_layer, spec.refusal));
    }
    if (!spec.tree) {
        oddities.push_back(
            {.code = OddityCode::readings_differ,
             .path = {},
             .detail = fmt::format("the spec reading refuses layer {}: {}; shown as containerd applies it",
                                   spec.refused_layer, spec.refusal),
             .layer = static_cast<int>(spec.refused_layer)});
        readings.others.push_back({.reading = Reading::spec, .tree = std::nullopt, .refusal = spec.refusal});
        readings.spec = std::move(*naive.tree);
    } else {
        readings.spec = std::move(*spec.tree);
        note_lower_symlinks(spec, stack, oddities);
        add_other(readings, Reading::naive, std::move(naive), oddities);
    }
    add_other(readings, Reading::overlay, std::move(overlay), oddities);
    return readings;
}

} // namespace touchstone
