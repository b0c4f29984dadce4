// Causes: why two files differ, from a closed list (shared/spec/content-and-causes.md, 3.2). A table of named values:
// the code, what it means, how much it says about trust, and the line that a Dockerfile's author would paste. A new
// cause is one row; it appears by itself in reports, JSON and `touchstone rules --causes`.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace touchstone {

/// The 48 of the catalogue, in its order: times, orders, paths, environment, random values, versions, others.
enum class CauseId : std::uint8_t {
    tar_mtime,        ///< T1
    text_date,        ///< T2
    binary_time,      ///< T3
    day_count,        ///< T4
    copyright_year,   ///< T5
    timezone,         ///< T6
    duration,         ///< T7
    expiry,           ///< T8
    stale_pyc,        ///< T9
    line_order,       ///< O1
    readdir_order,    ///< O2
    hash_order,       ///< O3
    record_order,     ///< O4
    locale_order,     ///< O5
    parallel_order,   ///< O6
    install_order,    ///< O7
    build_path,       ///< P1
    temporary_path,   ///< P2
    home_path,        ///< P3
    host_name,        ///< E1
    kernel,           ///< E2
    cpu_features,     ///< E3
    environment_dump, ///< E4
    locale_text,      ///< E5
    umask,            ///< E6
    uid_map,          ///< E7
    host_xattr,       ///< E8
    fs_feature,       ///< E9
    random_id,        ///< R1
    key_material,     ///< R2
    signature,        ///< R3
    stale_memory,     ///< R4
    pointer,          ///< R5
    process_id,       ///< R6
    change_counter,   ///< R7
    race,             ///< R8
    package_version,  ///< V1
    base_image,       ///< V2
    download,         ///< V3
    toolchain,        ///< V4
    source_revision,  ///< V5
    ci_injection,     ///< V6
    cache_or_log,     ///< C1
    derived,          ///< C2
    compression_only, ///< C3
    float_or_profile, ///< C4
    other_platform,   ///< C5
    unexplained_code, ///< S1
    last_             // not a cause: the table's length
};

/// What a cause says about trust. Worse ones are greater. "Explained" is not "benign".
enum class CauseClass : std::uint8_t {
    benign_metadata, ///< how the bytes were written down; no reader of the file sees it
    hygiene,         ///< what a build should not leave behind or record; means nothing for what runs
    input_drift,     ///< the two builds had other inputs: equality is not to be expected
    suspicious,      ///< needs a person's eyes, whatever else is explained
};
std::string_view name_of(CauseClass value); ///< "benign-metadata", "hygiene", "input-drift", "suspicious"

struct CauseRow {
    CauseId id;
    std::string_view code; ///< "T2"; in JSON and text
    std::string_view name; ///< "text-date"
    CauseClass weight;
    std::string_view meaning;  ///< one sentence for people
    std::string_view remedy;   ///< one line to paste or to do; never empty
    std::string_view see_also; ///< an issue name of reproducible-builds' notes, or empty
};

/// All rows, in the order of the enum.
std::span<const CauseRow> cause_table();
const CauseRow& row_of(CauseId cause);
std::string_view code_of(CauseId cause);

} // namespace touchstone
