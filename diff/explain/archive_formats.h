// The parsers of archive formats, one per source file, for the table in formats_archive.cpp and for tests.
#pragma once

#include "diff/explain/members.h"

namespace touchstone::archives {

Parsed parse_zip(std::string_view name, ByteView bytes, const ExplainLimits& limits);  ///< archive_zip.cpp
Parsed parse_tar(std::string_view name, ByteView bytes, const ExplainLimits& limits);  ///< archive_tar.cpp
Parsed parse_ar(std::string_view name, ByteView bytes, const ExplainLimits& limits);   ///< archive_ar.cpp
Parsed parse_cpio(std::string_view name, ByteView bytes, const ExplainLimits& limits); ///< archive_cpio.cpp
Parsed parse_rpm(std::string_view name, ByteView bytes, const ExplainLimits& limits);  ///< archive_rpm.cpp

/// Formats that only libarchive reads; what it does not show stays an unexplained difference. archive_other.cpp
bool explain_7z(const Subject& subject, Analyzer& analyzer, Part& part);
bool explain_iso(const Subject& subject, Analyzer& analyzer, Part& part);
bool explain_cab(const Subject& subject, Analyzer& analyzer, Part& part);

/// META-INF/MANIFEST.MF by attributes. manifest.cpp
bool explain_manifest(const Subject& subject, Analyzer& analyzer, Part& part);

} // namespace touchstone::archives
