// The table of document formats, the more specific first: accounts and package databases go by name and are never
// anything else; JSON goes by its shape, so it comes last.
#include "diff/explain/documents.h"

#include <array>

namespace touchstone {

namespace {

constexpr std::array<FormatRow, 11> rows{{{"machine-id", recognizes_machine_id, analyze_machine_id},
                                          {"shadow", recognizes_shadow, analyze_shadow},
                                          {"accounts", recognizes_accounts, analyze_accounts},
                                          {"dpkg status", recognizes_dpkg_status, analyze_dpkg_status},
                                          {"apk installed", recognizes_apk_installed, analyze_apk_installed},
                                          {"wheel RECORD", recognizes_wheel_record, analyze_wheel_record},
                                          {"pem", recognizes_pem, analyze_pem},
                                          {"x509", recognizes_certificate, analyze_certificate},
                                          {"properties", recognizes_properties, analyze_properties},
                                          {"ini", recognizes_ini, analyze_ini},
                                          {"json", recognizes_json, analyze_json}}};

} // namespace

std::span<const FormatRow> document_formats() {
    return rows;
}

} // namespace touchstone
