// See openssl.h.
#include "base/openssl.h"

#include <openssl/err.h>

namespace touchstone {

ClearedErrors::~ClearedErrors() {
    ERR_clear_error();
}

} // namespace touchstone
