// Messages inside messages (XEP-0297): carbon copies (XEP-0280 1.0) of what other devices of the
// account sent and got, and results of its archive (XEP-0313 1.1). Only the account's own server
// may bring them: from anybody else they would be words put into somebody's mouth
// (CVE-2017-5589 and its kin). Pure; on the thread of the stanza. What comes in is hostile.
#pragma once

#include <optional>
#include <string>

#include "daemon/base/time.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// Borrowed from the stanza around it.
struct Forwarded {
  Element message;
  // When the server got it, never in the future; 1970: it does not say.
  base::WallTime time{};
  std::string archive_id;  // of a result
};

// Whether it comes from the account itself, or in its name from its server. `account`: bare.
bool from_own_account(const Element& stanza, const Jid& account);

// The same of an archive: that of the room `archive`, or where it is empty of the account itself.
bool from_archive(const Element& stanza, const Jid& account, const Jid& archive);

// What a carbon copy carries: nothing for one that is forged or empty.
std::optional<Forwarded> read_carbon(const Element& message, const Jid& account,
                                     base::WallTime now);
// A result of any query of the archive, or what claims to be one.
bool is_archive_result(const Element& message);
// Nothing unless it answers the query `query_id`.
std::optional<Forwarded> read_archive_result(const Element& message, const Jid& account,
                                             const std::string& query_id, base::WallTime now,
                                             const Jid& archive = {});

// The wish for carbon copies, for this session.
Stanza make_carbons_enable();

}  // namespace commd::xmpp
