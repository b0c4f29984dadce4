// Gathers the tables.
#include "tests/support/tar_cases.h"

#include <iterator>

namespace touchstone::test {

TarCase good(std::string name, std::string bytes, std::vector<OddityCode> oddities, std::string entries) {
    return {std::move(name), std::move(bytes), std::nullopt, std::move(oddities), std::move(entries), true};
}

TarCase bad(std::string name, std::string bytes, ErrorKind kind) {
    return {std::move(name), std::move(bytes), kind, {}, {}, false};
}

TarCase bad_for_runtimes(std::string name, std::string bytes, ErrorKind kind) {
    return {std::move(name), std::move(bytes), kind, {}, {}, true};
}

const std::vector<TarCase>& tar_cases() {
    static const std::vector<TarCase> all = [] {
        std::vector<TarCase> cases;
        for (auto* const table :
             {number_cases, pax_cases, extension_cases, header_cases, stream_cases, sparse_cases, layer_cases}) {
            std::vector<TarCase> some = table();
            cases.insert(cases.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
        }
        return cases;
    }();
    return all;
}

} // namespace touchstone::test
