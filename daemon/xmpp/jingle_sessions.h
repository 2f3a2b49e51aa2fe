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

// Why a stanza is refused.
struct JingleRefusal {
  // NOLINTNEXTLINE(google-explicit-constructor): most have no more to say.
  JingleRefusal(Condition why, const char* in_jingle = nullptr)
      : condition(why), jingle(in_jingle) {}

  Condition condition;
  const char* jingle;  // the same in Jingle's words, such as "tie-break" (section 10); may be null

  friend bool operator==(const JingleRefusal& a, const JingleRefusal& b) {
    return a.condition == b.condition &&
           std::string_view(a.jingle ? a.jingle : "") == std::string_view(b.jingle ? b.jingle : "");
  }
};

class JingleSession {
 public:
  virtual ~JingleSession() = default;
  // A refusal, or nothing: it is acknowledged, and take() is called with the same.
  virtual std::optional<JingleRefusal> judge(const JingleStanza& stanza) = 0;
  // It may end, and destroy, the session.
  virtual void take(const JingleStanza& stanza) = 0;
};

class JingleSessions {
 public:
  static constexpr size_t most_sessions = 200;

  // Of a kind of sessions: whether an offer is of it; a refusal, or nothing: then, after the
  // acknowledgement, `begin`.
  struct Offers {
    std::function<bool(const JingleStanza&)> is_of;
    std::function<std::optional<JingleRefusal>(const JingleStanza&)> judge;
    std::function<void(const JingleStanza&)> begin;
  };
  explicit JingleSessions(std::function<void(const Stanza&)> send) : send_(std::move(send)) {}
  // The first one that an offer is of takes it.
  void add_kind(Offers offers) { kinds_.push_back(std::move(offers)); }

  // True: it was for this.
  bool take_iq(const Element& iq);

  // The session outlives its place here.
  void add(const Jid& peer, const std::string& sid, JingleSession& session);
  void remove(const Jid& peer, const std::string& sid);
  size_t size() const { return sessions_.size(); }
  // A sid that nobody can guess.
  static std::string make_sid();

 private:
  const Offers* kind_of(const JingleStanza& stanza) const;
  std::optional<JingleRefusal> judge(const JingleStanza& stanza, JingleSession* session,
                                     const Offers* kind) const;
  void refuse(const Element& iq, const JingleRefusal& refusal);

  std::function<void(const Stanza&)> send_;
  std::vector<Offers> kinds_;
  std::map<std::pair<Jid, std::string>, JingleSession*> sessions_;
};

}  // namespace commd::xmpp
