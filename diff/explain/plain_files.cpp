// Without an image there are no host names, no packages and no other files: what needs those stays unexplained.
#include "diff/explain/plain_files.h"

#include "diff/explain/file_verdict.h"
#include "diff/security.h"

namespace touchstone {

namespace {
/// Nothing in a build is older than its sources; a year back is generous, and still no random number is a time.
constexpr std::int64_t year = 366LL * 86400;
} // namespace

FileExplanation explain_plain_files(const PlainFiles& files, const ExplainLimits& limits, std::chrono::seconds budget) {
    Clues clues;
    for (std::size_t side : {0U, 1U}) {
        SideClues& one = clues.side[side];
        one.created = files.built[side];
        one.newest_mtime = files.built[side];
        one.oldest_mtime = files.built[side] - year;
        one.mtimes = {files.built[side]};
    }
    Subject subject;
    subject.path = files.name;
    subject.name = files.name;
    subject.bytes = files.bytes;
    subject.mtime = files.built;
    subject.executable = files.executable;
    Analyzer analyzer(clues, limits, Analyzer::Clock::now() + budget);
    FileExplanation file;
    file.path = files.name;
    file.part = analyzer.analyze(subject);
    hide_secrets(file.part);
    file.causes = file.part.all_causes();
    file.explained = file.part.explained();
    const bool code = files.executable || sensitive(files.name) != nullptr;
    if (code && !file.explained) ++file.causes[CauseId::unexplained_code];
    conclude_file(file, false);
    return file;
}

} // namespace touchstone
