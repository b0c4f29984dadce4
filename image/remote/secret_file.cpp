// See secret_file.h.
#include "image/remote/secret_file.h"

#include "base/error.h"
#include "base/file.h"

#include <fmt/format.h>

namespace touchstone {

Json read_secret_file(const std::string& path) {
    const std::shared_ptr<const File> file = open_file(path);
    FileRange source(file, 0, file->size());
    const std::string text = read_all(source, secret_file_limit, file->name());
    try {
        return parse_json(text, "document", {.bytes = secret_file_limit});
    } catch (const Error&) {
        fail(ErrorKind::malformed,
             fmt::format("{}: not valid JSON, or a key is in it twice (what it holds is not shown)", file->name()));
    }
}

} // namespace touchstone
