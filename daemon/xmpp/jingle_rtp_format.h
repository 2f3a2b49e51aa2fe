// What stands in the <description/> of one RTP content: payload types, feedback, extensions,
// sources, keys. For jingle_rtp.h, where the bounds are said. Pure; on the thread of the stanza.
#pragma once

#include "daemon/base/result.h"
#include "daemon/model/session_description.h"
#include "daemon/xmpp/jingle_stanza.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// Into a stream that has its transport, of which it may carry keys. BAD_JINGLE.
base::Result<void> read_rtp_description(const Element& description, JingleParty describer,
                                        model::StreamDescription& stream);
void write_rtp_description(const model::StreamDescription& stream, JingleParty describer,
                           const MutableElement& description);

// The feedback of a payload type or of a whole content, in the words of SDP: "nack pli",
// "trr-int 100" (XEP-0293). Empty: none of it.
std::string read_feedback(const Element& element);
void write_feedback(std::string_view feedback, const MutableElement& parent);

}  // namespace commd::xmpp
