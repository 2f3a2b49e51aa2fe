// What this end answers to requests of others: who it is (XEP-0030), that it lives
// (XEP-0199), and that it knows nothing else (RFC 6120 section 8.2.3). Pure; on the thread
// of the stanza. What comes in is hostile.
#pragma once

#include <optional>

#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// The answer to a get or set; none to results and errors, which answer something of ours.
std::optional<Stanza> answer_iq(const Element& iq);

}  // namespace commd::xmpp
