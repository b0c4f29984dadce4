// The table of causes. Remedies are lines that can be pasted or done as they stand.
#include "diff/explain/cause.h"

#include <array>
#include <cstddef>

namespace touchstone {

namespace {

using enum CauseClass;

constexpr std::array<CauseRow, static_cast<std::size_t>(CauseId::last_)> rows{{
    {CauseId::tar_mtime, "T1", "tar-mtime", benign_metadata, "only the time in the layer's tar header differs",
     "docker buildx build --output type=image,rewrite-timestamp=true --build-arg SOURCE_DATE_EPOCH=$(git log -1 "
     "--pretty=%ct); buildah and podman: --source-date-epoch … --rewrite-timestamp",
     ""},
    {CauseId::text_date, "T2", "text-date", hygiene, "a date or time of the build is written in the text",
     "declare ARG SOURCE_DATE_EPOCH in the stage, and print date -u -d \"@$SOURCE_DATE_EPOCH\" +%F",
     "timestamps_in_ps_generated_by_dvips"},
    {CauseId::binary_time, "T3", "binary-time", benign_metadata, "a time of the build is stored as a number",
     "tell the tool: gzip -n, zip -X, ar D, mkfs -T …, or SOURCE_DATE_EPOCH", ""},
    {CauseId::day_count, "T4", "day-count", hygiene, "the day of the last password change is stored in days",
     "set SOURCE_DATE_EPOCH for useradd (shadow 4.13 or later), or RUN chage -d 2024-01-01 USER", ""},
    {CauseId::copyright_year, "T5", "copyright-year", hygiene, "the year of the build is written in the text",
     "take the year from SOURCE_DATE_EPOCH", ""},
    {CauseId::timezone, "T6", "timezone", hygiene, "the same moment, written in two time zones",
     "ENV TZ=UTC, or date -u", ""},
    {CauseId::duration, "T7", "duration", hygiene, "how long a step of the build took is written down",
     "do not ship logs: rm them in the same RUN", ""},
    {CauseId::expiry, "T8", "expiry", suspicious, "a certificate was made during the build",
     "make certificates when the container first starts", ""},
    {CauseId::stale_pyc, "T9", "stale-pyc", benign_metadata,
     "bytecode names a time of its source that is not the source's",
     "ENV PYTHONDONTWRITEBYTECODE=1, or python -m compileall --invalidation-mode unchecked-hash", ""},
    {CauseId::line_order, "O1", "line-order", benign_metadata, "the same lines in another order",
     "sort with LC_ALL=C; find … -print0 | LC_ALL=C sort -z", "random_order_in_md5sums"},
    {CauseId::readdir_order, "O2", "readdir-order", benign_metadata,
     "the same files in the order in which the directory happened to list them",
     "sort the list: $(sort $(wildcard …)), find … | LC_ALL=C sort", ""},
    {CauseId::hash_order, "O3", "hash-order", benign_metadata, "the same keys or members in another order",
     "sort keys when writing; PYTHONHASHSEED=0, PERL_HASH_SEED=0", ""},
    {CauseId::record_order, "O4", "record-order", benign_metadata, "the same records or members in another order",
     "tar --sort=name, sorted arguments to ar and ld", "random_order_in_static_libraries"},
    {CauseId::locale_order, "O5", "locale-order", benign_metadata, "sorted by the rules of two locales",
     "ENV LC_ALL=C.UTF-8", ""},
    {CauseId::parallel_order, "O6", "parallel-order", hygiene,
     "the output of steps that ran side by side is interleaved",
     "run that step with -j1 (mksquashfs -processors 1, ld --threads=1)", ""},
    {CauseId::install_order, "O7", "install-order", hygiene, "packages or accounts were added in another order",
     "install packages in one fixed order, and give explicit ids: useradd -u 999", ""},
    {CauseId::build_path, "P1", "build-path", hygiene, "the directory in which it was built is written in the file",
     "build in a fixed WORKDIR; -ffile-prefix-map=$PWD=., go build -trimpath, rustc --remap-path-prefix",
     "gcc_captures_build_path"},
    {CauseId::temporary_path, "P2", "temporary-path", hygiene, "the name of a temporary file is written in the file",
     "build in a fixed directory, and do not record its name", ""},
    {CauseId::home_path, "P3", "home-path", hygiene,
     "the home directory or name of who built it is written in the file", "build as one fixed user", ""},
    {CauseId::host_name, "E1", "host-name", hygiene, "the name of the machine or container is written in the file",
     "docker buildx build --build-arg … has a fixed host name (buildkitsandbox); else do not record it", ""},
    {CauseId::kernel, "E2", "kernel", hygiene, "the version of the running kernel is written in the file",
     "do not record uname -r", ""},
    {CauseId::cpu_features, "E3", "cpu-features", suspicious, "the code was compiled for two kinds of processor",
     "fix the target: -march=x86-64-v2, GOAMD64=v1; no -march=native", ""},
    {CauseId::environment_dump, "E4", "environment-dump", hygiene,
     "the environment of the build is written in the file", "env -i for that step, or do not dump the environment", ""},
    {CauseId::locale_text, "E5", "locale-text", hygiene, "the same text in the words or signs of two locales",
     "ENV LC_ALL=C.UTF-8", ""},
    {CauseId::umask, "E6", "umask", hygiene, "permissions differ as by the umask of who checked out or built",
     "umask 022, or COPY --chmod=u=rwX,go=rX", ""},
    {CauseId::uid_map, "E7", "uid-map", hygiene, "owners differ as by the user who built", "COPY --chown=0:0", ""},
    {CauseId::host_xattr, "E8", "host-xattr", hygiene, "the build host's file system added an extended attribute",
     "build on the same kind of file system, or without its security labels", ""},
    {CauseId::fs_feature, "E9", "fs-feature", benign_metadata,
     "the builder's storage shows the same files in another way", "build with the same snapshotter", ""},
    {CauseId::random_id, "R1", "random-id", hygiene, "a random identifier was made during the build",
     "derive it from SOURCE_DATE_EPOCH or the source, or remove it from the image", ""},
    {CauseId::key_material, "R2", "key-material", suspicious, "a key, salt or password was made during the build",
     "do not bake keys: make them when the container first starts, and replace these", ""},
    {CauseId::signature, "R3", "signature", suspicious, "the same content was signed twice",
     "sign deterministically (Ed25519, RFC 6979), or keep signatures out of the image", ""},
    {CauseId::stale_memory, "R4", "stale-memory", hygiene,
     "unused bytes, or marks of what was in memory, were written with it",
     "remove the file, or have its writer clear its buffers", ""},
    {CauseId::pointer, "R5", "pointer", hygiene, "a memory address is written in the file",
     "do not print addresses; setarch -R for that step", ""},
    {CauseId::process_id, "R6", "process-id", hygiene, "a process id is written in the file",
     "rm lock and temporary files in the same RUN", ""},
    {CauseId::change_counter, "R7", "change-counter", benign_metadata,
     "a counter of the database's changes, or its layout, differs", "make the database once, and end with VACUUM", ""},
    {CauseId::race, "R8", "race", suspicious, "one side stops early or repeats: the build has a race",
     "find the race; run that step with -j1", ""},
    {CauseId::package_version, "V1", "package-version", input_drift, "another version of a package was installed",
     "pin: apt from snapshot.debian.org, apk add PACKAGE=VERSION, a lock file", ""},
    {CauseId::base_image, "V2", "base-image", input_drift, "the base image is another one", "FROM image@sha256:…", ""},
    {CauseId::download, "V3", "download", input_drift, "something was downloaded, and has changed since",
     "ADD --checksum=sha256:… URL, and pin commits instead of branches", ""},
    {CauseId::toolchain, "V4", "toolchain", input_drift, "another version of the tool made it",
     "pin the builder and its image by digest", ""},
    {CauseId::source_revision, "V5", "source-revision", input_drift,
     "another commit or state of the source is written in the file",
     "rebuild the same commit; go build -buildvcs=false", ""},
    {CauseId::ci_injection, "V6", "ci-injection", input_drift, "the build service wrote its run into it",
     "give run ids as annotations, or as a fixed ARG", ""},
    {CauseId::cache_or_log, "C1", "cache-or-log", hygiene, "a cache or log that a build leaves behind",
     "rm -rf it in the same RUN, or RUN --mount=type=cache", ""},
    {CauseId::derived, "C2", "derived", benign_metadata, "it is computed from another file that differs",
     "nothing here: settle the file that it is computed from", ""},
    {CauseId::compression_only, "C3", "compression-only", benign_metadata, "the same content, compressed differently",
     "use the same compressor and level", ""},
    {CauseId::float_or_profile, "C4", "float-or-profile", suspicious,
     "numbers differ in their last digits, or a profile steered the compiler",
     "no profile-guided optimization in the build, and fixed seeds", ""},
    {CauseId::other_platform, "C5", "other-platform", input_drift, "the code is for another platform",
     "compare images of one platform", ""},
    {CauseId::unexplained_code, "S1", "unexplained-code", suspicious,
     "code or configuration differs, and no cause explains it", "look at it: touchstone explain, diffoscope", ""},
}};

constexpr bool in_order() {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (static_cast<std::size_t>(rows.at(i).id) != i) return false;
    }
    return true;
}
static_assert(in_order());

} // namespace

std::string_view name_of(CauseClass value) {
    switch (value) {
    case benign_metadata:
        return "benign-metadata";
    case hygiene:
        return "hygiene";
    case input_drift:
        return "input-drift";
    case suspicious:
        break;
    }
    return "suspicious";
}

std::span<const CauseRow> cause_table() {
    return rows;
}
const CauseRow& row_of(CauseId cause) {
    return rows.at(static_cast<std::size_t>(cause));
}
std::string_view code_of(CauseId cause) {
    return row_of(cause).code;
}

} // namespace touchstone
