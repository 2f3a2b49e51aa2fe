#include "daemon/xmpp/xmpp_leg.h"

#include <utility>

namespace commd::xmpp {
namespace {

// The person's own word, which holds for all of their devices; else it is this one that cannot.
bool is_of_person(ports::Refusal refusal) {
  return refusal == ports::Refusal::busy || refusal == ports::Refusal::declined;
}

}  // namespace

std::optional<Jid> jid_of_target(const std::string& target) {
  const size_t colon = target.find(':');
  const bool scheme = target.starts_with("xmpp:");
  if (!scheme && colon != std::string::npos) return std::nullopt;
  // A query (RFC 5122) says what to do with the address, which is said already.
  std::string_view text = std::string_view(target).substr(scheme ? 5 : 0);
  text = text.substr(0, text.find('?'));
  auto jid = Jid::parse(text);
  if (!jid || jid->local().empty()) return std::nullopt;
  return std::move(*jid);
}

std::string replaces_of(const JingleTransfer& transfer) {
  if (transfer.sid.empty() || transfer.from.empty() || transfer.sid.find(' ') != std::string::npos)
    return {};
  return transfer.sid + " " + transfer.from.str();
}

std::optional<JingleTransfer> transfer_of(const ports::InviteRequest& request) {
  JingleTransfer transfer;
  if (auto by = jid_of_target(request.referred_by)) transfer.from = std::move(*by);
  const size_t blank = request.replaces.find(' ');
  if (blank != std::string::npos)
    if (auto from = Jid::parse(std::string_view(request.replaces).substr(blank + 1))) {
      transfer.sid = request.replaces.substr(0, blank);
      transfer.from = std::move(*from);
    }
  if (transfer.from.empty()) return std::nullopt;
  return transfer;
}

JingleCall::Around XmppLeg::around() {
  return {calls_.self_, calls_.parts_.sessions,
          [this](const Stanza& iq, IqRequests::Done done) {
            calls_.requests_.ask(iq, std::move(done));
          },
          *this};
}

void XmppLeg::initiate(const Jid& device, const std::string& sid) {
  peer_ = device;
  // A device that goes on ringing, or is silent, holds nobody.
  calls_.give_up_after(XmppCalls::answer_patience, *this, model::EndReason::no_answer);
  call_ = std::make_unique<JingleCall>(around(), device, sid);
  call_->initiate(request->offer, transfer_of(*request));
}

void XmppLeg::begin(const JingleStanza& initiate, model::SessionDescription offer,
                    Answered answered) {
  peer_ = initiate.from;
  patience.reset();
  answers_ = answered == Answered::yes;
  call_ = std::make_unique<JingleCall>(around(), initiate, std::move(offer));
}

void XmppLeg::accept(model::SessionDescription description) {
  if (call_) call_->accept(std::move(description));
}

void XmppLeg::answer_offer(model::SessionDescription answer) {
  if (!call_) return;
  if (std::exchange(answers_, false))
    call_->accept(std::move(answer));
  else
    call_->answer_offer(std::move(answer));
}

void XmppLeg::refuse_offer(ports::Refusal refusal) {
  if (!call_) return;
  if (!answers_) return call_->refuse_offer(refusal);
  // There is nothing else that could be said of it.
  const JingleWhy why = why_of(refusal);
  call_->end(why);
  tell_end({refusal == ports::Refusal::encryption_required ? model::EndReason::encryption_required
                                                           : model::EndReason::incompatible_media,
            model::EndedBy::local,
            {}},
           why);
}

void XmppLeg::refuse(ports::Refusal refusal) {
  const JingleWhy why = why_of(refusal);
  if (call_) {
    call_->refuse(refusal);
    return finish(why);
  }
  if (!proposal || !incoming) return;
  if (answered_ || is_of_person(refusal))
    calls_.proposals_->reject(*proposal, why);
  else
    calls_.proposals_->ignore(*proposal);
}

void XmppLeg::tell_transport(size_t stream, const model::TransportDescription& news) {
  if (call_) return call_->tell_transport(stream, news);
  if (request && stream < request->offer.streams.size())
    model::add_news(request->offer.streams[stream].transport, news);
}

void XmppLeg::hang_up() {
  if (call_) {
    call_->hang_up();
    return finish({JingleReason::success, "Hung up"});
  }
  if (incoming) return refuse(ports::Refusal::unavailable);
  if (proposal) calls_.proposals_->retract(*proposal);
}

void XmppLeg::proceed() {
  answered_ = true;
  calls_.proposals_->proceed(*proposal);
}

void XmppLeg::finish(const JingleWhy& why) {
  if (proposal && calls_.proposals_) calls_.proposals_->finish(*proposal, why);
}

void XmppLeg::tell_end(const ports::LegEnd& end, const JingleWhy& why) {
  if (std::exchange(over_, true)) return;
  finish(why);
  calls_.tell([leg = id_, end](ports::SignallingEvents& core) { core.ended(leg, end); });
  calls_.over(*this);
}

// ---- JingleCallEvents ----------------------------------------------------------------------

void XmppLeg::call_delivered() {
  calls_.tell([leg = id_, branch = branch()](ports::SignallingEvents& core) {
    core.progress(leg, branch, ports::Progress::trying, std::nullopt);
  });
}

void XmppLeg::call_ringing() {
  calls_.tell([leg = id_, branch = branch()](ports::SignallingEvents& core) {
    core.progress(leg, branch, ports::Progress::ringing, std::nullopt);
  });
}

void XmppLeg::call_accepted(model::SessionDescription answer) {
  patience.reset();
  calls_.tell([leg = id_, branch = branch(), answer = std::move(answer)](
                  ports::SignallingEvents& core) { core.accepted(leg, branch, answer); });
}

void XmppLeg::call_confirmed() {
  calls_.tell([leg = id_](ports::SignallingEvents& core) { core.confirmed(leg, std::nullopt); });
}

void XmppLeg::call_offered(model::SessionDescription offer) {
  calls_.tell([leg = id_, offer = std::move(offer)](ports::SignallingEvents& core) {
    core.offered(leg, offer);
  });
}

void XmppLeg::call_answered(model::SessionDescription answer) {
  calls_.tell([leg = id_, answer = std::move(answer)](ports::SignallingEvents& core) {
    core.answered(leg, answer);
  });
}

void XmppLeg::call_modify_refused(bool glare) {
  calls_.tell([leg = id_, glare](ports::SignallingEvents& core) {
    core.modify_refused(leg, glare, glare ? 491 : 488);
  });
}

void XmppLeg::call_transport(size_t stream, const model::TransportDescription& news) {
  calls_.tell([leg = id_, stream, news](ports::SignallingEvents& core) {
    core.transport(leg, stream, news);
  });
}

void XmppLeg::call_muted(std::optional<size_t>, bool) {}

void XmppLeg::call_transfer_asked(const JingleTransfer& transfer) {
  calls_.tell([leg = id_, to = "xmpp:" + transfer.to.str(), replaces = replaces_of(transfer),
               by = "xmpp:" + peer_.str()](ports::SignallingEvents& core) {
    core.transfer_requested(leg, to, replaces, by);
  });
}

void XmppLeg::call_transfer_told(model::TransferStatus::State state, const std::string& text) {
  const model::TransferStatus status{state, {}, 0, text};
  calls_.tell(
      [leg = id_, status](ports::SignallingEvents& core) { core.transfer_progress(leg, status); });
}

void XmppLeg::call_ended(const ports::LegEnd& end) { tell_end(end); }

}  // namespace commd::xmpp
