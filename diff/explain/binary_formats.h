// The handlers of binary formats: what the rows of the table in formats_binary.cpp call. Each pair of functions is one
// format, described where it is defined.
#pragma once

#include "diff/explain/binary_fields.h"

namespace touchstone {

bool recognizes_elf(std::string_view name, ByteView bytes);
bool analyze_elf(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_pe(std::string_view name, ByteView bytes);
bool analyze_pe(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_pyc(std::string_view name, ByteView bytes);
bool analyze_pyc(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_sqlite(std::string_view name, ByteView bytes);
bool analyze_sqlite(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_png(std::string_view name, ByteView bytes);
bool analyze_png(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_mo(std::string_view name, ByteView bytes);
bool analyze_mo(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_jks(std::string_view name, ByteView bytes);
bool analyze_jks(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_class(std::string_view name, ByteView bytes);
bool analyze_class(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_squashfs(std::string_view name, ByteView bytes);
bool analyze_squashfs(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_uimage(std::string_view name, ByteView bytes);
bool analyze_uimage(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_pdf(std::string_view name, ByteView bytes);
bool analyze_pdf(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_git_index(std::string_view name, ByteView bytes);
bool analyze_git_index(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_fontconfig(std::string_view name, ByteView bytes);
bool analyze_fontconfig(const Subject& subject, Analyzer& analyzer, Part& part);

} // namespace touchstone
