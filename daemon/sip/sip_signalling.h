// ports::Signalling, ports::Messaging and ports::Contacts over sofia-sip: the door between the core
// thread and the SIP thread. Values go in, values come out; no handle of sofia-sip leaves its
// thread.
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

namespace commd::sip {

struct SipOptions {
  uint16_t local_port = 5060;             // of the `local` account; 0 = any free one
  std::vector<std::string> local_listen;  // further IP literals for it
  std::string user_agent = "commd";
  std::string resolv_conf;  // empty: the system's
};

class SipSignalling final : public ports::Signalling,
                            public ports::Messaging,
                            public ports::Contacts {
 public:
  // `post` hands a function to the core thread; any thread may call it. Throws
  // std::system_error if there is no thread to be had.
  SipSignalling(SipOptions options, std::function<void(std::function<void()>)> post,
                base::Logger log);
  // After shut_down() has told its end, or without ever having been used.
  ~SipSignalling() override;

  // Who is told; before any other call.
  void attach(ports::SignallingEvents& events, ports::MessagingEvents& messages,
              ports::ContactEvents& contacts);

  // This machine's addresses, links or routes are others than before: accounts and calls follow.
  void addresses_changed();

  void account_up(const model::Account& account, base::Secret password,
                  const std::map<std::string, std::string>& facts) override;
  void account_down(const model::AccountId& account) override;
  void route(const model::AccountId& account, const std::string& target,
             std::function<void(base::Result<ports::MediaRoute>)> done) override;
  void invite(const model::LegId& leg, ports::InviteRequest request) override;
  void ring(const model::LegId& leg) override;
  void accept(const model::LegId& leg, model::SessionDescription description) override;
  void refuse(const model::LegId& leg, ports::Refusal refusal) override;
  void redirect(const model::LegId& leg, const std::string& target) override;
  void hang_up(const model::LegId& leg) override;
  void modify(const model::LegId& leg, model::SessionDescription offer) override;
  void answer_offer(const model::LegId& leg, model::SessionDescription answer) override;
  void tell_transport(const model::LegId& leg, size_t stream,
                      model::TransportDescription news) override;
  void refuse_offer(const model::LegId& leg, ports::Refusal refusal) override;
  void send_digit(const model::LegId& leg, char digit, unsigned duration_ms) override;
  void transfer(const model::LegId& leg, const std::string& target) override;
  void transfer_to_leg(const model::LegId& leg, const model::LegId& other) override;
  void accept_transfer(const model::LegId& leg) override;
  void refuse_transfer(const model::LegId& leg) override;
  void report_transfer(const model::LegId& leg, int sip_code, const std::string& phrase) override;
  std::vector<std::string> listening() const override;

  void send(ports::OutgoingMessage message) override;
  void acknowledge(const model::AccountId& account, uint64_t ticket) override;
  void not_kept(const model::AccountId& account, uint64_t ticket) override;
  void set_typing(const ports::TypingNews& news) override;

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
  void shut_down(std::function<void()> done) override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace commd::sip
