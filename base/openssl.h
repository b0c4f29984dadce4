// What users of OpenSSL have in common, without its headers: the owner of what it allocates, and its queue of errors.
#pragma once

namespace touchstone {

/// The deleter of a std::unique_ptr to what a library's function frees: Freed<X509_free>.
template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* value) const {
        Free(value);
    }
};

/// What OpenSSL has to say of a failure stays in a queue of the thread, where the next user would take it for its own.
/// Ours is said already, so that the queue is emptied in the end.
struct ClearedErrors {
    ClearedErrors() = default;
    ClearedErrors(const ClearedErrors&) = delete;
    ClearedErrors& operator=(const ClearedErrors&) = delete;
    ~ClearedErrors();
};

} // namespace touchstone
