#include "daemon/xmpp/jingle_sessions.h"

#include "daemon/base/random.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {

std::string JingleSessions::make_sid() { return base::random_token(20); }

void JingleSessions::add(const Jid& peer, const std::string& sid, JingleSession& session) {
  sessions_[{peer, sid}] = &session;
}

void JingleSessions::remove(const Jid& peer, const std::string& sid) {
  sessions_.erase({peer, sid});
}

void JingleSessions::refuse(const Element& iq, Condition condition, const char* jingle_condition) {
  auto reply = make_error_reply(iq, condition);
  if (!reply) return;
  if (jingle_condition != nullptr)
    MutableElement(reply->child("error", ns::kClient).raw())
        .add(jingle_condition, ns::kJingleErrors);
  send_(*reply);
}

std::optional<Condition> JingleSessions::judge(const JingleStanza& stanza,
                                               JingleSession* session) const {
  if (session) return session->judge(stanza);
  if (sessions_.size() >= most_sessions) return Condition::resource_constraint;
  return offers_.judge(stanza);
}

bool JingleSessions::take_iq(const Element& iq) {
  if (iq.type() != "set" || !iq.child("jingle", ns::kJingle)) return false;
  const auto stanza = read_jingle(iq);
  if (!stanza) {
    refuse(iq, Condition::bad_request);
    return true;
  }
  const auto found = sessions_.find({stanza->from, stanza->sid});
  const bool begins = stanza->action == JingleAction::session_initiate;
  const bool known = found != sessions_.end();
  if (!begins && !known) {
    refuse(iq, Condition::item_not_found, "unknown-session");
    return true;
  }
  if (begins && known) {
    refuse(iq, Condition::unexpected_request, "out-of-order");
    return true;
  }
  JingleSession* session = known ? found->second : nullptr;
  if (const auto refusal = judge(*stanza, session)) {
    refuse(iq, *refusal);
    return true;
  }
  // Acknowledged before anything else is said of it (section 6.3).
  send_(make_result(iq));
  if (session)
    session->take(*stanza);
  else
    offers_.begin(*stanza);
  return true;
}

}  // namespace commd::xmpp
