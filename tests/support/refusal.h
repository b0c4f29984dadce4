// How a call refuses: as a value, so that a table can hold what is expected of it.
#pragma once

#include "base/error.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace touchstone::test {

struct Refusal {
    ErrorKind kind = ErrorKind::usage;
    std::string message;
    bool says(std::string_view part) const { return message.find(part) != std::string::npos; }
};

/// The Error that `work` throws; nullopt when it throws none.
template <class Work>
std::optional<Refusal> refusal_of(Work&& work) {
    try {
        std::forward<Work>(work)();
    } catch (const Error& error) {
        return Refusal{error.kind(), error.what()};
    }
    return std::nullopt;
}

} // namespace touchstone::test

/// Checks kind and a part of the message; shows the whole message when it is another.
#define CHECK_REFUSAL(refusal, expected_kind, part)                                                                    \
    do {                                                                                                               \
        const auto refusal_ = (refusal);                                                                               \
        REQUIRE(refusal_.has_value());                                                                                 \
        INFO("message: ", refusal_->message);                                                                          \
        CHECK(name_of(refusal_->kind) == name_of(expected_kind));                                                      \
        CHECK(refusal_->message.find(part) != std::string::npos);                                                      \
    } while (false)
