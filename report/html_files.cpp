// Every path that differs, what to look at first standing first. The first of them with everything that is known; the
// rest with a line each, folded by directory, so that 20,000 of them open as fast as twenty.
#include "report/html_parts.h"

#include "base/printable.h"
#include "report/canvas.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace touchstone {

namespace {

constexpr std::size_t detailed_files = 500; // more than anybody opens one by one; the JSON has all
constexpr std::size_t detail_share = 500;   // thousandths of the page for files with details …
constexpr std::size_t line_share = 220;     // … and for those with a line each
constexpr std::size_t file_limit = 150'000; // bytes of page for one file, so that one cannot crowd out the others
constexpr std::size_t open_files = 3;       // unfolded at first, so that the page shows what a file looks like
constexpr std::size_t chips = 3;            // causes in a row's heading
constexpr std::size_t file_claim_width = 160;
constexpr std::size_t remedy_limit = 600;

std::string_view sign_word(char sign) {
    return sign == '-' ? "only published" : sign == '+' ? "only rebuilt" : "on both sides";
}

/// The facts that differ, in words for a heading: "content, mode".
std::string fact_names(const Item& item) {
    std::string text;
    for (const Finding* finding : item.findings) {
        if (!text.empty()) text += ", ";
        text += is_presence(*finding) ? presence_text(*finding) : printable_short(finding->fact, 80);
    }
    return text;
}

void put_status(Html& html, const Item& item) {
    const FileExplanation* file = item.explanation;
    if (item.weight == Weight::security) html.put("<span class=\"chip security\">security</span>");
    if (file == nullptr) return;
    const std::vector<CauseId> causes = by_weight(file->causes);
    for (std::size_t i = 0; i < std::min(causes.size(), chips); ++i) put_cause(html, causes[i]);
    if (causes.size() > chips) html.put("<span class=\"chip\">+{}</span>", causes.size() - chips);
    if (!file->examined) {
        html.put("<span class=\"chip unexamined\">not examined</span>");
    } else if (!file->accepted.empty()) {
        html.put("<span class=\"chip accepted\">accepted: {}</span>", shown(file->accepted));
    } else if (!file->explained) {
        const bool partly = file->coverage > 0 && file->coverage < 1000 && !file->part.kind.empty();
        html.put("<span class=\"chip unexplained\">{}</span>",
                 partly ? per_mille_text(file->coverage) + " explained" : std::string("not explained"));
    }
}

void put_facts(Html& html, const Item& item) {
    html.put("<table class=\"facts\"><thead><tr><th>fact</th><th>published</th><th>rebuilt</th></tr></thead><tbody>\n");
    for (const Finding* finding : item.findings) {
        html.put("<tr class=\"{}\"><th scope=\"row\">{}{}</th>", name_of(finding->weight),
                 finding->weight == Weight::security ? "! " : "", printable_short(finding->fact, 80));
        for (const auto& value : {finding->published, finding->rebuilt}) {
            html.put("<td>");
            put_optional(html, value);
            html.put("</td>");
        }
        html.put("</tr>\n");
        if (finding->present && is_presence(*finding)) {
            html.put("<tr><th scope=\"row\">what it is</th><td colspan=\"2\">{}, {} ", shown(finding->present->type),
                     human_bytes(finding->present->size));
            if (finding->present->content) put_value(html, *finding->present->content);
            html.put("</td></tr>\n");
        }
        if (!finding->detail.empty()) {
            html.put("<tr><td></td><td colspan=\"2\">{}</td></tr>\n", said(finding->detail, 400));
        }
    }
    html.put("</tbody></table>\n");
}

/// The first difference with that cause says why it was chosen.
const Difference* first_with(const Part& part, CauseId cause) {
    for (const Difference& difference : part.differences) {
        if (difference.cause == cause && !difference.evidence.empty()) return &difference;
    }
    for (const Part& inner : part.parts) {
        if (const Difference* found = first_with(inner, cause)) return found;
    }
    return nullptr;
}

void put_file_causes(Html& html, const FileExplanation& file) {
    if (file.causes.empty()) return;
    html.put("<ul class=\"reasons-list\">\n");
    for (const CauseId cause : by_weight(file.causes)) {
        const CauseRow& row = row_of(cause);
        html.put("<li>");
        put_cause(html, cause);
        html.put(" {} <span class=\"class\">{}</span>", row.meaning, name_of(row.weight));
        if (const Difference* example = first_with(file.part, cause)) {
            html.put("<br><span class=\"evidence\">{}</span>", said(example->evidence));
        }
        html.put("</li>\n");
    }
    html.put("</ul>\n");
}

void put_line(Html& html, std::string_view name, std::string_view text) {
    if (!text.empty()) html.put("<dt>{}</dt><dd>{}</dd>\n", name, text);
}

/// A link where there is a page. The path is the user's own, as the user wrote it, and leads nowhere but to a file.
void put_diffoscope(Html& html, const FileExplanation& file) {
    if (!file.diffoscope || file.diffoscope->output.empty()) {
        put_line(html, "diffoscope", diffoscope_text(file));
        return;
    }
    const std::string& path = file.diffoscope->output;
    std::string link = path.starts_with('/') ? "file://" : "./";
    for (const char c : path) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view("/._-").find(c) != std::string_view::npos;
        link += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    html.put("<dt>diffoscope</dt><dd><a href=\"{}\">{}</a></dd>\n", link, printable(path));
}

void put_answers(Html& html, const Page& page, const Item& item) {
    html.put("<dl class=\"answers\">\n");
    if (const FileExplanation* file = item.explanation) {
        if (const std::string coverage = coverage_text(*file); !coverage.empty()) {
            html.put(
                "<dt>explained</dt><dd><svg class=\"bar cover\" width=\"120\" height=\"8\" aria-hidden=\"true\"><rect "
                "class=\"{}\" width=\"{}\" height=\"8\"/></svg> {}</dd>\n",
                file->explained ? "done" : "part", fmt::format("{}%", file->coverage / 10), coverage);
        }
        if (!file->derived_of.empty()) {
            html.put("<dt>because of</dt><dd>");
            put_path(html, page, file->derived_of);
            html.put("</dd>\n");
        }
        put_line(html, "owner", owner_text(*file));
        put_diffoscope(html, *file);
        if (!file->remedy.empty()) {
            html.put("<dt>to do</dt><dd><code class=\"paste\">{}</code></dd>\n", said(file->remedy, remedy_limit));
        }
    }
    for (const std::string& claim : claims_of(page.comparison, item, file_claim_width))
        put_line(html, "claimed by", claim);
    html.put("</dl>\n");
}

void put_file(Html& html, const Page& page, const Item& item, std::size_t number, bool open) {
    const Allowance room(html, file_limit);
    const std::string_view directory = directory_of(item.path());
    const char sign = sign_of(item.first());
    html.put("<details class=\"file {}\" id=\"{}f{}\"", name_of(standing_of(item)), page.prefix, number);
    html.put(open ? Markup<>(" open>") : Markup<>(">"));
    html.put("<summary><span class=\"sign\" title=\"{}\">{}</span><span class=\"path\">{}<b>{}</b></span>",
             sign_word(sign), sign == ' ' ? "±" : std::string(1, sign == '-' ? '-' : '+'), shown(directory),
             shown(item.path().substr(directory.size())));
    html.put("<span class=\"status\">");
    put_status(html, item);
    html.put("</span></summary>\n<div class=\"body\">\n");
    if (item.explanation != nullptr) put_file_causes(html, *item.explanation);
    put_facts(html, item);
    put_answers(html, page, item);
    if (item.explanation != nullptr && !item.explanation->part.kind.empty()) {
        put_part(html, item.explanation->part, room);
    }
    html.put("</div></details>\n");
}

/// The files without details, folded by directory.
class Crowd {
public:
    Crowd(Html& html, const Page& page) : html_(html), left_(page.part_of_share(line_share)) {}

    void put(const std::vector<const Item*>& items) {
        std::vector<const Item*> order = items;
        std::stable_sort(order.begin(), order.end(), [](const Item* a, const Item* b) {
            return directory_of(a->path()) < directory_of(b->path());
        });
        for (std::size_t from = 0, to = 0; from < order.size(); from = to) {
            const std::string_view directory = directory_of(order[from]->path());
            while (to < order.size() && directory_of(order[to]->path()) == directory) ++to;
            put_directory(directory, std::span(order).subspan(from, to - from));
        }
    }
    std::uint64_t left_out() const { return left_out_; }

private:
    void put_directory(std::string_view directory, std::span<const Item* const> items) {
        if (left_ == 0) {
            left_out_ += items.size();
            return;
        }
        const Allowance room(html_, left_);
        const std::size_t before = html_.size();
        html_.put("<details class=\"crowd\"><summary><span class=\"path\">{}</span> <span class=\"count\">{}</span>"
                  "</summary><ul>\n",
                  directory.empty() ? "(top)" : shown(directory), many(items.size(), "file"));
        for (const Item* item : items) {
            if (!room.left()) {
                ++left_out_;
                continue;
            }
            put_item(*item, directory.size());
        }
        html_.put("</ul></details>\n");
        left_ -= std::min(left_, html_.size() - before);
    }

    void put_item(const Item& item, std::size_t known) {
        const char sign = sign_of(item.first());
        html_.put("<li>{} <b>{}</b> <i>{}", sign == ' ' ? "±" : std::string(1, sign), shown(item.path().substr(known)),
                  fact_names(item));
        if (const FileExplanation* file = item.explanation) {
            for (const CauseId cause : by_weight(file->causes)) html_.put(" · {}", cause_name(cause));
            if (file->examined && !file->explained) html_.put(" · not explained");
        }
        html_.put("</i></li>\n");
    }

    Html& html_;
    std::size_t left_; ///< bytes; details in between are not on this account
    std::uint64_t left_out_ = 0;
};

std::string_view note_on(Standing standing) {
    switch (standing) {
    case Standing::security:
        return "What an attacker would change: code, keys, accounts, rights. Listed first, whatever explains it.";
    case Standing::unexplained:
        return "At least one byte or fact has no cause. A covered share is a help for reading, not an answer.";
    case Standing::suspicious:
        return "The cause is known, and it is of a kind that needs a person's eyes.";
    case Standing::input_drift:
        return "The two builds had other inputs: these files cannot be expected to be equal.";
    case Standing::hygiene:
        return "What a build should not leave behind or record. It means nothing for what runs.";
    case Standing::benign:
        return "No reader of these files sees the difference.";
    case Standing::unexamined:
        return "Only the facts are known: explaining was not asked for, or it was cut.";
    case Standing::accepted:
        break;
    }
    return "Covered by a rule that was turned on by name.";
}

void put_filter(Html& html, const std::array<std::size_t, standing_count>& counts, std::string_view prefix) {
    html.put("<form class=\"filter\" data-for=\"{}files\" hidden><label>Find <input type=\"search\" "
             "placeholder=\"part of a path or cause\" autocomplete=\"off\" spellcheck=\"false\"></label>\n",
             prefix);
    for (std::size_t i = 0; i < standing_count; ++i) {
        if (counts.at(i) == 0) continue;
        const auto standing = static_cast<Standing>(i);
        html.put("<label class=\"pick {}\"><input type=\"checkbox\" value=\"{}\" checked> {} <b>{}</b></label>\n",
                 name_of(standing), name_of(standing), name_of(standing), grouped(counts.at(i)));
    }
    html.put(
        "<button type=\"button\" value=\"open\">Unfold</button><button type=\"button\" value=\"close\">Fold</button>"
        "<output aria-live=\"polite\"></output></form>\n");
}

} // namespace

void put_files(Html& html, Page& page) {
    if (page.files.empty()) return;
    std::array<std::size_t, standing_count> counts{};
    for (const Item& item : page.files) ++counts.at(static_cast<std::size_t>(standing_of(item)));
    // Known before the first is drawn, because a file may point at a later one.
    for (std::size_t i = 0; i < std::min(page.files.size(), detailed_files); ++i) {
        page.detailed.emplace(page.files[i].path(), i + 1);
    }
    html.put("<section id=\"{}files\">\n<h2>File by file</h2>\n", page.prefix);
    put_filter(html, counts, page.prefix);
    const Allowance details(html, page.part_of_share(detail_share));
    Crowd crowd(html, page);
    std::uint64_t in_lines = 0;
    std::size_t i = 0;
    for (std::size_t standing = 0; standing < standing_count; ++standing) {
        if (counts.at(standing) == 0) continue;
        const auto kind = static_cast<Standing>(standing);
        html.put("<section class=\"group {}\" data-standing=\"{}\"><h3>{} <span class=\"count\">{}</span></h3>\n<p "
                 "class=\"note\">{}</p>\n",
                 name_of(kind), name_of(kind), title_of(kind), many(counts.at(standing), "path"), note_on(kind));
        std::vector<const Item*> rest;
        for (const std::size_t end = i + counts.at(standing); i < end; ++i) {
            if (i < detailed_files && details.left()) {
                put_file(html, page, page.files[i], i + 1, i < open_files);
            } else {
                page.detailed.erase(page.files[i].path());
                rest.push_back(&page.files[i]);
            }
        }
        in_lines += rest.size();
        crowd.put(rest);
        html.put("</section>\n");
    }
    if (in_lines > 0) {
        html.put("<p class=\"note\">{} {} shown with a line only; the JSON report has everything about each.</p>\n",
                 many(in_lines, "path"), in_lines == 1 ? "is" : "are");
    }
    if (crowd.left_out() > 0) put_more(html, crowd.left_out(), "path");
    html.put("</section>\n");
}

} // namespace touchstone
