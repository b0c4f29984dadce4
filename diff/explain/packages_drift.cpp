// Packages whose versions differ between two images: the root cause of most files that differ, so it is told first and
// the files are folded under it.
#include "diff/explain/packages.h"

#include <array>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace touchstone {

namespace {

/// Versions of one package by architecture; rpm can have several of one at once.
using Versions = std::map<std::string, std::set<std::string>>;
using Name = std::pair<std::string, std::string>; // system, base name
using Sides = std::array<Versions, 2>;

void collect(const PackageDatabase& database, std::size_t side, std::map<Name, Sides>& all) {
    for (const Package& package : database.packages) {
        if (!package.installed) continue;
        all[{package.system, package.base}].at(side)[package.architecture].insert(package.version);
    }
}

std::optional<std::string> joined(const std::set<std::string>& versions) {
    std::optional<std::string> text;
    for (const std::string& version : versions) text = text ? *text + ", " + version : version;
    return text;
}

void compare(const Name& name, const std::string& shown, const std::array<std::set<std::string>, 2>& versions,
             std::vector<PackageDrift>& drift) {
    if (versions[0] == versions[1]) return;
    drift.push_back({name.first, shown, {joined(versions[0]), joined(versions[1])}, {}});
}

/// The versions of the one architecture, or none.
std::set<std::string> only(const Versions& versions) {
    return versions.empty() ? std::set<std::string>{} : versions.begin()->second;
}

std::set<std::string> of(const Versions& versions, const std::string& architecture) {
    const auto found = versions.find(architecture);
    return found == versions.end() ? std::set<std::string>{} : found->second;
}

} // namespace

std::vector<PackageDrift> package_drift(const PackageDatabase& published, const PackageDatabase& rebuilt) {
    std::map<Name, Sides> all;
    collect(published, 0, all);
    collect(rebuilt, 1, all);
    std::vector<PackageDrift> drift;
    for (const auto& [name, sides] : all) {
        if (sides[0].size() <= 1 && sides[1].size() <= 1) {
            compare(name, name.second, {only(sides[0]), only(sides[1])}, drift);
            continue;
        }
        std::set<std::string> architectures;
        for (const Versions& versions : sides) {
            for (const auto& [architecture, unused] : versions) architectures.insert(architecture);
        }
        for (const std::string& architecture : architectures) {
            const std::string shown = name.second + (name.first == "rpm" ? "." : ":") + architecture;
            compare(name, architecture.empty() ? name.second : shown,
                    {of(sides[0], architecture), of(sides[1], architecture)}, drift);
        }
    }
    return drift;
}

} // namespace touchstone
