// What kind of file a pair is, as far as a detector must know before it dares: programs and configuration are never
// explained by the look of some bytes; logs and plain lists have no order.
#pragma once

#include "diff/explain/analyzer.h"

#include <string_view>

namespace touchstone {

/// The part after the last '/'.
std::string_view last_component(std::string_view path);
/// Without "./" or '/' in front.
std::string_view plain_path(std::string_view path);

/// Something that runs or is linked into what runs: by its x bit, by its first bytes on a side, by its name or by the
/// directory it is in, of the part or of the file that holds it.
bool is_program(const Subject& subject);
/// A file that steers programs: under etc/, or named like configuration. Order and every byte may matter.
bool is_configuration(const Subject& subject);
/// Under etc/ of some root: where every file steers something.
bool is_configuration_directory(const Subject& subject);
/// A log by its place or name.
bool is_log(const Subject& subject);

} // namespace touchstone
