// A component of an XMPP server (XEP-0114): logs in, stays, says why it is not there. It speaks for
// every address of its domain; messages go both ways, questions are answered.
//
// XMPP thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/net/backoff.h"
#include "daemon/xmpp/xmpp_account.h"

namespace commd::xmpp {

class ComponentAccount final : private StreamObserver {
 public:
  static constexpr uint16_t usual_port = 5347;
  // Messages that wait for the stream; the core repeats what was not taken.
  static constexpr size_t most_waiting = 10'000;

  // Begins at once.
  ComponentAccount(AccountSurroundings around, const model::Account& account, base::Secret secret);
  ~ComponentAccount() override;

  // As XmppAccount has them.
  void update(const model::Account& account, base::Secret secret);
  void send_message(ports::OutgoingMessage message);
  void message_stored(uint64_t ticket);
  // Nobody sends it again on such a stream: it is lost, and told of by the store.
  void message_not_stored();
  void network_changed();
  void leave(std::function<void()> done);

 private:
  enum class Stage { connecting, online, waiting, failed, left };

  void connect();
  LoginPlan plan(const HostPort& server) const;
  void finished(LoginAttempt::Outcome outcome);
  void logged_in(LoggedIn in);
  void failed(const base::Error& error, Retry retry);
  void report(model::AccountState state, const base::Error& why = {},
              std::chrono::milliseconds retry_in = {});
  void submit_waiting();
  bool submit(const ports::OutgoingMessage& message);
  void fail(const ports::OutgoingMessage& message, const base::Error& why);
  void one_less_unstored();
  void take_message(const Stanza& stanza);
  void take_iq(const Stanza& iq);
  void send(Stanza stanza, StanzaKind kind);

  // StreamObserver
  void stanza(Stanza stanza) override;
  bool may_read() const override { return unstored_ < most_unstored; }
  void acknowledged(const std::vector<uint64_t>& tags) override;
  void ended(StreamEnd end) override;

  static constexpr size_t most_unstored = 1000;

  AccountSurroundings around_;
  model::Account account_;
  base::Secret secret_;
  Jid address_;  // a domain
  Stage stage_ = Stage::connecting;
  StreamManagement management_;
  std::deque<ports::OutgoingMessage> waiting_;
  std::map<uint64_t, ports::OutgoingMessage> sent_;  // by tag, until they are written
  std::set<model::MessageId> known_;                 // of both
  uint64_t last_tag_ = 0;
  uint64_t last_ticket_ = 0;
  size_t unstored_ = 0;  // that came and are not on disk
  std::unique_ptr<LoginAttempt> attempt_;
  std::unique_ptr<LiveStream> live_;
  std::unique_ptr<LiveStream> leaving_;  // says its last words
  std::string server_in_use_;
  net::Backoff backoff_;
  base::MonoTime online_since_{};
  ports::TimerHandle retry_;
};

}  // namespace commd::xmpp
