// One call: its state machine, its offer/answer state, its media session.
//
// Life: made by CallBook, driven by the person's verbs, by SignallingEvents of its
// leg and by its media session. Offer/answer (RFC 3264), glare and forking rules
// live here once for every protocol.
//
// Core thread only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/core/call_story.h"
#include "daemon/core/device_book.h"
#include "daemon/core/event_log.h"
#include "daemon/core/zrtp_book.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/media_engine.h"
#include "daemon/ports/relay_access.h"
#include "daemon/ports/signalling.h"
#include "daemon/ports/timers.h"

namespace commd::core {

class CallBook;

// What every call is given.
struct CallContext {
  CallBook& book;
  EventLog& log;
  DeviceBook& devices;
  ports::MediaEngine& media;
  ports::Signalling& signalling;
  const ports::Clock& clock;
  ports::Timers& timers;
  base::Logger logger;
};

// What of a media session follows from its account, and from how the signalling goes.
void use_settings(ports::MediaConfig& media, const model::Account& account);
void use_route(ports::MediaConfig& media, const ports::MediaRoute& route);

// How this call is to be made; fixed at its beginning.
struct CallPlan {
  std::string target;  // outgoing: URI
  ports::MediaConfig media;
  model::DtmfMethod dtmf = model::DtmfMethod::automatic;
  bool early_send = false;
  bool hide_number = false;
  std::chrono::seconds ring_timeout{60};
  std::string forward_no_answer;
  // Outgoing after a REFER: what to replace, and on whose word.
  std::string replaces;
  std::string referred_by;
  // The client named them. One that cannot be used after all ends the call; those of the
  // configuration are silent then.
  bool capture_named = false;
  bool playback_named = false;
  // A service of the daemon (echo): answered at once, listed nowhere.
  bool service = false;
  // The account speaks ZRTP.
  bool zrtp = false;
};

// A call, what is to be known of it (the worst first), and how it came to that.
struct CallExplained {
  model::Call call;
  std::vector<model::Finding> findings;
  std::vector<model::TraceStep> steps;
};

class CallControl final : public ports::MediaObserver {
 public:
  using Done = std::function<void(base::Result<model::Call>)>;

  CallControl(CallContext context, model::Call call, model::LegId leg, CallPlan plan);
  ~CallControl() override;

  const model::Call& call() const { return call_; }
  const model::LegId& leg() const { return leg_; }
  const CallPlan& plan() const { return plan_; }
  bool service() const { return plan_.service; }
  bool ringing_incoming() const;
  // People talk, or did and will again: a way that was lost is looked for.
  bool in_conversation() const { return talked_ && model::is_live(call_); }

  // Beginnings.
  // `done` is told when the call is in the log; the INVITE leaves after that.
  void begin_outgoing(Done done);
  void start_incoming(ports::IncomingCall incoming);

  // Verbs, see CallBook.
  void answer(const model::AudioSource& capture, const model::AudioSink& playback, Done done);
  void names_ends(bool capture, bool playback);
  void refuse(ports::Refusal refusal, model::EndReason reason);
  void hang_up(model::EndReason reason, model::EndedBy by);
  void set_hold(bool held, Done done);
  void set_muted(bool muted, Done done);
  void set_capture(const model::AudioSource& source, Done done);
  void set_playback(const model::AudioSink& sink, Done done);
  void send_digits(const std::string& digits, std::chrono::milliseconds each, Done done);
  void transfer(const std::string& target, Done done);
  void transfer_to(CallControl& other, Done done);
  // The far end asks us to call somebody: put to the person, who has half a minute.
  struct AskedTransfer {
    std::string target;
    std::string replaces;
    std::string referred_by;
  };
  void ask_transfer(AskedTransfer asked);
  AskedTransfer asked_transfer() const;
  // Tells the far end no, whether a person was asked or not.
  void refuse_transfer();
  void record(const std::string& path, Done done);
  void play(const std::string& path, Done done);
  void stats(std::function<void(model::MediaStats)> done);
  // A person has compared the words, or takes it back. The call has some.
  void set_verified(bool verified, Done done);
  void explain(std::function<void(CallExplained)> done);

  // The client's streams that keep an owned call alive.
  void attach();
  void detach();
  void set_owned(bool owned);

  // Another call took this one's place.
  void succeeded_by(const model::CallId& successor);
  // This call was made for the transfer that `reporter`'s far end asked for.
  void report_progress_to(const model::LegId& reporter);

  // From the protocol room, see SignallingEvents.
  void on_progress(const model::BranchId& branch, ports::Progress progress,
                   std::optional<model::SessionDescription> answer);
  void on_accepted(const model::BranchId& branch, std::optional<model::SessionDescription> answer);
  void on_confirmed(std::optional<model::SessionDescription> answer);
  void on_offered(std::optional<model::SessionDescription> offer);
  void on_answered(model::SessionDescription answer);
  void on_transport(size_t stream, const model::TransportDescription& news);
  void on_modify_refused(bool glare, int sip_code);
  void on_refresh_due();
  void on_identity(model::Party remote);
  void on_digit(char digit);
  void on_transfer_progress(model::TransferStatus status);
  void on_ended(const ports::LegEnd& end);

  // ports::MediaObserver
  void media_flowing(const model::BranchId& branch) override;
  void media_usable(bool usable) override;
  void transport_found(size_t stream, const model::TransportDescription& news) override;
  void restart_wanted() override;
  void media_changed(const std::string& codec, const model::CallSecurity& security) override;
  void zrtp_agreed(const model::ZrtpAgreement& agreement) override;
  void digit_received(char digit) override;
  void media_lost(bool lost) override;
  void media_failed(const base::Error& error) override;
  void end_failed(End which, const base::Error& error) override;
  void playback_finished() override;
  void traced(const model::TraceStep& step) override { story_.traced(step); }

 private:
  // What of offer and answer is open (RFC 3264, RFC 6337).
  enum class Negotiation { idle, creating_offer, offer_sent, answering };

  // Life cycle (call_control.cpp)
  void publish(EventLog::Committed committed = {});
  void set_state(model::CallState state);
  void settle();
  void finish(const ports::LegEnd& end);
  void fail_media(const base::Error& error);
  void end_when_lost();
  void wait_for_a_way();
  void open_media();
  // Once it is known where its relays are; the call may have ended by then.
  void open_media(std::function<void()> then);
  void servers_found(const ports::RelayAccess::Servers& own);
  void start_owner_timer(std::chrono::seconds patience);
  void update_alert();
  void need_devices();
  void forget_transfer();
  void report_to_transferor(int sip_code, const std::string& phrase);
  model::Direction wanted_direction() const;
  bool alive() const;
  // Wraps a callback so that it does nothing once this call is gone.
  template <class F>
  auto guarded(F f);

  // ZRTP (call_security.cpp)
  model::CallSecurity with_words(model::CallSecurity security) const;
  void recall_ends();
  void tell(const char* reason, std::string text);
  void tell_of_end(bool words_changed);

  // Outgoing (call_outgoing.cpp)
  void start_outgoing();
  void routed(base::Result<ports::MediaRoute> route);
  void offer_ready(base::Result<model::SessionDescription> offer);
  void answer_applied(const model::BranchId& branch, base::Result<void> result, bool final_answer);

  // Incoming (call_incoming.cpp)
  void describe_answer();
  void description_ready(base::Result<model::SessionDescription> description);
  void answer_told(base::Result<model::Call> result);
  void ring_timed_out();

  // Re-negotiation (call_modify.cpp)
  void renegotiate();
  void reoffer_ready(base::Result<model::SessionDescription> offer);
  void reanswer_ready(base::Result<model::SessionDescription> answer);
  void tell_refused(const base::Error& error);
  void look_for_words();
  void negotiation_over();
  void wish_met();
  void finish_hold(base::Result<void> result);

  // What it tells of itself (call_explain.cpp)
  CallFacts facts(const model::MediaStats* stats) const;
  // Null: there are none.
  void with_figures(std::function<void(const model::MediaStats*)> then);
  void watch_silence();
  void look_at_silence();
  void keep_story();

  CallContext context_;
  model::Call call_;
  model::LegId leg_;
  CallPlan plan_;
  std::shared_ptr<int> life_ = std::make_shared<int>(0);

  std::optional<ports::IncomingCall> incoming_;
  std::unique_ptr<ports::MediaSession> media_;
  std::unique_ptr<ports::MediaEngine::AlertPlayer> alert_;
  std::optional<ports::MediaEngine::Alert> alert_kind_;
  std::optional<model::MediaStats> last_stats_;
  std::optional<model::ZrtpAgreement> zrtp_;  // with what this person has said of it since
  ZrtpBook::Known end_;                       // of that agreement
  std::string new_end_;                       // which this call has brought into the book

  Negotiation negotiation_ = Negotiation::idle;
  unsigned offers_ = 0;  // begun; what comes of an older one is void
  // What we said last of our direction, in an offer or an answer.
  model::Direction said_direction_ = model::Direction::send_recv;
  bool answered_ = false;       // a person or machine accepted
  bool confirmed_ = false;      // and the other side knows
  bool media_ready_ = false;    // offer/answer complete
  bool media_usable_ = true;    // and the transport has its keys
  bool delayed_offer_ = false;  // we made the offer in our acceptance
  bool wants_hold_ = false;
  bool renegotiate_again_ = false;
  bool restart_wanted_ = false;  // of ICE, by the media
  bool restarting_ = false;      // our offer, on its way, is for that
  bool rang_ = false;
  bool talked_ = false;  // people could, once
  std::vector<Done> hold_waiters_;
  Done answer_waiter_;  // until there is an answer to send
  model::BranchId branch_;
  std::string asked_replaces_;  // with call_.transfer_request
  model::LegId transferor_;     // who waits for our progress
  unsigned attached_ = 0;
  bool needs_devices_ = false;  // the book of devices was told
  CallStory story_;
  bool kept_story_ = false;
  model::CallState silence_state_ = model::CallState::ended;  // in which it was listened for

  std::function<void()> waits_for_servers_;  // of ICE

  ports::TimerHandle servers_timer_;
  ports::TimerHandle ring_timer_;
  ports::TimerHandle owner_timer_;
  ports::TimerHandle connecting_timer_;  // runs while there is no way for the media
  ports::TimerHandle glare_timer_;
  ports::TimerHandle transfer_timer_;  // until nobody's answer is a refusal
  ports::TimerHandle lost_timer_;      // runs while nothing comes from the far end
  ports::TimerHandle silence_timer_;   // until its silence is looked at
};

template <class F>
auto CallControl::guarded(F f) {
  return [weak = std::weak_ptr<int>(life_), f = std::move(f)](auto&&... args) mutable {
    if (!weak.expired()) f(std::forward<decltype(args)>(args)...);
  };
}

}  // namespace commd::core
