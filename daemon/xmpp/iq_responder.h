// What this end answers to requests of others: who it is (XEP-0030), that it lives
// (XEP-0199), to contacts which program it is (XEP-0092) and when it was last used (XEP-0012),
// and that it knows nothing else (RFC 6120 section 8.2.3). Pure; on the thread of the stanza.
// What comes in is hostile.
#pragma once

#include <chrono>
#include <optional>

#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// Who asks, and what he may be told.
struct Asker {
  bool may_know = false;        // sees this person's presence
  std::chrono::seconds idle{};  // since this end was last used
};

// The answer to a get or set; none to results and errors, which answer something of ours.
std::optional<Stanza> answer_iq(const Element& iq, const Asker& asker = {});

}  // namespace commd::xmpp
