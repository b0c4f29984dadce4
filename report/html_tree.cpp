// Where the files lie that differ: their directories as a tree, each with a bar as long as the bytes below it. Chains
// of directories with one child are one row, so that the tree is as deep as it has choices.
#include "report/html_parts.h"

#include "base/printable.h"
#include "report/canvas.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>

namespace touchstone {

namespace {

constexpr std::size_t deepest = 24;         // directories; what lies deeper is counted in the last one shown
constexpr std::size_t listed_rows = 300;    // rows of the tree: what one can scan
constexpr std::size_t listed_children = 20; // of one directory, the heaviest
constexpr double smallest_share = 0.012;    // of a bar that is not empty: it must be seen
constexpr std::size_t open_levels = 3;      // the rest is folded …
constexpr std::size_t few_files = 100;      // … and with more files than these all but the first level
constexpr std::size_t name_limit = 160;     // so the tree stays below a tenth of a page

/// Of the files below a directory.
struct Sums {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t urgent = 0; ///< of security weight or unexplained

    void add(const Sums& more) {
        files += more.files;
        bytes += more.bytes;
        urgent += more.urgent;
    }
};

struct Branch {
    std::string_view name;
    std::string_view path; ///< set for files
    Sums sums;
    std::map<std::string_view, Branch*> children;
};

std::uint64_t number_in(const std::optional<std::string>& text) {
    std::uint64_t number = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), number);
    return number;
}

/// The larger of both sides; 0 where nothing tells the size.
std::uint64_t size_of(const Item& item) {
    std::uint64_t size = 0;
    for (const Finding* finding : item.findings) {
        if (finding->present) size = std::max(size, finding->present->size);
        if (finding->fact == "size") {
            size = std::max({size, number_in(finding->published), number_in(finding->rebuilt)});
        }
    }
    if (item.explanation != nullptr) {
        for (const auto& side : item.explanation->part.size) size = std::max(size, side.value_or(0));
    }
    return size;
}

class Forest {
public:
    explicit Forest(const std::vector<Item>& files) {
        for (const Item& item : files) add(item);
    }
    const Branch& root() const { return root_; }

private:
    void add(const Item& item) {
        const Standing standing = standing_of(item);
        const bool urgent = standing == Standing::security || standing == Standing::unexplained;
        const Sums sums{.files = 1, .bytes = size_of(item), .urgent = urgent ? 1U : 0U};
        Branch* branch = &root_;
        branch->sums.add(sums);
        std::string_view rest = item.path();
        for (std::size_t depth = 0; !rest.empty() && depth < deepest; ++depth) {
            const std::size_t slash = rest.find('/');
            branch = child(*branch, rest.substr(0, slash));
            branch->sums.add(sums);
            rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
        }
        branch->path = item.path();
    }
    Branch* child(Branch& parent, std::string_view name) {
        Branch*& found = parent.children[name];
        if (found == nullptr) {
            found = &branches_.emplace_back();
            found->name = name;
        }
        return found;
    }

    Branch root_;
    std::deque<Branch> branches_;
};

/// The row that shows a branch, with the single children that it is joined with: "share/doc/nginx".
struct Row {
    std::string name;
    const Branch* last = nullptr;
};

Row row_of_branch(const Branch& branch) {
    Row row{.name = printable_short(branch.name, name_limit), .last = &branch};
    while (row.last->children.size() == 1 && row.last->path.empty()) {
        const Branch* only = row.last->children.begin()->second;
        if (only->children.empty()) break; // the file itself is a row of its own
        row.name += "/" + printable_short(only->name, name_limit);
        row.last = only;
    }
    return row;
}

class TreeDrawer {
public:
    TreeDrawer(Html& html, const Page& page, const Branch& root)
        : html_(html), page_(page), by_bytes_(root.sums.bytes > 0),
          whole_(by_bytes_ ? root.sums.bytes : root.sums.files) {
        unfold(root);
    }

    void draw(const Branch& root) {
        html_.put("<ul class=\"tree\">\n");
        draw_children(root, 0);
        html_.put("</ul>\n");
    }

private:
    std::uint64_t weight_of(const Branch& branch) const { return by_bytes_ ? branch.sums.bytes : branch.sums.files; }

    std::vector<const Branch*> children_of(const Branch& parent) const {
        std::vector<const Branch*> order;
        order.reserve(parent.children.size());
        for (const auto& [name, branch] : parent.children) order.push_back(branch);
        std::stable_sort(order.begin(), order.end(), [&](const Branch* a, const Branch* b) {
            return std::pair(weight_of(*a), a->sums.files) > std::pair(weight_of(*b), b->sums.files);
        });
        return order;
    }

    /// Chooses the directories whose children are shown: always the heaviest of those in sight, as long as there are
    /// rows. So a tree of any size shows where most of it lies.
    void unfold(const Branch& root) {
        const auto lighter = [&](const Branch* a, const Branch* b) {
            return std::pair(weight_of(*a), a->sums.files) < std::pair(weight_of(*b), b->sums.files);
        };
        std::vector<const Branch*> heap{&root};
        std::size_t rows = 0;
        while (!heap.empty() && rows < listed_rows) {
            std::pop_heap(heap.begin(), heap.end(), lighter);
            const Branch* parent = heap.back();
            heap.pop_back();
            std::vector<const Branch*> children = children_of(*parent);
            children.resize(std::min(children.size(), listed_children));
            rows += children.size() + 1;
            for (const Branch* child : children) {
                const Branch* last = row_of_branch(*child).last;
                if (last->children.empty()) continue;
                heap.push_back(last);
                std::push_heap(heap.begin(), heap.end(), lighter);
            }
            unfolded_[parent] = std::move(children);
        }
    }

    void draw_children(const Branch& parent, std::size_t level) {
        Sums rest = parent.sums;
        for (const Branch* branch : unfolded_.at(&parent)) {
            draw_branch(*branch, level);
            rest.files -= branch->sums.files;
            rest.bytes -= branch->sums.bytes;
        }
        if (!parent.path.empty()) --rest.files; // it is a file on one side and a directory on the other
        if (unfolded_.at(&parent).size() == parent.children.size()) return;
        html_.put("<li><div class=\"leaf\"><span class=\"rest\">… {} more {}</span><span></span><span "
                  "class=\"n\">{}</span></div></li>\n",
                  grouped(rest.files), rest.files == 1 ? "file" : "files",
                  rest.bytes > 0 ? human_bytes(rest.bytes) : std::string());
    }

    void draw_branch(const Branch& branch, std::size_t level) {
        const Row row = row_of_branch(branch);
        const bool directory = !row.last->children.empty();
        if (!unfolded_.contains(row.last)) {
            html_.put("<li><div class=\"leaf\">");
            put_row(row, directory);
            html_.put("</div></li>\n");
            return;
        }
        const bool open = level == 0 || (level < open_levels && page_.files.size() <= few_files);
        html_.put(open ? Markup<>("<li><details open><summary>") : Markup<>("<li><details><summary>"));
        put_row(row, directory);
        html_.put("</summary><ul>\n");
        draw_children(*row.last, level + 1);
        html_.put("</ul></details></li>\n");
    }

    void put_row(const Row& row, bool directory) {
        const Branch& branch = *row.last;
        const auto detailed = page_.detailed.find(branch.path);
        const std::string_view slash = directory ? "/" : "";
        if (!branch.path.empty() && detailed != page_.detailed.end()) {
            html_.put("<span class=\"cell\"><a class=\"name\" href=\"#{}f{}\">{}{}</a>", page_.prefix, detailed->second,
                      row.name, slash);
        } else {
            html_.put("<span class=\"cell\"><span class=\"name\">{}{}</span>", row.name, slash);
        }
        if (branch.sums.urgent > 0) {
            html_.put("<b class=\"flag\" title=\"of security weight, or not explained\">{}!</b>",
                      directory ? grouped(branch.sums.urgent) + " " : std::string());
        }
        html_.put("</span><svg class=\"bar\" width=\"100%\" height=\"8\" aria-hidden=\"true\"><rect class=\"some\" "
                  "width=\"{}\" height=\"8\"/>",
                  percent(share_of(branch)));
        if (branch.sums.urgent > 0) {
            const double urgent = static_cast<double>(branch.sums.urgent) / static_cast<double>(branch.sums.files);
            html_.put("<rect class=\"urgent\" width=\"{}\" height=\"8\"/>", percent(share_of(branch) * urgent));
        }
        html_.put("</svg><span class=\"n\">{}</span><span class=\"n\">{}</span>",
                  branch.sums.bytes > 0 ? human_bytes(branch.sums.bytes) : std::string(),
                  directory ? many(branch.sums.files, "file") : std::string());
    }

    double share_of(const Branch& branch) const {
        const std::uint64_t weight = weight_of(branch);
        if (weight == 0 || whole_ == 0) return 0;
        return std::max(smallest_share, static_cast<double>(weight) / static_cast<double>(whole_));
    }
    static std::string percent(double share) { return fmt::format("{:.2f}%", share * 100); }

    Html& html_;
    const Page& page_;
    bool by_bytes_;
    std::uint64_t whole_;
    std::map<const Branch*, std::vector<const Branch*>> unfolded_; ///< only looked up in, never walked
};

} // namespace

void put_tree(Html& html, const Page& page) {
    if (page.files.size() < 2) return;
    const Forest forest(page.files);
    html.put(
        "<section id=\"{}where\">\n<h2>Where they differ</h2>\n<p class=\"note\">{}. What is of security weight or "
        "not explained is counted with ! and stands at the start of a bar.</p>\n",
        page.prefix,
        forest.root().sums.bytes > 0 ? "Bars are the bytes of the files that differ, the larger side of each"
                                     : "Bars are the number of paths that differ");
    TreeDrawer(html, page, forest.root()).draw(forest.root());
    html.put("</section>\n");
}

} // namespace touchstone
