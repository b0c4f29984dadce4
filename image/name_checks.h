// What can be strange about names by themselves (spec section 3.1): bytes that no text has, length, case.
#pragma once

#include "image/entry.h"
#include "image/oddity_log.h"
#include "image/path_trie.h"

namespace touchstone {

/// '..' components, absolute names and very long paths of one entry.
void check_stored_name(const Entry& entry, OddityLog& log);

/// Each component once: UTF-8, control characters, length; and names that differ only in case.
void check_components(const PathTrie& trie, OddityLog& log);

} // namespace touchstone
