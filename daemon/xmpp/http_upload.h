// Room for a file at a server (XEP-0363 1.1). Pure; on the thread of the stanza. What comes in is
// hostile.
#pragma once

#include <cstdint>

#include "daemon/base/result.h"
#include "daemon/ports/files.h"
#include "daemon/xmpp/disco.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

bool offers_upload(const DiscoInfo& info);
// Bytes; 0: not said (section 4).
uint64_t most_upload_bytes(const DiscoInfo& info);

Stanza make_slot_request(const Jid& service, const ports::SlotWish& wish);
// Only https, only the three header fields of section 5, none of which can end its line.
// UPLOAD_SLOT_INVALID (unavailable).
base::Result<ports::UploadSlot> read_slot(const Element& iq);
// Of a refusal, as to_error() gives it: FILE_TOO_LARGE, UPLOAD_QUOTA (resource_exhausted), or that.
base::Error slot_error(base::Error error);

}  // namespace commd::xmpp
