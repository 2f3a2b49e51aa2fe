// ports::Signalling, ports::Messaging and ports::Contacts over our own XMPP streams: the door
// between the core thread and the XMPP thread. Values go in, values come out; no stanza leaves its
// thread.
//
// Calls are not spoken yet: route() says so, and nothing of a call comes after it.
//
// Core thread, like the port says.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/ports/contacts.h"
#include "daemon/ports/messaging.h"
#include "daemon/ports/signalling.h"

namespace commd::xmpp {

class ContactFlow;

struct XmppOptions {
  std::string resolv_conf;  // empty: the system's
};

class XmppSignalling final : public ports::Signalling,
                             public ports::Messaging,
                             public ports::Contacts {
 public:
  // `post` hands a function to the core thread; any thread may call it. The XMPP thread
  // starts with the first account.
  XmppSignalling(XmppOptions options, std::function<void(std::function<void()>)> post,
                 base::Logger log);
  // After shut_down() has told its end, or without ever having been used.
  ~XmppSignalling() override;

  // Who is told; before any other call.
  void attach(ports::SignallingEvents& events, ports::MessagingEvents& messages,
              ports::ContactEvents& contacts);

  void account_up(const model::Account& account, base::Secret password,
                  const std::map<std::string, std::string>& facts) override;
  void account_down(const model::AccountId& account) override;
  void route(const model::AccountId& account, const std::string& target,
             std::function<void(base::Result<ports::MediaRoute>)> done) override;
  void invite(const model::LegId&, ports::InviteRequest) override {}
  void ring(const model::LegId&) override {}
  void accept(const model::LegId&, model::SessionDescription) override {}
  void refuse(const model::LegId&, ports::Refusal) override {}
  void redirect(const model::LegId&, const std::string&) override {}
  void hang_up(const model::LegId&) override {}
  void modify(const model::LegId&, model::SessionDescription) override {}
  void answer_offer(const model::LegId&, model::SessionDescription) override {}
  void refuse_offer(const model::LegId&, ports::Refusal) override {}
  void send_digit(const model::LegId&, char, unsigned) override {}
  void transfer(const model::LegId&, const std::string&) override {}
  void transfer_to_leg(const model::LegId&, const model::LegId&) override {}
  void accept_transfer(const model::LegId&) override {}
  void refuse_transfer(const model::LegId&) override {}
  void report_transfer(const model::LegId&, int, const std::string&) override {}
  std::vector<std::string> listening() const override { return {}; }
  void shut_down(std::function<void()> done) override;

  // ports::Messaging
  void send(ports::OutgoingMessage message) override;
  void acknowledge(const model::AccountId& account, uint64_t ticket) override;
  void not_kept(const model::AccountId& account, uint64_t ticket) override;
  bool can_amend() const override { return true; }
  void amend(model::Amendment amendment, bool again) override;
  void set_typing(const ports::TypingNews& news) override;

  // ports::Contacts
  void set_presence(const model::AccountId& account, model::Presence presence) override;
  void put_contact(const model::AccountId& account, const ports::RosterEntry& entry,
                   Done done) override;
  void remove_contact(const model::AccountId& account, const std::string& address,
                      Done done) override;
  void ask_presence(const model::AccountId& account, const std::string& address,
                    const std::string& nickname, Done done) override;
  void allow_presence(const model::AccountId& account, const std::string& address, bool allowed,
                      Done done) override;
  void set_blocked(const model::AccountId& account, const std::string& address, bool blocked,
                   Done done) override;

 private:
  void on_contacts(const model::AccountId& account, Done done,
                   std::function<void(ContactFlow&, Done)> work);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace commd::xmpp
