// Libraries that are loaded when they are first needed: each brings others, and together they would cost most commands
// more time at their start than all they do.
#pragma once

#include <string>
#include <string_view>

namespace touchstone {

/// A library that stays loaded until the process ends. Functions found in it are valid all that time.
class SharedLibrary {
public:
    /// `name` is a file name with the version of the interface that the caller was compiled for ("libcurl.so.4");
    /// `purpose` says what needs it, for messages ("registries are reached through libcurl"). Its symbols stay its own:
    /// they stand in for nobody else's. Throws unsupported when it cannot be loaded.
    SharedLibrary(const char* name, std::string_view purpose);

    /// Throws unsupported when there is no such function.
    template <class Function>
    void find(const char* symbol, Function& function) const {
        function = reinterpret_cast<Function>(address_of(symbol));
    }
    /// For those who find out later that it is of no use.
    [[noreturn]] void refuse(std::string_view why) const;

private:
    void* address_of(const char* symbol) const;

    void* handle_;
    std::string name_;
    std::string purpose_;
};

} // namespace touchstone
