// What the sessions of files have in common at their edges. Pure, but for open_part().
#pragma once

#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/disk/part_file.h"
#include "daemon/ports/files.h"
#include "daemon/xmpp/jingle_file.h"
#include "daemon/xmpp/jingle_stanza.h"

namespace commd::xmpp {

// Why the far end has ended it: FILE_REJECTED, FILE_CANCELLED (aborted), FILE_NO_WAY,
// CONNECTION_LOST (unavailable).
base::Error end_error(JingleReason reason, const std::string& text);

// Blocks. Where to put it: the part of before, or a new one with room for all. Errors of
// disk::PartFile.
base::Result<std::shared_ptr<disk::PartFile>> open_part(const ports::FilePlace& place,
                                                        const JingleFile& file);

}  // namespace commd::xmpp
