// One leg of XmppCalls: a proposal, a session, or first the one and then the other. What a session
// tells goes to the core in its words.
//
// XMPP thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "daemon/xmpp/jingle_call.h"
#include "daemon/xmpp/xmpp_calls.h"

namespace commd::xmpp {

class XmppLeg final : public JingleCallEvents {
 public:
  XmppLeg(XmppCalls& calls, model::LegId id, Jid peer)
      : calls_(calls), id_(std::move(id)), peer_(std::move(peer)) {}

  const model::LegId& id() const { return id_; }
  // The far device, or all of them.
  const Jid& peer() const { return peer_; }
  JingleCall* call() { return call_.get(); }

  // Outgoing: to this device, with the offer that waits.
  void initiate(const Jid& device, const std::string& sid);
  // Incoming: the session has come. `proposed`: the person has answered it before.
  enum class Answered { no, yes };
  void begin(const JingleStanza& initiate, model::SessionDescription offer, Answered answered);
  // Incoming, proposed: the person has answered.
  void proceed();
  void accept(model::SessionDescription description);
  void answer_offer(model::SessionDescription answer);
  void refuse_offer(ports::Refusal refusal);
  void refuse(ports::Refusal refusal);
  // Part of the offer as long as that has not gone out.
  void tell_transport(size_t stream, const model::TransportDescription& news);
  void hang_up();
  // Told once; then it is over, which `why` says to all devices of both where it was proposed.
  void tell_end(const ports::LegEnd& end,
                const JingleWhy& why = {JingleReason::success, "Hung up"});

  // Of a call that was proposed.
  std::optional<JmiKey> proposal;
  bool incoming = false;
  std::optional<ports::InviteRequest> request;  // outgoing
  ports::TimerHandle patience;

  // JingleCallEvents
  void call_delivered() override;
  void call_ringing() override;
  void call_accepted(model::SessionDescription answer) override;
  void call_confirmed() override;
  void call_offered(model::SessionDescription offer) override;
  void call_answered(model::SessionDescription answer) override;
  void call_modify_refused(bool glare) override;
  void call_transport(size_t stream, const model::TransportDescription& news) override;
  void call_muted(std::optional<size_t> stream, bool muted) override;
  void call_transfer_asked(const JingleTransfer& transfer) override;
  void call_transfer_told(model::TransferStatus::State state, const std::string& text) override;
  void call_ended(const ports::LegEnd& end) override;

 private:
  JingleCall::Around around();
  model::BranchId branch() const { return model::BranchId(peer_.str()); }
  // Says to all devices of both that it is over.
  void finish(const JingleWhy& why);

  XmppCalls& calls_;
  const model::LegId id_;
  Jid peer_;
  std::unique_ptr<JingleCall> call_;
  bool answered_ = false;  // a proposal, by this person
  bool answers_ = false;   // the core's next answer is that to the session's own offer
  bool over_ = false;
};

// "xmpp:..." or the address alone; nothing for what is no address of XMPP.
std::optional<Jid> jid_of_target(const std::string& target);
// A session to be replaced (XEP-0251), as ports::InviteRequest::replaces has it.
std::string replaces_of(const JingleTransfer& transfer);
std::optional<JingleTransfer> transfer_of(const ports::InviteRequest& request);

}  // namespace commd::xmpp
