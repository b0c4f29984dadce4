// Only the component in which two paths part decides; its rank comes first, then its bytes.
#include "normalize/canonical_order.h"

#include "normalize/path_order.h"

namespace touchstone {

namespace {

std::string_view component_at(std::string_view path, std::size_t position) {
    const std::size_t slash = path.rfind('/', position == 0 ? 0 : position - 1);
    const std::size_t start = position == 0 || slash == std::string_view::npos ? 0 : slash + 1;
    return path.substr(start, path.find('/', start) - start);
}

int rank_of(std::string_view component) {
    if (component == ".wh..wh..opq") return 0;
    return component.starts_with(".wh.") ? 1 : 2;
}

} // namespace

int compare_canonical(std::string_view a, std::string_view b) {
    const std::size_t position = common_prefix(a, b);
    const bool prefix = position == a.size() || position == b.size();
    const char next = position < a.size() ? a[position] : position < b.size() ? b[position] : '/';
    if (prefix && (next == '/' || position == 0)) return compare_paths(a, b); // equal, or one lies below the other
    const int by_rank = rank_of(component_at(a, position)) - rank_of(component_at(b, position));
    return by_rank != 0 ? by_rank : compare_paths(a, b);
}

} // namespace touchstone
