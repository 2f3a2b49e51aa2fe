// The a= lines of a stream, read into its description and written from it.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "daemon/model/session_description.h"

namespace commd::sip {

// One attribute ("rtpmap", "0 PCMU/8000") into the stream. Unknown ones are
// skipped; a known one that cannot be read is skipped too unless it concerns
// security: then false, and the description is refused.
bool read_attribute(model::StreamDescription& stream, std::string_view name,
                    std::string_view value);

// Attributes that may stand at session level for every stream.
bool is_inheritable(std::string_view name);

void write_attributes(const model::StreamDescription& stream, std::string& out);

}  // namespace commd::sip
