// Jingle's spelling of a description (XEP-0167 1.2.3, with 0262, 0293, 0294, 0338, 0339 and the
// transports of jingle_transport.h): SDP is the other one. A content is a stream, its name the
// mid.
//
// `senders` says who of the two sends, a description what its sender does: so each function asks
// who that is. What both spellings cannot say is not carried: an AVPF profile is as good as
// feedback (XEP-0293); SRTP is demanded where <encryption/> says so, or where there is a
// certificate and no <encryption/> at all, as browsers have it.
//
// Bounds: 32 contents, 64 each of payload types, candidates, keys, sources, extensions and
// feedback; what is more is left out. A key that cannot be read refuses the description. Of a
// content that nobody here speaks its place and name are read, and it is marked rejected.
//
// Pure; on the thread of the stanza. What comes in is hostile.
#pragma once

#include "daemon/base/result.h"
#include "daemon/model/session_description.h"
#include "daemon/xmpp/jingle_stanza.h"

namespace commd::xmpp {

inline constexpr size_t most_rtp_items = 64;

JingleParty other(JingleParty party);  // of the two
// Of initiator and responder as `describer`.
JingleParty senders_of(model::Direction direction, JingleParty describer);
model::Direction direction_of(JingleParty senders, JingleParty describer);

// Whether the stanza's contents are of calls at all: one at least is.
bool is_rtp(const JingleStanza& stanza);

// Of a content with a description and a transport. INVALID_ARGUMENT, BAD_JINGLE.
base::Result<model::StreamDescription> read_rtp_content(const JingleContent& content,
                                                        JingleParty describer);
// All contents of a session-initiate, session-accept or content-add, in their order, and how they
// are bundled. Names are unique.
base::Result<model::SessionDescription> read_rtp(const JingleStanza& stanza, JingleParty describer);

// Adds a content. `creator`: who brought it into the session.
void write_rtp_content(const model::StreamDescription& stream, std::string_view name,
                       const Stanza& iq, JingleParty creator, JingleParty describer,
                       unsigned generation = 0);
// Adds the streams that are not rejected, all of the initiator's making, and their bundles. A
// stream without a mid gets a name of its own: names_of().
void write_rtp(const model::SessionDescription& description, const Stanza& iq,
               JingleParty describer);
// What the streams are called in Jingle, one name each.
std::vector<std::string> names_of(const model::SessionDescription& description);
// BUNDLE groups of a <jingle/>, and the same written into one; streams that are not `named` are
// left out.
std::vector<std::vector<std::string>> read_bundles(const Element& jingle);
void write_bundles(const std::vector<std::vector<std::string>>& bundles, const Stanza& iq,
                   const std::vector<std::string>& named);

}  // namespace commd::xmpp
