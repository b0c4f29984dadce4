// See libcurl.h.
#include "image/remote/libcurl.h"

#include "base/error.h"

#include <fmt/format.h>

#include <dlfcn.h>

namespace touchstone {

namespace {

/// The interface that curl.h describes has had this name since 2006 (7.16).
constexpr const char* library_name = "libcurl.so.4";

[[noreturn]] void refuse(const char* why) {
    fail(ErrorKind::unsupported,
         fmt::format("registries and engines are reached through libcurl ({}), which cannot be loaded: {}",
                     library_name, why != nullptr ? why : "no reason given"));
}

template <class Function>
void find(void* library, const char* name, Function& function) {
    void* const symbol = dlsym(library, name);
    if (symbol == nullptr) refuse(dlerror());
    function = reinterpret_cast<Function>(symbol);
}

LibCurl load() {
    // Its symbols stay its own: they must not stand in for anybody else's.
    void* const library = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) refuse(dlerror());
    LibCurl curl;
#define TOUCHSTONE_CURL_FIND(name) find(library, "curl_" #name, curl.name);
    TOUCHSTONE_CURL_FUNCTIONS(TOUCHSTONE_CURL_FIND)
#undef TOUCHSTONE_CURL_FIND
    if (curl.global_init(CURL_GLOBAL_DEFAULT) != 0) refuse("it cannot be initialized");
    return curl;
}

} // namespace

const LibCurl& libcurl() {
    static const LibCurl loaded = load(); // tried again after a throw
    return loaded;
}

} // namespace touchstone
