// The Jingle sessions of one account: which stanza is whose, and the answers that all kinds of
// sessions give alike (XEP-0166 sections 6 and 7). A session is known by its peer's full address
// and its sid: nobody else can touch it.
//
// XMPP thread. What comes in is hostile.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "daemon/xmpp/jingle_stanza.h"
#include "daemon/xmpp/stanza_error.h"

namespace commd::xmpp {

class JingleSession {
 public:
  virtual ~JingleSession() = default;
  // A refusal, or nothing: it is acknowledged, and take() is called with the same.
  virtual std::optional<Condition> judge(const JingleStanza& stanza) = 0;
  // It may end, and destroy, the session.
  virtual void take(const JingleStanza& stanza) = 0;
};

class JingleSessions {
 public:
  static constexpr size_t most_sessions = 200;

  // Of an offer: a refusal, or nothing: then, after the acknowledgement, `begin`.
  struct Offers {
    std::function<std::optional<Condition>(const JingleStanza&)> judge;
    std::function<void(const JingleStanza&)> begin;
  };
  JingleSessions(std::function<void(const Stanza&)> send, Offers offers)
      : send_(std::move(send)), offers_(std::move(offers)) {}

  // True: it was for this.
  bool take_iq(const Element& iq);

  // The session outlives its place here.
  void add(const Jid& peer, const std::string& sid, JingleSession& session);
  void remove(const Jid& peer, const std::string& sid);
  size_t size() const { return sessions_.size(); }
  // A sid that nobody can guess.
  static std::string make_sid();

 private:
  std::optional<Condition> judge(const JingleStanza& stanza, JingleSession* session) const;
  void refuse(const Element& iq, Condition condition, const char* jingle_condition = nullptr);

  std::function<void(const Stanza&)> send_;
  Offers offers_;
  std::map<std::pair<Jid, std::string>, JingleSession*> sessions_;
};

}  // namespace commd::xmpp
