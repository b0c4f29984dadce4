// Every parser of what strangers send, on every text that one changed byte makes of a good one: only Error may come
// out, and what is accepted keeps its promises.
#include "base/error.h"
#include "base/text.h"
#include "image/remote/headers.h"
#include "image/remote/registry_name.h"
#include "image/remote/url.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string>

using namespace touchstone;

namespace {

/// Calls `check` with every text that differs from `good` by one byte replaced, dropped, doubled or cut off.
template <class Check>
void for_each_mutant(const std::string& good, Check&& check) {
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (unsigned byte = 0; byte < 256; ++byte) {
            std::string mutant = good;
            mutant[at] = static_cast<char>(static_cast<std::uint8_t>(byte));
            check(mutant);
        }
        check(good.substr(0, at));
        check(good.substr(0, at) + good.substr(at + 1));
        check(good.substr(0, at) + good[at] + good.substr(at));
    }
}

} // namespace

TEST_CASE("mutants of references are refused, or are names that mean themselves") {
    const std::string pin = "@sha256:" + std::string(64, '0');
    for (const std::string& good :
         {std::string("localhost:5000/a-b/c_d.e:v1.2"), "alpine" + pin, "[::1]:5/a:t" + pin}) {
        for_each_mutant(good, [](const std::string& mutant) {
            try {
                const RegistryName name = parse_registry_name(mutant);
                const RegistryName again = parse_registry_name(name.full_name());
                REQUIRE(again.full_name() == name.full_name());
                const Url url = parse_url("https://" + name.server() + "/v2/" + name.repository + "/x");
                REQUIRE(url.target == "/v2/" + name.repository + "/x"); // no name changes what is asked for
            } catch (const Error& error) {
                REQUIRE(!std::string(error.what()).empty());
            }
        });
    }
}

TEST_CASE("mutants of header fields never do harm") {
    const std::string good = "Negotiate YWJj==, Bearer realm=\"https://a/t\\\"x\",scope=a , Basic realm=x";
    for_each_mutant(good, [](const std::string& mutant) {
        for (const Challenge& challenge : parse_challenges({mutant})) {
            REQUIRE(challenge.scheme == ascii_lower(challenge.scheme));
            REQUIRE(challenge.parameters.size() <= challenge_limit);
        }
    });
    for_each_mutant("bytes 10-99/100", [](const std::string& mutant) {
        const auto range = parse_content_range(mutant);
        if (range) REQUIRE((range->first <= range->last && (!range->total || range->last < *range->total)));
    });
    for_each_mutant("Sun, 06 Nov 1994 08:49:37 GMT", [](const std::string& mutant) {
        const auto wait = parse_retry_after(mutant, 0);
        if (wait) REQUIRE(wait->count() >= 0);
    });
    for_each_mutant("</v2/a/referrers/b?n=\"2>; title=\"a, <b>\"; rel=\"last Next\" , <x>;rel=next",
                    [](const std::string& mutant) { parse_next_link({mutant}); });
    for_each_mutant("bytes=0-99", [](const std::string& mutant) {
        const auto has = parse_upload_range(mutant);
        if (has) REQUIRE(*has != 1); // one byte cannot be said
    });
    for_each_mutant("299 - \"a \\\"b\\\"\"", [](const std::string& mutant) { parse_warning(mutant); });
}

TEST_CASE("mutants of URLs are refused, or survive being written and read again") {
    for (const std::string& good :
         {std::string("https://Host.Example:8443/a/b?c=d"), std::string("http://[::1]:80/")}) {
        for_each_mutant(good, [](const std::string& mutant) {
            try {
                const Url url = parse_url(mutant);
                const Url again = parse_url(url.string());
                CAPTURE(mutant);
                REQUIRE(same_origin(url, again));
                REQUIRE(again.string() == url.string());
            } catch (const Error&) {
                // refused: as good as accepted
            }
        });
    }
}
