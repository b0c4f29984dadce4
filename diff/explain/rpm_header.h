// One package of an rpm database: the header blob, big-endian, an index of tagged values and the data that it points
// into. The same in all three database formats; read by hand with every length checked.
#pragma once

#include "base/bytes.h"
#include "diff/explain/package_reader.h"

#include <cstdint>

namespace touchstone {

/// Adds the package and its wanted files. False: not a header.
bool read_rpm_header(ByteView blob, PackageReader& reader);

/// Hands out the header blobs of a database. The blobs of a database are parts of it, so that together they are no
/// longer than it: a loop in a hostile one ends there.
class RpmBlobs {
public:
    RpmBlobs(std::uint64_t database_size, PackageReader& reader) : left_(database_size), reader_(reader) {}
    /// False when the database must be left.
    bool take(ByteView blob);
    std::uint64_t left() const { return left_; }
    std::uint64_t bad() const { return bad_; } ///< blobs that were no headers

private:
    std::uint64_t left_;
    std::uint64_t bad_ = 0;
    PackageReader& reader_;
};

/// The three formats; each returns an empty text or why it stopped, printable.
std::string_view read_rpm_sqlite(std::string& database, RpmBlobs& blobs); ///< overwrites two bytes of it
std::string_view read_rpm_ndb(ByteView database, RpmBlobs& blobs);
std::string_view read_rpm_bdb(ByteView database, RpmBlobs& blobs);
/// Puts the committed pages of a write-ahead log into its database, as opening it would. False: not a valid log.
bool apply_sqlite_wal(std::string& database, ByteView wal);

} // namespace touchstone
