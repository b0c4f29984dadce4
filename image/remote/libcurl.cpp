// See libcurl.h.
#include "image/remote/libcurl.h"

#include "base/shared_library.h"

namespace touchstone {

namespace {

LibCurl load() {
    // The interface that curl.h describes has had this name since 2006 (7.16).
    const SharedLibrary library("libcurl.so.4", "registries and engines are reached through libcurl");
    LibCurl curl;
#define TOUCHSTONE_CURL_FIND(name) library.find("curl_" #name, curl.name);
    TOUCHSTONE_CURL_FUNCTIONS(TOUCHSTONE_CURL_FIND)
#undef TOUCHSTONE_CURL_FIND
    if (curl.global_init(CURL_GLOBAL_DEFAULT) != 0) library.refuse("it cannot be initialized");
    return curl;
}

} // namespace

const LibCurl& libcurl() {
    static const LibCurl loaded = load(); // tried again after a throw
    return loaded;
}

} // namespace touchstone
