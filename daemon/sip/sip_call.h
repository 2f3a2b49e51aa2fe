// One call leg on the SIP thread: an INVITE and the dialogs it makes.
//
// The core owns what the call means; here is only how SIP says it: transactions,
// early dialogs, ACK and PRACK, CANCEL and its races (RFC 3261, 3262, 3311), session
// timers (RFC 4028), INFO digits, REFER (RFC 3515) and Replaces (RFC 3891).
//
// SIP thread only. The object outlives what the person sees of the call: after
// ended() it stays until the far end has answered BYE or CANCEL.
#pragma once

#include <sofia-sip/sip.h>

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "daemon/base/log.h"
#include "daemon/ports/signalling.h"
#include "daemon/sip/offer_profile.h"
#include "daemon/sip/sdp.h"
#include "daemon/sip/sip_account.h"
#include "daemon/sip/sip_handle.h"
#include "daemon/sip/sip_thread.h"

namespace commd::sip {

class SipCall;

// What a leg needs of the stack around it.
struct CallStack {
  SipThread& thread;
  // Tells the core something; from any point, in order.
  std::function<void(std::function<void(ports::SignallingEvents&)>)> tell;
  std::function<SipAccount*(const model::AccountId&)> account;
  std::function<SipCall*(const model::LegId&)> leg;
  // A MESSAGE came in the dialog of the call.
  std::function<void(SipEndpoint&, const SipEvent&, const model::AccountId&)> message;
  // The leg is done with; it is destroyed soon, never inside.
  std::function<void(SipCall&)> over;
  base::Logger log;
};

class SipCall final : public SipHandleOwner {
 public:
  // Outgoing.
  SipCall(const CallStack& stack, model::LegId leg, ports::InviteRequest request);
  // Incoming: takes the handle of the INVITE.
  SipCall(const CallStack& stack, model::LegId leg, const model::AccountId& account,
          SipEndpoint& endpoint, nua_handle_t* handle);
  ~SipCall() override;

  const model::LegId& leg() const { return leg_; }
  const model::AccountId& account_id() const { return account_; }

  // Outgoing: sends the INVITE.
  void start();
  // Incoming: reads the INVITE and tells the core.
  void receive(const SipEvent& invite, const std::string& service, const model::LegId& replaces);

  // The verbs of ports::Signalling.
  void ring();
  void accept(const model::SessionDescription& description);
  void refuse(ports::Refusal refusal);
  void redirect(const std::string& target);
  void hang_up();
  void modify(const model::SessionDescription& offer);
  void answer_offer(const model::SessionDescription& answer);
  void refuse_offer(ports::Refusal refusal);
  void send_digit(char digit, unsigned duration_ms);
  void transfer(const std::string& target);
  void transfer_to(SipCall& other);
  void accept_transfer();
  void refuse_transfer();
  void report_transfer(int sip_code, const std::string& phrase);

  // The account is reached by its Contact (again): what waited for that goes on, and a far end
  // that knows another one is told (RFC 3261 section 12.2, target refresh).
  void contact_settled();

  // Ends with this reason for the core, politely on the wire.
  void end_with(model::EndReason reason);
  // The wire is done with; for the stack's shutdown.
  bool finished() const { return !handle_; }
  void drop() { handle_.reset(); }

  // A dialog's identity for Replaces, "call-id;to-tag=..;from-tag=..", and where its
  // far end is; empty before there is one.
  std::string replaces_value() const;
  std::string remote_target() const { return remote_target_; }
  nua_handle_t* handle() const { return handle_.get(); }

  void on_event(SipEndpoint& endpoint, const SipEvent& event) override;

 private:
  enum class Stage {
    calling,     // INVITE out, nothing final
    cancelling,  // CANCEL out
    ringing,     // INVITE in, nothing final
    answered,    // 2xx out, no ACK yet
    confirmed,   // a dialog
    ending,      // BYE out, or a final refusal sent
    over,
  };
  // An exchange that waits for the core's word, and what its answer goes into.
  enum class Pending { none, invite, update, prack, ack };

  // sip_call.cpp
  void tell(std::function<void(ports::SignallingEvents&)> what) { stack_.tell(std::move(what)); }
  void tell_ended(const ports::LegEnd& end);
  void finish_handle();
  std::string sdp_of(const model::SessionDescription& description);
  std::optional<model::SessionDescription> description_in(const sip_t* sip);
  // False: the peer refused a call that was not protected, and answers in the clear now.
  bool keeps_protection(std::optional<model::SessionDescription>& answer) const;
  void end_unprotected();
  void on_state(const SipEvent& event);
  void session_expired();
  void learn_dialog(const sip_t* sip);
  // sip_call_dialog.cpp: after each INVITE that succeeded.
  enum class Role { uac, uas };
  void keep_session(const sip_t* sip, Role role);
  void start_refresh();
  // The host that requests of the dialog go to first.
  std::string dialog_hop() const;

  // sip_call_out.cpp
  void send_invite();
  void repeat_invite(const std::optional<Authorization>& authorization);
  std::string first_hop() const;
  std::optional<std::string> tls_failure() const;
  void on_invite_response(const SipEvent& event);
  void on_provisional(const SipEvent& event);
  void on_success(const SipEvent& event);
  void on_failure(const SipEvent& event);
  bool retry(const SipEvent& event);
  bool follow_redirect(const sip_t* sip);
  bool offer_next_profile();
  void write_offer();
  void acknowledge_reliable(const SipEvent& event);

  // sip_call_in.cpp
  // `phrase` is kept by sofia-sip until the answer leaves: a literal.
  void respond(int status, const char* phrase, const std::string& sdp = {});
  void on_cancel(const SipEvent& event);
  void on_ack(const SipEvent& event);

  // sip_call_dialog.cpp
  void on_reinvite(const SipEvent& event);
  void send_reinvite(const std::optional<Authorization>& authorization);
  void on_reinvite_response(const SipEvent& event);
  void on_reinvite_success(const SipEvent& event);
  void on_update(const SipEvent& event);
  void on_prack(const SipEvent& event);
  void on_info(const SipEvent& event);
  void on_bye(const SipEvent& event);
  void on_request_response(const SipEvent& event);
  void answer_now(const SipEvent& event, int status, const char* phrase);

  // sip_call_contact.cpp
  std::string contact() const;
  bool is_moving() const;
  void wait_for_contact();
  void drop_waiting_offer();
  void end_unanswered();

  // sip_call_transfer.cpp
  void on_refer(const SipEvent& event);
  void on_refer_response(const SipEvent& event);
  void on_notify(const SipEvent& event);
  void tell_transfer(model::TransferStatus::State state, int code, const std::string& text);

  const CallStack& stack_;
  const model::LegId leg_;
  const model::AccountId account_;
  std::optional<ports::InviteRequest> request_;  // outgoing
  SipEndpoint* endpoint_ = nullptr;
  SipHandle handle_;
  Stage stage_ = Stage::calling;
  Pending pending_ = Pending::none;
  bool told_end_ = false;
  bool offering_ = false;          // our re-INVITE is out
  bool offer_in_accept_ = false;   // the caller sent no offer: ours is in the 2xx
  bool reliable_ringing_ = false;  // the caller demands 100rel
  bool peer_updates_ = false;      // the peer takes UPDATE
  bool use_100rel_ = false;        // outgoing, after 421
  bool alerted_ = false;           // a provisional answer came to our INVITE
  unsigned challenges_ = 0;
  unsigned redirects_ = 0;
  unsigned min_se_ = 0;  // from a 422
  std::string target_;   // request URI of the INVITE
  std::set<std::string> targets_tried_;
  std::string last_offer_;  // of a re-INVITE that is challenged
  std::string remote_target_;
  bool has_route_set_ = false;
  std::string route_hop_;  // first entry of the dialog's route set; empty: none
  std::string call_id_, local_tag_, remote_tag_;
  std::string refer_target_;
  std::string refer_event_;  // "refer" or "refer;id=N" of a REFER we accepted
  OfferProfile profile_;     // outgoing
  SdpOrigin origin_;
  std::string last_body_;
  std::vector<SdpMediaLine> peer_lines_;  // of its last description, or what is offered to it
  SavedRequest saved_;                    // an UPDATE or PRACK that waits for the core
  SipTimer refresh_;                      // where the peer has no UPDATE
  std::chrono::seconds refresh_after_{0};
  // Where the far end finds us: as it knows it, and as our re-INVITE on its way says it.
  std::string told_contact_;
  std::string sent_contact_;
  unsigned moves_ = 0;        // of the endpoint, before our INVITE
  bool offer_waits_ = false;  // for the account to be reached again, as does a BYE
  bool bye_waits_ = false;
  SipTimer contact_patience_;
  SipTimer patience_;  // how long the wire may take to end
};

}  // namespace commd::sip
