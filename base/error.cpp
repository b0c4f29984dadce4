// The error type's few functions. strerror_l with the C locale keeps messages the same on every machine and is, unlike
// strerror, safe to call from several threads.
#include "base/error.h"

#include <clocale>
#include <cstring>

namespace touchstone {

std::string_view name_of(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::usage:
        return "usage";
    case ErrorKind::unreadable:
        return "unreadable";
    case ErrorKind::malformed:
        return "malformed";
    case ErrorKind::unverified:
        return "unverified";
    case ErrorKind::unsupported:
        return "unsupported";
    case ErrorKind::over_limit:
        return "over-limit";
    case ErrorKind::interrupted:
        return "interrupted";
    case ErrorKind::transient:
        return "transient";
    }
    return "unknown";
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): std::runtime_error takes no rvalue, and this is no hot path
void fail(ErrorKind kind, std::string message) {
    throw Error(kind, message);
}

void fail_errno(int error_number, std::string_view what) {
    static const locale_t c_locale = ::newlocale(LC_ALL_MASK, "C", nullptr);
    std::string message(what);
    message += ": ";
    message += c_locale != nullptr ? ::strerror_l(error_number, c_locale) : "system error";
    fail(ErrorKind::unreadable, std::move(message));
}

} // namespace touchstone
