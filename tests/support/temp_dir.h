// A directory of its own for one test, removed with everything in it at the end.
#pragma once

#include <string>
#include <string_view>

namespace touchstone::test {

class TempDir {
public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    const std::string& path() const { return path_; }
    /// The full path of `relative` below it.
    std::string operator/(std::string_view relative) const;
    /// Writes a file, making its parent directories; returns its full path.
    std::string write(std::string_view relative, std::string_view content) const;

private:
    std::string path_;
};

/// The whole content of a file; throws std::runtime_error when it cannot be read.
std::string read_text_file(const std::string& path);

} // namespace touchstone::test
