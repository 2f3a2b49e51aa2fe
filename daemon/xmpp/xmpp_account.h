// One account: logs in, stays logged in, says why it is not. After a cut it resumes its
// stream, and waits longer from failure to failure.
//
// XMPP thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/secret.h"
#include "daemon/model/account.h"
#include "daemon/net/backoff.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/contacts.h"
#include "daemon/ports/files.h"
#include "daemon/ports/messaging.h"
#include "daemon/ports/rooms.h"
#include "daemon/ports/signalling.h"
#include "daemon/ports/timers.h"
#include "daemon/xmpp/avatar_flow.h"
#include "daemon/xmpp/contact_flow.h"
#include "daemon/xmpp/file_flow.h"
#include "daemon/xmpp/inbound_order.h"
#include "daemon/xmpp/live_stream.h"
#include "daemon/xmpp/login_attempt.h"
#include "daemon/xmpp/message_flow.h"
#include "daemon/xmpp/network.h"
#include "daemon/xmpp/room_flow.h"
#include "daemon/xmpp/roster.h"
#include "daemon/xmpp/service_flow.h"
#include "daemon/xmpp/stream_management.h"
#include "daemon/xmpp/xmpp_calls.h"

namespace commd::xmpp {

// What an account tells; XMPP thread.
class AccountEvents : public ports::ContactEvents,
                      public ports::RoomEvents,
                      public ports::FileEvents {
 public:
  virtual void account_report(const model::AccountId& account,
                              const ports::AccountReport& report) = 0;
  virtual void remember(const std::string& key, const std::string& value) = 0;
  virtual void notice(const std::string& reason, const std::string& message,
                      const std::string& subject) = 0;
  virtual void message_received(ports::IncomingMessage message) = 0;
  virtual void message_report(const ports::MessageReport& report) = 0;
  virtual void typing(const ports::TypingNews& news) = 0;
  // Of calls.
  virtual void tell(std::function<void(ports::SignallingEvents&)> what) = 0;
};

// What all accounts share; each outlives them.
struct AccountSurroundings {
  Network& network;
  ports::Timers& timers;
  const ports::Clock& clock;
  AccountEvents& events;
  base::Logger log;
  std::function<uint32_t()> random;  // for the waits between attempts
  const FileServices* files = nullptr;
};

class XmppAccount final : private StreamObserver {
 public:
  // A stream that has lived so long shows that the server is well: the next wait is short.
  static constexpr std::chrono::seconds well_after{60};

  // Facts by the keys of ports::PutFact. Begins at once.
  XmppAccount(AccountSurroundings around, const model::Account& account, base::Secret password,
              const std::map<std::string, std::string>& facts,
              const ports::KnownRoster& known = {});
  ~XmppAccount() override;

  // Takes over changed settings; connects anew only where it must, and tries at once where
  // it waits or has given up.
  void update(const model::Account& account, base::Secret password);
  // See ports::Messaging.
  void send_message(ports::OutgoingMessage message);
  void send_amendment(model::Amendment amendment, bool again);
  void set_typing(const ports::TypingNews& news);
  void message_stored(uint64_t ticket);
  void message_not_stored();
  // Does something with the contacts, and lets it go out. Nothing where the address is none.
  void with_contacts(const std::function<void(ContactFlow&)>& work);
  // The same with the rooms.
  void with_rooms(const std::function<void(RoomFlow&)>& work);
  // The same with pictures and nicknames.
  void with_avatars(const std::function<void(AvatarFlow&)>& work);
  // The same with what services offer.
  void with_services(const std::function<void(ServiceFlow&)>& work);
  // See ports::Contacts.
  void set_in_use(bool in_use, std::function<void()> caught_up);
  // The same with its files.
  void with_files(const std::function<void(FileFlow&)>& work);
  // The same with its calls.
  void with_calls(const std::function<void(XmppCalls&)>& work);
  bool has_call(const model::LegId& leg) const { return calls_ && calls_->has(leg); }
  // The network is another one: looks whether the server still answers, or tries now.
  void network_changed();
  // Ends the stream in order; `done` within 1.2 s, after which nothing is told.
  void leave(std::function<void()> done);

 private:
  enum class Stage { connecting, online, waiting, failed, left };

  void connect();
  void finished(LoginAttempt::Outcome outcome);
  void logged_in(LoggedIn in);
  void failed(const base::Error& error, Retry retry);
  void wait_and_retry(const base::Error& error);
  void part(std::string words);
  void report(model::AccountState state, const base::Error& why = {},
              std::chrono::milliseconds retry_in = {});
  void keep_pins(const Ready& ready);
  void say_client_state();
  bool send(const Stanza& stanza, StanzaKind kind);
  void take_iq(const Element& iq);
  void done_with(uint64_t ticket);
  void drop(StreamEnd end);
  void session_cut(bool broken = false);
  LoginPlan plan();
  std::string fact_key(const char* name) const;
  MessageFlow::Told told_by_flow();
  RoomFlow::Parts parts_of_rooms(const std::map<std::string, std::string>& facts);
  XmppCalls::Parts parts_of_calls();
  bool take_message(const Element& message, uint64_t ticket);

  // StreamObserver
  void stanza(Stanza stanza) override;
  void part(const Stanza& stanza) override;
  bool may_read() const override;
  void acknowledged(const std::vector<uint64_t>& tags) override;
  void ended(StreamEnd end) override;

  AccountSurroundings around_;
  model::Account account_;
  base::Secret password_;
  Jid address_;  // bare
  std::string resource_;
  SaslPins pins_;
  std::optional<ScramKeys> keys_;  // of the password as it is
  Stage stage_ = Stage::connecting;
  StreamManagement management_;
  InboundOrder inbound_;
  std::optional<ContactFlow> contacts_;
  std::optional<RoomFlow> rooms_;
  std::optional<Roster> roster_;  // with the address, as those that follow
  std::optional<JingleSessions> sessions_;
  std::optional<FileFlow> files_;
  std::optional<XmppCalls> calls_;
  std::optional<MessageFlow> flow_;
  std::optional<ServiceFlow> services_;
  std::optional<AvatarFlow> avatars_;
  std::unique_ptr<LoginAttempt> attempt_;
  std::unique_ptr<LiveStream> live_;
  std::unique_ptr<LiveStream> leaving_;  // says its last words
  std::optional<HostPort> other_host_;   // where the server sent us, for the next attempt
  std::string server_in_use_;
  std::string way_ip_;  // the address of ours that the connection left by
  bool in_use_ = true;
  bool says_client_state_ = false;  // the server wants to know (XEP-0352)
  net::Backoff backoff_;
  base::MonoTime online_since_{};
  ports::TimerHandle retry_;
};

}  // namespace commd::xmpp
