// libcurl, loaded when the first URL is handled: it brings 18 shared libraries, which cost most commands more time at
// their start than all they do. Only for the sources of this folder; the one header here that shows a library's types.
#pragma once

#include <curl/curl.h>

namespace touchstone {

/// The functions that are called, by their names without `curl_`. Types come from curl.h, so that a library of another
/// major version is no question: its file has another name.
#define TOUCHSTONE_CURL_FUNCTIONS(each)                                                                                \
    each(global_init) each(url) each(url_cleanup) each(url_get) each(url_set) each(url_strerror) each(free)            \
        each(slist_append) each(slist_free_all) each(easy_init) each(easy_cleanup) each(easy_setopt)                   \
            each(easy_getinfo) each(easy_pause) each(easy_strerror) each(multi_init) each(multi_cleanup)               \
                each(multi_setopt) each(multi_add_handle) each(multi_remove_handle) each(multi_perform)                \
                    each(multi_poll) each(multi_wakeup) each(multi_info_read)

struct LibCurl {
// NOLINTNEXTLINE(bugprone-macro-parentheses): it declares the name
#define TOUCHSTONE_CURL_MEMBER(name) decltype(&::curl_##name) name = nullptr;
    TOUCHSTONE_CURL_FUNCTIONS(TOUCHSTONE_CURL_MEMBER)
#undef TOUCHSTONE_CURL_MEMBER
};

/// Loads and initializes it once, and never unloads it. From any thread. Throws unsupported when it is not installed.
const LibCurl& libcurl();

} // namespace touchstone
