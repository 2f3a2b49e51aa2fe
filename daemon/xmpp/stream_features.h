// <stream:features/> (RFC 6120 section 4.3) as far as a login needs it. What else there
// is, is asked of the server by disco. A value; on the thread of the stanza.
#pragma once

#include "daemon/xmpp/sasl.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

struct StreamFeatures {
  bool starttls = false;
  SaslOffer sasl;
  bool sasl2 = false;  // XEP-0388: seen, not used yet
  bool bind = false;
  bool stream_management = false;
  bool client_state = false;
  bool roster_versions = false;
};

// Lists are cut at 64 entries of 100 bytes.
StreamFeatures read_features(const Element& features);

}  // namespace commd::xmpp
