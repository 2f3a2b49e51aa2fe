// How the media of a Jingle content travel: ICE (XEP-0176 1.1.1, candidates over TCP as in
// XEP-0371 0.3.1), plain UDP (XEP-0177 1.1.1), and the certificate of DTLS (XEP-0320 1.0), to and
// from the neutral description.
//
// Addresses are judged as those in SDP: a literal of a host, ports from 1024 on. A candidate of
// ICE that breaks this, or is a name (mDNS), is left out, as it would be where it cannot be
// reached; a plain address that breaks it refuses the description.
//
// Pure; on the thread of the stanza. What comes in is hostile.
#pragma once

#include "daemon/base/result.h"
#include "daemon/model/session_description.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// One of the two that are spoken here.
bool is_media_transport(const Element& transport);
// An answer travels as its offer does; another method has to be asked for (XEP-0166 section
// 7.2.15).
bool same_method(const model::TransportDescription& a, const model::TransportDescription& b);

// Of a description, or of a transport-info, which may say a part alone: ICE without credentials,
// candidates without a certificate. Of ICE, rtp and rtcp are the default candidates (RFC 8839
// section 4.2.1.2), empty where there are none. ICE in Jingle always trickles.
// INVALID_ARGUMENT, BAD_JINGLE: half of the credentials, a certificate's hash or a plain address
// that cannot be used.
base::Result<model::TransportDescription> read_media_transport(const Element& transport);

// ICE where the description has it, else plain UDP. `generation`: of the candidates, grows with
// each restart of ICE.
void write_media_transport(const model::TransportDescription& transport,
                           const MutableElement& content, unsigned generation = 0);

}  // namespace commd::xmpp
