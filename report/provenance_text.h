// What provenance claims of layers, in the words and the JSON that all renderers share. It is always told as a claim.
#pragma once

#include "diff/comparison.h"
#include "report/json_writer.h"

#include <cstddef>
#include <string>

namespace touchstone {

/// The lines that are claimed for a layer, or nullptr.
const SourceLines* source_of(const std::optional<Provenance>& provenance, std::size_t layer);

/// "Dockerfile:4-6", "Dockerfile:2 (base image)"; printable.
std::string source_place(const SourceLines& lines);
/// The instruction on one line, its continuations joined; printable, about `width` bytes; may be empty.
std::string source_instruction(const SourceLines& lines, std::size_t width);
/// "Dockerfile:4-6: RUN make install".
std::string source_text(const SourceLines& lines, std::size_t width);

/// "used for 3 of 5 layers, and claims the base image alpine:3.17 (sha256:…)" or "not used, because …"; printable.
/// Empty where there is none.
std::string provenance_text(const std::optional<Provenance>& provenance);

/// The members "claimed_source" of a layer and "provenance" of a side; nothing where there is nothing to say.
void write_source(JsonWriter& json, const SourceLines* lines);
void write_provenance(JsonWriter& json, const std::optional<Provenance>& provenance);

} // namespace touchstone
