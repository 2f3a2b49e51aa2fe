// Jingle Message Initiation on the wire (XEP-0353 0.8.0, and what was sent before it): a call is
// proposed by message, so that all devices of a person ring. Pure; on the thread of the stanza.
// What comes in is hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model/session_description.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/jingle_stanza.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

enum class JmiKind {
  propose,
  ringing,
  proceed,
  accept,  // before 0.4: to the own other devices, who have no carbon of the proceed
  reject,
  retract,
  finish,
};
const char* to_string(JmiKind kind);

struct JmiMessage {
  JmiKind kind = JmiKind::propose;
  std::string id;  // the sid of the session to come; never empty
  Jid from;
  Jid to;                               // empty: nobody that can be read
  std::vector<model::MediaKind> media;  // of a propose: at least one, each once
  std::optional<JingleWhy> why;
  bool tie_break = false;
  std::string migrated_to;  // of a finish: the id of the session that goes on
};

// Nothing where it is none, has no sender or id, or proposes something else than sound, sight or
// text.
std::optional<JmiMessage> read_jmi(const Element& message);

// All are of type chat, and to be kept by archives (section 4). `media`: with propose.
Stanza make_jmi(const Jid& to, JmiKind kind, std::string_view id,
                const std::vector<model::MediaKind>& media = {});
enum class TieBreak { no, yes };
// With reject, retract, finish.
Stanza make_jmi_end(const Jid& to, JmiKind kind, std::string_view id, const JingleWhy& why,
                    TieBreak tie_break = TieBreak::no);

}  // namespace commd::xmpp
