// Another program, run without a shell, for a limited time. It leads a process group of its own, so that the end of its
// time is the end of everything that it started.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace touchstone {

struct ChildEnd {
    bool timed_out = false;
    int status = 0; ///< exit status; of one that a signal ended 128 and its number
};

/// The file that `name` means on PATH, or an empty string.
std::string find_program(const std::string& name);

/// Runs `command` (its first word a path) in `directory`, which is its home and the place of its temporary files, too.
/// Its output goes nowhere, its input is empty, its files stay below `file_bytes`. Throws unreadable where it cannot be
/// started, interrupted after a signal; in any case nothing of its group is left running.
ChildEnd run_child(const std::vector<std::string>& command, const std::string& directory, std::chrono::seconds timeout,
                   std::uint64_t file_bytes);

} // namespace touchstone
