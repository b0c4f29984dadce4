// Between the package databases and the files: which databases the two trees hold, whose each divergent file is, and
// what a package's change of version explains.
#pragma once

#include "diff/explain/divergent.h"
#include "diff/explain/explanation.h"
#include "diff/explain/packages.h"
#include "diff/explain/second_look.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace touchstone {

class Owners {
public:
    explicit Owners(std::array<const Tree*, 2> trees) : trees_(trees) {}

    /// Asks for the databases of both sides, within the limits of packages.h.
    void want(SecondLook& look);
    /// After look.read(): knows the owners of `files` from now on.
    void read(const SecondLook& look, const std::vector<DivergentFile>& files);

    /// Sets FileExplanation::owner. `contents`: whole, or shorter than the file. Any thread.
    void find(const DivergentFile& file, const std::array<ByteView, 2>& contents, FileExplanation& out) const;

    /// True when the file differs, or is there on one side only, because its package has another version or is there on
    /// one side only, and each side's file is what its package recorded. Adds the cause.
    bool explains_whole(const DivergentFile& file, FileExplanation& out) const;

    /// Drift with its files, and the sentences about the databases.
    void finish(Explanation& result) const;

private:
    std::array<const Tree*, 2> trees_;
    std::array<std::vector<std::pair<std::string, const Entry*>>, 2> databases_; ///< path and content
    std::array<std::vector<std::string>, 2> skipped_;                            ///< which are too large, printable
    std::array<PackageDatabase, 2> read_;
    std::vector<PackageDrift> drift_;
};

} // namespace touchstone
