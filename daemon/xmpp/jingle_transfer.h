// Session transfer (XEP-0251 0.2) on the wire. Pure; on the thread of the stanza. What comes in is
// hostile.
#pragma once

#include <optional>
#include <string>

#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

struct JingleTransfer {
  Jid to;           // whom to call; empty in a session-initiate of an unattended transfer
  Jid from;         // on whose word; may be empty
  std::string sid;  // of the session that the new call takes the place of; may be empty

  friend bool operator==(const JingleTransfer&, const JingleTransfer&) = default;
};

// Of a <jingle/> with a <transfer/>. Nothing where it names nobody.
std::optional<JingleTransfer> read_transfer(const Element& jingle);
void write_transfer(const JingleTransfer& transfer, const MutableElement& jingle);
// Whether the reason of a session-terminate says that a transfer has succeeded.
bool says_transferred(const Element& jingle);

}  // namespace commd::xmpp
