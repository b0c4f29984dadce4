// The order of the rules on words: what is traced to its origin first (digests, keys, the config's host names), then by
// the words beside it, and what is merely of a form last.
#include "diff/explain/detect_rules.h"

#include <array>

namespace touchstone {

namespace {

constexpr std::array<DetectorRow, 21> rows{{
    {"derived-digest", run_rule<derived_digest>},
    {"armour", armour_blocks},
    {"password-hash", run_rule<password_hash>},
    {"signature", run_rule<signature_line>},
    {"source-revision", run_rule<source_revision>},
    {"ci-injection", run_rule<ci_injection>},
    {"temporary-path", run_rule<temporary_path>},
    {"home-path", run_rule<home_path>},
    {"build-path", run_rule<build_path>},
    {"kernel", run_rule<kernel>},
    {"host-name", run_rule<host_name>},
    {"builder", run_rule<builder_name>},
    {"toolchain", run_rule<toolchain>},
    {"download", run_rule<download>},
    {"package-version", run_rule<package_version>},
    {"pointer", run_rule<pointer>},
    {"process-id", run_rule<process_id>},
    {"random-id", run_rule<random_id>},
    {"locale", run_rule<locale_text>},
    {"last-digits", run_rule<last_digits>},
    {"environment", run_rule<environment_dump>}, // a path or host name among its lines has its own cause
}};

} // namespace

std::span<const DetectorRow> token_detectors() {
    return rows;
}

} // namespace touchstone
