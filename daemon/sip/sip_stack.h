// Everything of SIP that lives on the SIP thread: endpoints, accounts, calls, and
// where each event goes.
//
// SIP thread only, but for construction and destruction.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/ports/signalling.h"
#include "daemon/sip/endpoint_pool.h"
#include "daemon/sip/sip_account.h"
#include "daemon/sip/sip_call.h"
#include "daemon/sip/sip_mailboxes.h"
#include "daemon/sip/sip_messages.h"
#include "daemon/sip/sip_presence.h"
#include "daemon/sip/sip_shutdown.h"
#include "daemon/sip/sip_typing.h"

namespace commd::sip {

struct StackOptions {
  // The `local` account's port on 127.0.0.1 and ::1; taken: any free one and a
  // notice. 0: any free one.
  uint16_t local_port = 5060;
  std::vector<std::string> local_listen;  // further IP literals for it
  std::string user_agent = "commd";
  std::string resolv_conf;  // empty: the system's
};

class SipStack final : public EndpointEvents, public AccountEvents {
 public:
  using Tell = std::function<void(std::function<void(ports::SignallingEvents&)>)>;
  SipStack(SipThread& thread, StackOptions options, Tell tell, SipMessages::Tell tell_messages,
           SipPresence::Tell tell_presence, base::Logger log);
  ~SipStack() override;

  void account_up(const model::Account& account, base::Secret password,
                  const std::map<std::string, std::string>& facts);
  void account_down(const model::AccountId& id);
  SipAccount* account(const model::AccountId& id);

  void invite(const model::LegId& leg, ports::InviteRequest request);
  SipCall* call(const model::LegId& leg);

  // The machine's addresses, links or routes are others: endpoints move to where their accounts
  // leave by now, and accounts and calls follow.
  void network_changed();

  SipMessages& messages() { return messages_; }
  SipTyping& typing() { return typing_; }
  SipPresence& presence() { return presence_; }

  std::vector<std::string> listening() const { return endpoints_.listening(); }
  void shut_down(std::function<void()> done);

  // AccountEvents
  void account_report(const model::AccountId& account, const ports::AccountReport& report) override;
  void remember(const std::string& key, const std::string& value) override;
  void contact_settled(const model::AccountId& account) override;
  void network_noticed() override;
  // EndpointEvents
  void on_sip_event(SipEndpoint& endpoint, const SipEvent& event) override;

 private:
  void on_new_call(SipEndpoint& endpoint, const SipEvent& event);
  void on_options(SipEndpoint& endpoint, const SipEvent& event);
  void on_message(SipEndpoint& endpoint, const SipEvent& event);
  void receive_message(SipEndpoint& endpoint, const SipEvent& event, const SipAccount& account,
                       SipMessages::Within within);
  void on_subscribe(SipEndpoint& endpoint, const SipEvent& event);
  void on_notify(SipEndpoint& endpoint, const SipEvent& event);
  void on_stray(SipEndpoint& endpoint, const SipEvent& event);
  SipAccount* account_of(const SipEndpoint& endpoint, const sip_t* sip, std::string* service);
  model::LegId replaced_leg(SipEndpoint& endpoint, const sip_t* sip, bool* unknown);
  void call_over(SipCall& call);
  void move_endpoints();
  // Also one that is on its way out.
  SipAccount* any_account(const model::AccountId& id);
  void say_goodbye();

  SipThread& thread_;
  StackOptions options_;
  Tell tell_;
  base::Logger log_;
  EndpointPool endpoints_;
  CallStack call_stack_;
  std::map<model::AccountId, std::unique_ptr<SipAccount>> accounts_;
  // Accounts on their way out, until their server has answered.
  std::map<uint64_t, std::unique_ptr<SipAccount>> leaving_;
  uint64_t next_leaving_ = 0;
  std::map<model::LegId, std::unique_ptr<SipCall>> calls_;
  SipMessages messages_;
  SipTyping typing_;
  SipMailboxes mailboxes_;
  SipPresence presence_;
  std::shared_ptr<SipShutdown> shutdown_;
  bool stopping_ = false;
};

}  // namespace commd::sip
