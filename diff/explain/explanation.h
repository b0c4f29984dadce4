// The result of the second pass over a comparison: each divergent file with its parts and causes, whose package it is,
// what was accepted by name, and the shortest list of changes that would settle most. Data for every renderer.
#pragma once

#include "diff/explain/part.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace touchstone {

/// What a package's own database says of a file on one side.
struct Ownership {
    enum class Match : std::uint8_t {
        not_recorded, ///< the package owns it, but records no checksum for it
        matches,
        differs,
    };
    std::string package; ///< "perl-base"; raw
    std::string version; ///< "5.36.0-7"; raw
    std::string system;  ///< "dpkg", "apk", "rpm"
    std::string digest;  ///< algorithm of the recorded checksum, "md5", "sha1", "sha256"; empty where none
    Match match = Match::not_recorded;
    bool configuration = false; ///< a conffile: meant to be changed
};
std::string_view name_of(Ownership::Match match); ///< "not-recorded", "matches", "differs"

/// What came of handing a pair of files to another program.
struct OutsideLook {
    std::string output; ///< the path of its page, below the directory that the user named; or empty
    std::string why;    ///< why there is none, printable; empty where there is one
};

/// One divergent file.
struct FileExplanation {
    std::string path; ///< raw; sorted by compare_paths in Explanation::files
    Part part;        ///< of content, where both sides have a regular file; else part.kind is empty
    /// Causes of facts other than content (mode, owner, xattr, presence), with the content's.
    std::map<CauseId, std::uint64_t> causes;
    CauseClass worst = CauseClass::suspicious; ///< of the causes; suspicious where something is unexplained code
    bool explained = false;                    ///< every fact and every byte
    /// Covered bytes of a thousand differing ones, rounded down (so 1000 means all); 1000 when only other facts differ.
    unsigned coverage = 0;
    std::string derived_of; ///< raw path: this whole file differs because that one does; or empty
    std::string accepted;   ///< name of the normalizer or noise rule that accepts it; or empty
    std::array<std::optional<Ownership>, 2> owner;
    std::string remedy;                    ///< the one line for this file; from its weightiest cause
    std::optional<OutsideLook> diffoscope; ///< absent: it was not asked for, or the file is explained
    bool examined = true;                  ///< false: beyond the number of files or the time; only the facts are known
};

/// All files of one package whose version differs, or one that only one side has.
struct PackageDrift {
    std::string system;
    std::string package;
    std::array<std::optional<std::string>, 2> version;
    std::vector<std::string> files; ///< raw paths of divergent files, sorted
};

/// One change to the build and what it settles.
struct Remedy {
    CauseId cause = CauseId::last_;
    std::string text;
    std::uint64_t files = 0;   ///< files that have this cause
    std::uint64_t settles = 0; ///< files that would be equal after this change and those before it in the list
    std::string example;       ///< raw path
};

/// The same pair of words in several files: one source for all.
struct Vote {
    CauseId cause = CauseId::last_;
    std::array<std::string, 2> values; ///< raw
    std::uint64_t files = 0;
};

/// A file that was accepted by name (--accept): never dropped, listed with both digests.
struct AcceptedFile {
    std::string path;
    std::string rule;                                  ///< "gzip/1", "ldconfig-aux-cache/1"
    std::array<std::optional<std::string>, 2> content; ///< "sha256:…"; absent: that side has no such file
};

struct Explanation {
    std::vector<FileExplanation> files;
    std::vector<PackageDrift> drift;     ///< most files first, then by name
    std::vector<Remedy> remedies;        ///< the one that settles most first
    std::vector<Vote> votes;             ///< at least two files; most files first
    std::vector<AcceptedFile> accepted;  ///< by path
    std::uint64_t unexamined = 0;        ///< files beyond the number of files or the time
    std::string cut;                     ///< printable; which bound cut, or empty
    std::array<std::string, 2> packages; ///< "dpkg: 89 packages", or why there is no package database; printable
};

} // namespace touchstone
