// See libarchive.h.
#include "diff/explain/libarchive.h"

#include "base/shared_library.h"

namespace touchstone {

namespace {

LibArchive load() {
    // The interface of libarchive 3 has had this name since 2011.
    const SharedLibrary library("libarchive.so.13", "files are unpacked by libarchive");
    LibArchive archive;
#define TOUCHSTONE_ARCHIVE_FIND(name) library.find("archive_" #name, archive.name);
    TOUCHSTONE_ARCHIVE_FUNCTIONS(TOUCHSTONE_ARCHIVE_FIND)
#undef TOUCHSTONE_ARCHIVE_FIND
    return archive;
}

} // namespace

const LibArchive& libarchive() {
    static const LibArchive loaded = load(); // tried again after a throw
    return loaded;
}

} // namespace touchstone
