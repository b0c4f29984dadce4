// See shared_library.h.
#include "base/shared_library.h"

#include "base/error.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace touchstone {

namespace {

std::string_view last_reason() {
    const char* const reason = dlerror();
    return reason != nullptr ? reason : "no reason given";
}

} // namespace

SharedLibrary::SharedLibrary(const char* name, std::string_view purpose)
    : handle_(dlopen(name, RTLD_NOW | RTLD_LOCAL)), name_(name), purpose_(purpose) {
    if (handle_ == nullptr) refuse(last_reason());
}

void* SharedLibrary::address_of(const char* symbol) const {
    void* const address = dlsym(handle_, symbol);
    if (address == nullptr) refuse(last_reason());
    return address;
}

void SharedLibrary::refuse(std::string_view why) const {
    fail(ErrorKind::unsupported, fmt::format("{} ({}), which cannot be loaded: {}", purpose_, name_, why));
}

} // namespace touchstone
