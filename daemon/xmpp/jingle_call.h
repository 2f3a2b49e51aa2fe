// One call in Jingle (XEP-0166 1.1.2, 0167): what the core says of it as stanzas, and what the
// far end says as the core has it: offers, answers, ends. The rules of offer and answer are the
// core's; here is how Jingle says them, where a hold is a word and a direction belongs to both.
//
// A stream is known to the core by its place, to the wire by its name: contents_ joins them, and
// both descriptions have a stream for each content, in that order.
//
// XMPP thread; no I/O of its own. What comes in is hostile.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/model/session_description.h"
#include "daemon/ports/signalling.h"
#include "daemon/xmpp/iq_requests.h"
#include "daemon/xmpp/jingle_end.h"
#include "daemon/xmpp/jingle_sessions.h"
#include "daemon/xmpp/jingle_transfer.h"

namespace commd::xmpp {

// What a call tells; inside of calls to it, and never to be destroyed there. See
// ports::SignallingEvents. Nothing is told after call_ended().
class JingleCallEvents {
 public:
  virtual ~JingleCallEvents() = default;

  // Outgoing: the far device has the offer.
  virtual void call_delivered() = 0;
  virtual void call_ringing() = 0;
  virtual void call_accepted(model::SessionDescription answer) = 0;
  // Incoming: the far device has our answer.
  virtual void call_confirmed() = 0;
  virtual void call_offered(model::SessionDescription offer) = 0;
  virtual void call_answered(model::SessionDescription answer) = 0;
  virtual void call_modify_refused(bool glare) = 0;
  // More of how a stream travels: candidates, a certificate, the credentials of a restart.
  virtual void call_transport(size_t stream, const model::TransportDescription& news) = 0;
  // The far person has muted a stream, or all; for showing.
  virtual void call_muted(std::optional<size_t> stream, bool muted) = 0;
  // The far end asks this person to call somebody else.
  virtual void call_transfer_asked(const JingleTransfer& transfer) = 0;
  virtual void call_transfer_told(model::TransferStatus::State state, const std::string& text) = 0;
  virtual void call_ended(const ports::LegEnd& end) = 0;
};

class JingleCall final : public JingleSession {
 public:
  static constexpr size_t most_changes = 8;  // of the far end that wait for the core

  // Each outlives it.
  struct Around {
    Jid self;  // full
    JingleSessions& sessions;
    // As IqRequests::ask().
    std::function<void(const Stanza&, IqRequests::Done)> ask;
    JingleCallEvents& events;
  };

  // Outgoing, to a device.
  JingleCall(Around around, Jid peer, std::string sid);
  // Incoming: of a session-initiate that is acknowledged; `offer`: read_rtp() of it.
  JingleCall(Around around, const JingleStanza& initiate, model::SessionDescription offer);
  ~JingleCall() override;
  JingleCall(const JingleCall&) = delete;
  JingleCall& operator=(const JingleCall&) = delete;

  const Jid& peer() const { return peer_; }
  const std::string& sid() const { return sid_; }
  // What the far end has described: its offer with all that came since.
  const model::SessionDescription& remote() const { return remote_; }

  // Of a session-initiate, before there is a call: its sender says that it is the initiator.
  static bool is_from_initiator(const JingleStanza& initiate);
  // This call and the one that is offered cross: both ends call each other, and this one wins, so
  // that the other is refused with "tie-break" (section 7.2.16).
  bool overrules(const JingleStanza& initiate) const;

  // ---- the verbs of ports::Signalling ------------------------------------------------

  // `because`: it takes the place of another one.
  void initiate(model::SessionDescription offer,
                const std::optional<JingleTransfer>& because = std::nullopt);
  void ring();
  void accept(model::SessionDescription answer);
  void refuse(ports::Refusal refusal);
  void hang_up();
  void modify(model::SessionDescription offer);
  void answer_offer(model::SessionDescription answer);
  void refuse_offer(ports::Refusal refusal);
  void transfer(const JingleTransfer& transfer);

  // ---- and what SIP does not have ------------------------------------------------------

  // More of how a stream of ours travels (trickle): goes out as it is.
  void tell_transport(size_t stream, const model::TransportDescription& news);
  // For showing at the far end.
  void tell_muted(bool muted);
  // Ends it, for a reason of the core's or the media's.
  void end(const JingleWhy& why);
  // Ends it as the transfer that the far end has asked for has succeeded.
  void end_transferred();
  // The stream is gone: nothing is said any more; told is account_offline.
  void lost();

  // JingleSession
  std::optional<JingleRefusal> judge(const JingleStanza& stanza) override;
  void take(const JingleStanza& stanza) override;

 private:
  enum class Stage {
    made,      // nothing was said
    offered,   // by us
    ringing,   // offered to us
    accepted,  // by us; the far end has not acknowledged it
    active,
    over,
  };

  struct Content {
    std::string name;
    JingleParty creator = JingleParty::initiator;
    JingleParty senders = JingleParty::both;  // as both ends have it
    bool live = true;
    unsigned generation = 0;  // of our candidates
  };

  // What we have asked the far end to change.
  struct Own {
    model::SessionDescription offer;
    size_t open = 0;  // answers that are waited for
    bool refused = false;
    bool glare = false;
    std::set<JingleAction> actions;
    std::vector<size_t> added;  // of these, those without an answer
  };

  // What the far end has changed, or wants to.
  struct Change {
    JingleAction action = JingleAction::session_info;
    std::vector<std::pair<size_t, JingleParty>> senders;  // content-modify
    std::vector<model::StreamDescription> added;          // content-add
    std::vector<size_t> removed;                          // content-remove
    std::optional<size_t> replaced;                       // transport-replace
    model::TransportDescription transport{};
    bool hold = false;  // session-info
  };

  bool is_live() const { return stage_ != Stage::made && stage_ != Stage::over; }
  bool is_answered() const { return stage_ == Stage::accepted || stage_ == Stage::active; }
  CallPhase phase() const { return is_answered() ? CallPhase::answered : CallPhase::unanswered; }
  bool has_live_content() const;
  std::optional<size_t> find(const std::string& name) const;
  Stanza stanza(JingleAction action) const;
  Stanza stanza_of(JingleAction action, const std::vector<size_t>& contents) const;
  void ask(const Stanza& iq, std::function<void(const base::Error*)> then = {});
  void send_info(const char* name);
  void tell_end(ports::LegEnd end);
  void fail(const JingleWhy& why, model::EndReason reason);

  // jingle_call_judge.cpp
  std::optional<JingleRefusal> judge_contents(const JingleStanza& stanza) const;
  std::optional<JingleRefusal> judge_change(const JingleStanza& stanza) const;
  std::optional<JingleRefusal> judge_addition(const JingleStanza& stanza) const;
  std::optional<JingleRefusal> judge_info(const JingleStanza& stanza) const;
  std::optional<JingleRefusal> judge_accept(const JingleStanza& stanza) const;

  // jingle_call.cpp
  void take_accept(const JingleStanza& stanza);
  std::optional<model::SessionDescription> answer_in(const model::SessionDescription& read);
  void take_end(const JingleStanza& stanza);
  void take_info(const JingleStanza& stanza);
  void take_mute(const Element& info, bool muted);
  void take_transport(const JingleContent& content);

  // jingle_call_own.cpp: what we change.
  void send_own_senders();
  void send_own_removals();
  void send_own_additions();
  void send_own_hold();
  void send_own_restarts();
  bool holds_all(const model::SessionDescription& offer) const;
  JingleParty wanted_senders(size_t content) const;
  void send_senders(const std::vector<std::pair<size_t, JingleParty>>& senders,
                    std::function<void(const base::Error*)> then);
  std::function<void(const base::Error*)> own_step(std::function<void()> done);
  void own_done(const base::Error* error);
  void finish_own();
  void take_addition_answer(const JingleStanza& stanza);
  model::Direction remote_direction(size_t content) const;

  // jingle_call_changes.cpp: what the far end changes.
  std::optional<Change> change_in(const JingleStanza& stanza) const;
  void take_change(Change change);
  void next_change();
  void leave_out_gone(Change& change) const;
  static bool is_void(const Change& change);
  bool apply(const Change& change);
  void direct_all(model::SessionDescription& remote) const;
  void answer_senders(const model::SessionDescription& answer);
  void answer_additions(const std::vector<model::StreamDescription>& added,
                        const model::SessionDescription& answer);
  void remove_content(size_t content);

  Around around_;
  const Jid peer_;
  const std::string sid_;
  const JingleParty us_;
  Stage stage_ = Stage::made;
  std::vector<Content> contents_;
  model::SessionDescription local_, remote_;
  bool local_hold_ = false;  // said by a word of ours
  bool peer_hold_ = false;   // said by a word of theirs
  std::optional<Own> own_;
  uint64_t own_number_ = 0;  // answers to what was given up count for nothing
  std::deque<Change> waiting_;
  std::optional<Change> told_;  // the core has to say
  model::SessionDescription told_offer_;
  bool transferring_ = false;
  bool told_end_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace commd::xmpp
