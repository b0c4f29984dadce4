// The handlers of document formats, for the table in formats_document.cpp. Each says in its file how it accounts for
// every differing byte.
#pragma once

#include "diff/explain/analyzer.h"

namespace touchstone {

bool recognizes_json(std::string_view name, ByteView bytes); ///< document_json.cpp
bool analyze_json(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_pem(std::string_view name, ByteView bytes); ///< document_pem.cpp
bool analyze_pem(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_certificate(std::string_view name, ByteView bytes); ///< document_certificate.cpp
bool analyze_certificate(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_accounts(std::string_view name, ByteView bytes); ///< document_accounts.cpp: passwd, group
bool analyze_accounts(const Subject& subject, Analyzer& analyzer, Part& part);
bool recognizes_shadow(std::string_view name, ByteView bytes); ///< document_shadow.cpp: shadow, gshadow
bool analyze_shadow(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_properties(std::string_view name, ByteView bytes); ///< document_keyed.cpp
bool analyze_properties(const Subject& subject, Analyzer& analyzer, Part& part);
bool recognizes_ini(std::string_view name, ByteView bytes);
bool analyze_ini(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_dpkg_status(std::string_view name, ByteView bytes); ///< document_stanzas.cpp
bool analyze_dpkg_status(const Subject& subject, Analyzer& analyzer, Part& part);
bool recognizes_apk_installed(std::string_view name, ByteView bytes);
bool analyze_apk_installed(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_wheel_record(std::string_view name, ByteView bytes); ///< document_wheel.cpp
bool analyze_wheel_record(const Subject& subject, Analyzer& analyzer, Part& part);

bool recognizes_machine_id(std::string_view name, ByteView bytes); ///< document_wheel.cpp
bool analyze_machine_id(const Subject& subject, Analyzer& analyzer, Part& part);

} // namespace touchstone
