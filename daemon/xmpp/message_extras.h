// What is said of messages: corrections (XEP-0308 1.2), retractions (XEP-0424 0.4, and the form
// of 0.3 as it comes), replies (XEP-0461 0.2) with their fallback (XEP-0428 0.2), reactions
// (XEP-0444 0.2). Pure; on the thread of the stanza. What comes in is hostile.
#pragma once

#include <optional>
#include <string>

#include "daemon/model/message.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/message_stanza.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// What the message says of another one. Reactions are at most model::max_emojis, each once;
// what is no reaction is left out.
std::optional<Amends> read_amends(const Element& message);
// What it answers; `text`, the body, loses what stands there for clients that know no replies.
// `account`: bare.
model::Reply read_reply(const Element& message, const Jid& account, std::string& text);

// A chat message that answers another; `author`: who wrote that, empty: nobody that is known.
Stanza make_reply(const Jid& to, const Jid& author, std::string_view id, std::string_view text,
                  const model::Reply& reply, Audience audience = Audience::person);
// Of all kinds; its id is the amendment's.
Stanza make_amendment(const Jid& to, const model::Amendment& amendment,
                      Audience audience = Audience::person);
// A chat state alone.
Stanza make_typing(const Jid& to, model::Typing state);

}  // namespace commd::xmpp
