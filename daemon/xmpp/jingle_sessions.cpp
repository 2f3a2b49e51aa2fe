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

void JingleSessions::refuse(const Element& iq, const JingleRefusal& refusal) {
  auto reply = make_error_reply(iq, refusal.condition);
  if (!reply) return;
  if (refusal.jingle != nullptr)
    MutableElement(reply->child("error", ns::kClient).raw()).add(refusal.jingle, ns::kJingleErrors);
  send_(*reply);
}

const JingleSessions::Offers* JingleSessions::kind_of(const JingleStanza& stanza) const {
  for (const Offers& kind : kinds_)
    if (kind.is_of(stanza)) return &kind;
  return nullptr;
}

std::optional<JingleRefusal> JingleSessions::judge(const JingleStanza& stanza,
                                                   JingleSession* session,
                                                   const Offers* kind) const {
  if (session) return session->judge(stanza);
  if (sessions_.size() >= most_sessions) return JingleRefusal(Condition::resource_constraint);
  // As whoever speaks no Jingle at all (section 6.3.2).
  return kind ? kind->judge(stanza) : JingleRefusal(Condition::service_unavailable);
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
    refuse(iq, {Condition::item_not_found, "unknown-session"});
    return true;
  }
  if (begins && known) {
    refuse(iq, {Condition::unexpected_request, "out-of-order"});
    return true;
  }
  JingleSession* session = known ? found->second : nullptr;
  const Offers* kind = known ? nullptr : kind_of(*stanza);
  if (const auto refusal = judge(*stanza, session, kind)) {
    refuse(iq, *refusal);
    return true;
  }
  // Acknowledged before anything else is said of it (section 6.3).
  send_(make_result(iq));
  if (session)
    session->take(*stanza);
  else
    kind->begin(*stanza);
  return true;
}

}  // namespace commd::xmpp
