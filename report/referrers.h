// What a registry lists as belonging to an image: claims of whoever may push there, shown as such.
#pragma once

#include "image/remote/referrers.h"
#include "report/canvas.h"
#include "report/json_writer.h"

#include <vector>

namespace touchstone {

/// The referrers of one of the documents that name an image.
struct SubjectReferrers {
    Digest subject;
    bool is_index = false; ///< else it is the manifest
    Referrers found;
};

/// A line for each, beginning like all lines of an inspection.
void text_referrers(Canvas& canvas, const std::vector<SubjectReferrers>& referrers);
/// "referrers": an array, into the object that is open.
void write_referrers(JsonWriter& json, const std::vector<SubjectReferrers>& referrers);

} // namespace touchstone
