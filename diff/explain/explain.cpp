// One file after the other is what the Analyzer does; here is what surrounds it: which files, their contents in batches
// that fit into memory, the package databases, and the conclusions.
#include "diff/explain/explain.h"

#include "base/parallel.h"
#include "diff/explain/accept.h"
#include "diff/explain/base_drift.h"
#include "diff/explain/conclusions.h"
#include "diff/explain/divergent.h"
#include "diff/explain/fact_causes.h"
#include "diff/explain/file_verdict.h"
#include "diff/explain/gather_clues.h"
#include "diff/explain/large_file.h"
#include "diff/explain/noise.h"
#include "diff/explain/owners.h"
#include "diff/explain/second_look.h"
#include "normalize/path_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace touchstone {

namespace {

/// Contents that are held at once, both sides together: with 64 MiB a file and two threads there is room for the rest.
constexpr std::uint64_t batch_bytes = std::uint64_t{256} << 20;
/// Enough of a file to tell an executable or a script.
constexpr std::uint64_t head_bytes = 64;

bool is_secret(CauseId cause) {
    return cause == CauseId::key_material || cause == CauseId::expiry || cause == CauseId::signature;
}

class Explainer {
public:
    Explainer(const std::array<ExplainSide, 2>& sides, Comparison& comparison, const ExplainOptions& options,
              const LoadOptions& load)
        : sides_(sides), comparison_(comparison), options_(options), load_(load),
          deadline_(Analyzer::Clock::now() + options.budget), acceptance_(options.accept),
          files_(divergent_files(comparison.findings.list(), {&sides[0].tree, &sides[1].tree})),
          clues_(gather_clues({sides[0].stack.image, sides[1].stack.image}, {&sides[0].tree, &sides[1].tree}, files_)),
          owners_({&sides[0].tree, &sides[1].tree}),
          base_({&sides[0].stack, &sides[1].stack}, {&sides[0].tree, &sides[1].tree}) {}

    Explanation run() {
        Explanation result;
        result.files.resize(files_.size());
        const std::vector<std::size_t> order = order_of_files();
        SecondLook look({&sides_[0].stack, &sides_[1].stack}, load_);
        read_context(look);
        std::size_t done = 0;
        while (done < order.size() && Analyzer::Clock::now() < deadline_) {
            done = explain_batch(order, done, look, result);
        }
        if (done < order.size()) result.cut = fmt::format("--explain-budget: {} s were over", options_.budget.count());
        explain_facts(order, done, result);
        if (result.cut.empty() && order.size() < files_.size()) {
            result.cut = fmt::format("only the {} weightiest files were examined (--explain all)", order.size());
        }
        result.unexamined = files_.size() - done;
        owners_.finish(result);
        for (std::size_t side : {0U, 1U}) {
            // Their databases were not read: a file without an owner may have one there.
            if (sides_[side].stack.unlisted > 0) result.packages[side] += "; shared layers not looked into (--whole)";
        }
        result.votes = count_votes(result.files);
        result.remedies = find_remedies(result.files);
        take_accepted(result);
        return result;
    }

private:
    /// Security weight first, then by path; the small ones among equals are not preferred, so that the order is plain.
    std::vector<std::size_t> order_of_files() const {
        std::vector<std::size_t> order(files_.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t a, std::size_t b) { return files_[a].weight > files_[b].weight; });
        if (options_.mode != ExplainOptions::Mode::all && order.size() > options_.files) order.resize(options_.files);
        return order;
    }

    /// The package databases and the account names of both sides: clues for everything else.
    void read_context(SecondLook& look) {
        owners_.want(look);
        base_.want(look);
        std::array<const Entry*, 2> passwd{};
        for (std::size_t side : {0U, 1U}) {
            const Node* const node = find_node(sides_[side].tree, "etc/passwd");
            if (node == nullptr) continue;
            const Entry* const entry = sides_[side].tree.inode_of(*node).content;
            if (entry->type != EntryType::file || entry->size > options_.limits.file) continue;
            passwd[side] = entry;
            look.want(side, *entry);
        }
        look.read();
        for (std::size_t side : {0U, 1U}) {
            if (passwd[side] != nullptr) add_users(clues_.side[side], as_text(look.content(*passwd[side])));
        }
        owners_.read(look, files_);
        base_.read(look);
        look.clear();
    }

    bool is_large(const DivergentFile& file) const {
        return file.inode[0]->content->size > options_.limits.file ||
               file.inode[1]->content->size > options_.limits.file;
    }

    /// Takes as many files as fit into memory, at least one; returns where the next batch begins.
    std::size_t explain_batch(const std::vector<std::size_t>& order, std::size_t from, SecondLook& look,
                              Explanation& result) {
        std::size_t to = from;
        for (; to < order.size() && (to == from || look.bytes() < batch_bytes); ++to) {
            const DivergentFile& file = files_[order[to]];
            const bool whole = !(file.content_differs() && is_large(file));
            for (std::size_t side : {0U, 1U}) {
                if (!file.is_file(side)) continue;
                const Entry& entry = *file.inode[side]->content;
                const bool wanted = whole && entry.size <= options_.limits.file;
                look.want(side, entry, wanted ? UINT64_MAX : head_bytes);
            }
        }
        look.read();
        for (std::size_t i = from; i < to; ++i) add_derived(files_[order[i]], look);
        parallel_for(to - from, load_.jobs,
                     [&](std::size_t i) { result.files[order[from + i]] = explain_content(order[from + i], look); });
        look.clear();
        return to;
    }

    void add_derived(const DivergentFile& file, const SecondLook& look) {
        for (std::size_t side : {0U, 1U}) {
            if (!file.is_file(side)) continue;
            const Entry& entry = *file.inode[side]->content;
            const ByteView content = look.content(entry);
            if (content.size() == entry.size && entry.size > 0) clues_.side[side].derived.add(file.path, content);
        }
    }

    /// What needs the content: may run beside others of its kind.
    FileExplanation explain_content(std::size_t index, const SecondLook& look) const {
        const DivergentFile& file = files_[index];
        FileExplanation out;
        out.path = file.path;
        std::array<ByteView, 2> contents;
        for (std::size_t side : {0U, 1U}) {
            if (file.is_file(side)) contents[side] = look.content(*file.inode[side]->content);
        }
        owners_.find(file, contents, out);
        if (file.content_differs()) {
            out.part = is_large(file) ? explain_large_file(file, sides_stacks(), load_, options_.limits)
                                      : analyze(file, contents);
        }
        const std::string rule = acceptance_.accepts_whole(file, contents);
        out.accepted = rule.empty() ? acceptance_.accepts_content(file, out.part) : rule;
        note_noise_rule(file, contents, out);
        return out;
    }

    std::array<const Stack*, 2> sides_stacks() const { return {&sides_[0].stack, &sides_[1].stack}; }

    Part analyze(const DivergentFile& file, const std::array<ByteView, 2>& contents) const {
        Subject subject;
        subject.path = file.path;
        subject.name = file.path;
        subject.bytes = contents;
        subject.mtime = {file.inode[0]->meta->mtime.seconds, file.inode[1]->meta->mtime.seconds};
        subject.executable = file.executable();
        Analyzer analyzer(clues_, options_.limits, deadline_);
        Part part = analyzer.analyze(subject);
        hide_secrets(part);
        return part;
    }

    /// A cache or a log by its place: that explains all of it, unless it is something that could run.
    static void note_noise_rule(const DivergentFile& file, const std::array<ByteView, 2>& heads, FileExplanation& out) {
        const NoiseRule* const rule = noise_rule_for(file.path);
        if (rule == nullptr) return;
        for (std::size_t side : {0U, 1U}) {
            const Inode* const inode = file.inode.at(side);
            if (inode != nullptr && !loses_exemption(*rule, *inode->content, *inode->meta, heads.at(side)).empty()) {
                return;
            }
        }
        out.causes[CauseId::cache_or_log] = 1;
        out.remedy = rule->remedy;
    }

    /// Causes of all facts, and what follows for the file as a whole.
    void explain_facts(const std::vector<std::size_t>& order, std::size_t examined, Explanation& result) const {
        std::vector<bool> is_examined(files_.size());
        for (std::size_t i = 0; i < examined; ++i) is_examined[order[i]] = true;
        for (std::size_t i = 0; i < files_.size(); ++i) {
            FileExplanation& out = result.files[i];
            out.path = files_[i].path;
            out.examined = is_examined[i];
            conclude(files_[i], out);
        }
        for (std::size_t i = files_.size(); i-- > 0;) explain_directory(i, result.files);
    }

    /// A directory that only one side has is there because of what lies in it: it has the causes of that, if all of it
    /// has some. What it holds comes right behind it, and was looked at before it.
    void explain_directory(std::size_t index, std::vector<FileExplanation>& files) const {
        const DivergentFile& file = files_[index];
        const std::size_t side = file.inode[0] != nullptr ? 0 : 1;
        const bool alone =
            file.inode[side] != nullptr && file.inode[1 - side] == nullptr && file.weight != Weight::security;
        if (!alone || file.inode[side]->content->type != EntryType::directory || files[index].explained) return;
        FileExplanation& out = files[index];
        std::map<CauseId, std::uint64_t> causes;
        for (std::size_t i = index + 1; i < files_.size() && is_below(files_[i].path, file.path); ++i) {
            if (!files[i].explained) return;
            for (const auto& [cause, count] : files[i].causes) causes[cause] = 1;
        }
        if (causes.empty()) return;
        out.causes = std::move(causes);
        out.explained = true;
        out.remedy.clear();
        conclude_file(out, true);
    }

    void conclude(const DivergentFile& file, FileExplanation& out) const {
        bool whole = out.causes.contains(CauseId::cache_or_log) || owners_.explains_whole(file, out);
        if (!whole && out.examined && !out.part.explained() && !holds_secrets(out.part) && base_.explains(file)) {
            out.causes[CauseId::base_image] = 1;
            whole = true;
        }
        bool all = true;
        bool code = false;
        for (const Finding* finding : file.findings) {
            const bool of_content = finding->fact == "content" || finding->fact == "size";
            if (of_content || finding->fact == "presence") {
                const bool explained =
                    whole || (of_content && out.examined && file.content_differs() && out.part.explained());
                all = all && explained;
                code = code || (!explained && of_content && finding->weight == Weight::security);
            } else if (const auto cause = cause_of_fact(*finding, file)) {
                ++out.causes[*cause];
            } else {
                all = false;
            }
        }
        for (const auto& [cause, count] : out.part.all_causes()) {
            // What explains the whole file leaves nothing to the causes of its parts, but for secrets: those stay on
            // top.
            if (!whole || is_secret(cause)) out.causes[cause] += count;
        }
        if (code && out.examined) ++out.causes[CauseId::unexplained_code];
        out.explained = all;
        conclude_file(out, whole);
    }

    /// Moves what is accepted from the findings to a list of its own.
    void take_accepted(Explanation& result) {
        if (acceptance_.empty()) return;
        for (std::size_t i = 0; i < files_.size(); ++i) {
            if (result.files[i].accepted.empty()) continue;
            AcceptedFile accepted{.path = result.files[i].path, .rule = result.files[i].accepted, .content = {}};
            for (std::size_t side : {0U, 1U}) {
                if (files_[i].is_file(side))
                    accepted.content[side] = to_digest(files_[i].inode[side]->content->content).string();
            }
            result.accepted.push_back(std::move(accepted));
        }
        std::set<std::string_view> paths;
        for (const AcceptedFile& accepted : result.accepted) paths.insert(accepted.path);
        comparison_.findings.take_files(paths);
        comparison_.summary.accepted = paths.size();
    }

    std::array<ExplainSide, 2> sides_;
    Comparison& comparison_;
    const ExplainOptions& options_;
    const LoadOptions& load_;
    Analyzer::Clock::time_point deadline_;
    Acceptance acceptance_;
    std::vector<DivergentFile> files_;
    Clues clues_;
    Owners owners_;
    BaseDrift base_;
};

} // namespace

Explanation explain_differences(const std::array<ExplainSide, 2>& sides, Comparison& comparison,
                                const ExplainOptions& options, const LoadOptions& load) {
    return Explainer(sides, comparison, options, load).run();
}

} // namespace touchstone
