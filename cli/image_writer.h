// Where `normalize` writes an image: a layout on disk, or a registry. Whoever writes it reads it back before it appears
// under its name; when anything fails on the way, nothing has that name.
#pragma once

#include "base/file.h"
#include "image/image.h"
#include "normalize/canonical_image.h"

#include <memory>
#include <string>
#include <vector>

namespace touchstone {

class ImageWriter {
public:
    virtual ~ImageWriter() = default;
    /// Where temporary files are made so that they need not be copied; empty = it makes no difference.
    virtual std::string spool_directory() const { return {}; }
    /// Takes the image; `layers` are the bytes of image.layers. `source` is what it was made from: it gives platform
    /// and name. The first of four steps, each of which is called once, in this order.
    virtual void write(const CanonicalImage& image, const std::vector<std::shared_ptr<const File>>& layers,
                       const Image& source) = 0;
    /// After write(): true when the files that it was given are themselves what will appear, and no copies of them.
    virtual bool kept_files() const { return false; }
    /// Reads back what will appear.
    virtual Image staged() const = 0;
    /// Brings it to where it will be, without its name; what may take long, and what may fail.
    virtual void send() {}
    virtual void commit() = 0;
    /// What is to be said on standard output and on standard error after commit(), whole lines; may be empty.
    virtual std::string result() const { return {}; }
    virtual std::string summary() const { return {}; }
};

} // namespace touchstone
