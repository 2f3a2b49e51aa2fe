// Jingle on the wire (XEP-0166 1.1.2): what a session's stanza says, whatever it is a session
// of. Pure; on the thread of the stanza. What comes in is hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// Section 7.2, in its order.
enum class JingleAction {
  content_accept,
  content_add,
  content_modify,
  content_reject,
  content_remove,
  description_info,
  security_info,
  session_accept,
  session_info,
  session_initiate,
  session_terminate,
  transport_accept,
  transport_info,
  transport_reject,
  transport_replace,
};
const char* to_string(JingleAction action);  // "session-initiate"

// Section 7.4, in its order.
enum class JingleReason {
  alternative_session,
  busy,
  cancel,
  connectivity_error,
  decline,
  expired,
  failed_application,
  failed_transport,
  general_error,
  gone,
  incompatible_parameters,
  media_error,
  security_error,
  success,
  timeout,
  unsupported_applications,
  unsupported_transports,
};
const char* to_string(JingleReason reason);  // "failed-transport"

// Who made a content, or who sends in it.
enum class JingleParty { initiator, responder, both, none };
const char* to_string(JingleParty party);

// What is borrowed lives as long as the stanza.
struct JingleContent {
  std::string name;
  JingleParty creator = JingleParty::initiator;
  JingleParty senders = JingleParty::both;
  Element description;  // the first child of that local name, in any namespace
  Element transport;
  Element security;
};

struct JingleStanza {
  JingleAction action = JingleAction::session_info;
  std::string sid;
  Jid from;  // full
  std::vector<JingleContent> contents;
  std::optional<JingleReason> reason;  // general_error for one that is not known
  std::string reason_text;
  Element jingle;  // what else is in it
};

inline constexpr size_t most_jingle_contents = 32;
inline constexpr size_t most_jingle_sid_bytes = 256;

// Of a <reason/> (section 7.4); its text is valid UTF-8. Nothing where there is none.
struct JingleWhy {
  JingleReason reason = JingleReason::general_error;  // also for one that is not known
  std::string text;

  friend bool operator==(const JingleWhy&, const JingleWhy&) = default;
};
std::optional<JingleWhy> read_why(const Element& parent);
void write_why(const JingleWhy& why, const MutableElement& parent);

// Of an <iq type='set'/> with a <jingle/>. Nothing where an action, a sid, a sender or a
// content's name is missing or not known, or where there is too much.
std::optional<JingleStanza> read_jingle(const Element& iq);

// `self`: this end's full address, which stands as initiator or responder where the action
// wants one (section 7.2); empty: nowhere.
Stanza make_jingle(const Jid& to, JingleAction action, std::string_view sid, const Jid& self = {});
// Of an iq of make_jingle().
MutableElement jingle_in(const Stanza& iq);
MutableElement add_content(const Stanza& iq, std::string_view name, JingleParty creator,
                           JingleParty senders = JingleParty::both);
Stanza make_jingle_end(const Jid& to, std::string_view sid, JingleReason reason,
                       std::string_view text = {});

}  // namespace commd::xmpp
