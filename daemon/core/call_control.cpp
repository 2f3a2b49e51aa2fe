#include "daemon/core/call_control.h"

#include <algorithm>
#include <utility>

#include "daemon/core/call_book.h"

namespace commd::core {

using model::CallDirection;
using model::CallState;

namespace {

// From an answer to a way for its media, and for as long as a lost one is looked for.
constexpr std::chrono::seconds connecting_patience{45};
constexpr std::chrono::seconds servers_patience{2};

}  // namespace

CallControl::CallControl(CallContext context, model::Call call, model::LegId leg, CallPlan plan)
    : context_(std::move(context)),
      call_(std::move(call)),
      leg_(std::move(leg)),
      plan_(std::move(plan)),
      story_(context_.clock) {
  call_.create_time = context_.clock.wall_now();
  if (call_.owned) start_owner_timer(std::chrono::seconds(10));
}

CallControl::~CallControl() = default;

bool CallControl::alive() const { return call_.state != CallState::ended; }

bool CallControl::ringing_incoming() const {
  return call_.direction == CallDirection::incoming && call_.state == CallState::ringing;
}

void CallControl::publish(EventLog::Committed committed) {
  if (plan_.service) {
    if (committed) committed({});
    return;
  }
  context_.log.emit(model::CallChanged{call_}, {ports::PutCall{call_}}, std::move(committed));
}

void CallControl::set_state(CallState state) {
  call_.state = state;
  talked_ = talked_ || model::is_talking(call_);
  story_.state(call_);
  update_alert();
  watch_silence();
}

// Chooses among connecting, active and held from what is known now.
void CallControl::settle() {
  if (!alive() || !answered_) return;
  call_.held_local = wants_hold_;
  const bool held = call_.held_local || call_.held_remote;
  CallState state = CallState::connecting;
  if (media_ready_ && confirmed_ && media_usable_)
    state = held ? CallState::held : CallState::active;
  // On hold nothing has to come, and its signalling has just shown that it lives.
  if (held) lost_timer_.reset();
  set_state(state);
  publish();
}

void use_settings(ports::MediaConfig& media, const model::Account& account) {
  const model::AccountSettings& settings = account.settings;
  media.codecs = settings.codecs;
  media.encryption = settings.encryption;
  media.latch = settings.latch;
  // Nobody there goes without (XEP-0176).
  media.ice.enabled =
      settings.ice == model::Toggle::on || account.protocol == model::Protocol::xmpp;
  media.ice.relay_only = settings.relay_only;
}

void use_route(ports::MediaConfig& media, const ports::MediaRoute& route) {
  media.local_ip = route.local_ip;
  media.signalling_peer_ip = route.peer_ip;
  media.signalling_protected = route.signalling_protected;
  media.ice.trickle = route.trickle;
  media.ice.rtcp_mux_only = route.rtcp_mux_only;
  media.ice.servers = route.ice_servers;
}

void CallControl::open_media(std::function<void()> then) {
  auto go_on = [this, then = std::move(then)] {
    if (alive()) open_media();
    then();
  };
  if (!plan_.media.ice.enabled) return go_on();
  waits_for_servers_ = std::move(go_on);
  // A slow resolver or keyring costs the call its relays, not its life.
  servers_timer_ = context_.timers.after(servers_patience, [this] { servers_found({}); });
  context_.book.ice_servers_(call_.account, guarded([this](const ports::RelayAccess::Servers& own) {
                               servers_found(own);
                             }));
}

void CallControl::servers_found(const ports::RelayAccess::Servers& own) {
  const auto go_on = std::exchange(waits_for_servers_, {});
  if (!go_on) return;
  servers_timer_.reset();
  auto& servers = plan_.media.ice.servers;
  servers.insert(servers.begin(), own.begin(), own.end());
  go_on();
}

void CallControl::open_media() {
  plan_.media.capture = call_.capture;
  plan_.media.playback = call_.playback;
  recall_ends();
  story_.opened(plan_.media);
  media_ = context_.media.open(call_.id.str(), plan_.media, *this);
  media_->set_muted(call_.muted);
  if (call_.capture.kind == model::AudioSource::Kind::device ||
      call_.playback.kind == model::AudioSink::Kind::device)
    need_devices();
}

void CallControl::need_devices() {
  if (!plan_.service && !std::exchange(needs_devices_, true)) context_.devices.need(call_.id.str());
}

model::Direction CallControl::wanted_direction() const {
  return wants_hold_ ? model::Direction::send_only : model::Direction::send_recv;
}

// Ringtone, call-waiting tone and ringback go to the person's own devices, and only
// there. Ringback is heard where the call will be: one whose audio is a file or nothing
// rings in silence.
void CallControl::update_alert() {
  using Alert = ports::MediaEngine::Alert;
  std::optional<Alert> wanted;
  if (!plan_.service && ringing_incoming())
    wanted = call_.waiting ? Alert::call_waiting : Alert::ringtone;
  if (call_.direction == CallDirection::outgoing && call_.state == CallState::ringing &&
      call_.playback.kind == model::AudioSink::Kind::device)
    wanted = Alert::ringback;
  if (wanted == alert_kind_) return;
  alert_kind_ = wanted;
  const CoreSettings& settings = context_.book.settings();
  const model::AudioSink& where = wanted == Alert::ringtone       ? settings.ring
                                  : wanted == Alert::call_waiting ? settings.playback
                                                                  : call_.playback;
  if (wanted && where.kind == model::AudioSink::Kind::device) need_devices();
  alert_ = wanted ? context_.media.alert(*wanted, where) : nullptr;
}

void CallControl::attach() {
  ++attached_;
  owner_timer_.reset();
}

void CallControl::detach() {
  if (attached_ > 0) --attached_;
  if (attached_ == 0 && call_.owned && alive()) start_owner_timer(std::chrono::seconds(5));
}

void CallControl::set_owned(bool owned) {
  call_.owned = owned;
  if (owned && attached_ == 0) start_owner_timer(std::chrono::seconds(10));
  if (!owned) owner_timer_.reset();
}

// No open microphone without somebody there: the call ends with its client.
void CallControl::start_owner_timer(std::chrono::seconds patience) {
  owner_timer_ = context_.timers.after(
      patience, [this] { hang_up(model::EndReason::client_gone, model::EndedBy::daemon); });
}

void CallControl::hang_up(model::EndReason reason, model::EndedBy by) {
  if (!alive()) return;
  context_.signalling.hang_up(leg_);
  finish({reason, by, {}});
}

void CallControl::fail_media(const base::Error& error) {
  model::EndReason reason = model::EndReason::media_failed;
  if (error.reason == "INCOMPATIBLE_MEDIA" || error.reason == "CODEC_UNAVAILABLE")
    reason = model::EndReason::incompatible_media;
  if (error.reason == "ENCRYPTION_REQUIRED") reason = model::EndReason::encryption_required;
  if (!alive()) return;
  story_.media_failed(error);
  context_.signalling.hang_up(leg_);
  finish({reason, model::EndedBy::daemon, {0, {}, error.message}});
}

void CallControl::on_ended(const ports::LegEnd& end) {
  if (alive()) finish(end);
}

void CallControl::finish(const ports::LegEnd& end) {
  ring_timer_.reset();
  owner_timer_.reset();
  connecting_timer_.reset();
  glare_timer_.reset();
  forget_transfer();
  lost_timer_.reset();
  incoming_.reset();
  call_.end_time = context_.clock.wall_now();
  call_.end_reason = end.reason;
  call_.ended_by = end.by;
  call_.end_detail = end.detail;
  call_.missed = rang_ && !answered_ && call_.direction == CallDirection::incoming &&
                 end.by != model::EndedBy::local &&
                 end.reason != model::EndReason::answered_elsewhere;
  call_.recording = call_.playing = call_.waiting = false;
  const int code = end.detail.sip_code;
  const int otherwise = end.reason == model::EndReason::unreachable ? 503 : 487;
  report_to_transferor(code >= 300 ? code : otherwise, end.detail.text);
  set_state(CallState::ended);
  if (!plan_.service)
    context_.logger->info("event: call_ended, call: {}, account: {}, reason: {}, by: {}, code: {}",
                          call_.id.str(), call_.account.str(), model::to_string(end.reason),
                          model::to_string(end.by), code);
  answer_told(base::fail(base::Code::failed_precondition, "WRONG_STATE", "the call has ended"));
  for (Done& waiter : std::exchange(hold_waiters_, {}))
    waiter(base::fail(base::Code::failed_precondition, "WRONG_STATE", "the call has ended"));
  publish();
  if (media_) {
    // The last figures are kept; the session goes as soon as they are there.
    media_->stats(guarded([this](const model::MediaStats& stats) {
      last_stats_ = stats;
      last_stats_->security = with_words(stats.security);
      media_.reset();
      keep_story();
    }));
  } else {
    keep_story();
  }
  context_.book.forget_later(call_.id);
}

void CallControl::stats(std::function<void(model::MediaStats)> done) {
  if (last_stats_) return done(*last_stats_);
  if (!media_) return done({});
  media_->stats(guarded([this, done = std::move(done)](model::MediaStats stats) {
    stats.security = with_words(std::move(stats.security));
    done(std::move(stats));
  }));
}

void CallControl::succeeded_by(const model::CallId& successor) {
  forget_transfer();
  call_.successor = successor;
  if (alive()) publish();
}

void CallControl::report_progress_to(const model::LegId& reporter) { transferor_ = reporter; }

void CallControl::report_to_transferor(int sip_code, const std::string& phrase) {
  if (!transferor_) return;
  context_.signalling.report_transfer(transferor_, sip_code, phrase);
  if (sip_code >= 200) transferor_ = {};
}

// ---- ports::MediaObserver ------------------------------------------------------

void CallControl::media_usable(bool usable) {
  if (std::exchange(media_usable_, usable) == usable) return;
  connecting_timer_.reset();
  if (!usable) wait_for_a_way();
  if (answered_) settle();
}

void CallControl::wait_for_a_way() {
  connecting_timer_ = context_.timers.after(connecting_patience, [this] {
    if (!answered_) return wait_for_a_way();
    fail_media({base::Code::unavailable,
                "MEDIA_FAILED",
                "no way to the far end's media was found in time",
                {}});
  });
}

void CallControl::transport_found(size_t stream, const model::TransportDescription& news) {
  if (!alive()) return;
  story_.candidates(CallStory::By::us, news);
  context_.signalling.tell_transport(leg_, stream, news);
}

void CallControl::restart_wanted() {
  if (!alive() || !media_) return;
  story_.way_gone();
  restart_wanted_ = true;
  if (confirmed_) renegotiate();
}

void CallControl::media_flowing(const model::BranchId&) {
  // Audio of the far end is there: our own ringback must not talk over it.
  if (call_.state != CallState::ringing || call_.direction != CallDirection::outgoing) return;
  call_.early_media = true;
  set_state(CallState::early);
  publish();
}

void CallControl::media_changed(const std::string& codec, const model::CallSecurity& told) {
  const model::CallSecurity security = with_words(told);
  if (!alive() || (call_.codec == codec && call_.security == security)) return;
  const bool worse = answered_ && security.level < call_.security.level;
  call_.codec = codec;
  call_.security = security;
  story_.media_agreed(codec, security);
  publish();
  look_for_words();
  // The engine refuses to do without what there was; what it takes is never taken in silence.
  if (worse && !plan_.service)
    context_.log.emit(model::Notice{
        "SECURITY_LOWERED",
        std::string("the far end changed the call: its media is now ") +
            (security.level == model::SecurityLevel::none ? "not encrypted" : "less protected") +
            ": somebody else may be there now",
        call_.id.str()});
}

void CallControl::digit_received(char digit) { on_digit(digit); }

void CallControl::on_digit(char digit) {
  if (alive() && !plan_.service) context_.log.emit(model::DtmfReceived{call_.id, digit});
}

// An open microphone towards nobody ends too, and so does the echo to a caller who is
// gone.
void CallControl::end_when_lost() {
  const auto limit = context_.book.settings().media_lost_ends_call;
  if (limit == std::chrono::seconds::zero()) return;
  const auto left = std::max(limit - ports::media_silence, std::chrono::seconds::zero());
  lost_timer_ = context_.timers.after(
      left, [this] { hang_up(model::EndReason::media_lost, model::EndedBy::daemon); });
}

void CallControl::media_lost(bool lost) {
  if (!alive()) return;
  lost_timer_.reset();
  if (lost) end_when_lost();
  story_.note(CallStory::Kind::packets, lost ? "MEDIA_LOST" : "MEDIA_RECOVERED",
              lost ? "nothing came for 30 s" : "the far end is heard again");
  if (plan_.service) return;
  context_.log.emit(model::Notice{
      lost ? "MEDIA_LOST" : "MEDIA_RECOVERED",
      lost ? "nothing has been heard from the far end for 30 s" : "the far end is heard again",
      call_.id.str()});
}

void CallControl::media_failed(const base::Error& error) { fail_media(error); }

void CallControl::end_failed(End which, const base::Error& error) {
  const bool capture = which == End::capture;
  story_.end_failed(which, error);
  if (capture ? plan_.capture_named : plan_.playback_named) return fail_media(error);
  if (!alive()) return;
  if (capture)
    call_.capture.kind = model::AudioSource::Kind::none;
  else
    call_.playback.kind = model::AudioSink::Kind::none;
  context_.book.end_failed(call_.id, which, error);
  publish();
}

void CallControl::playback_finished() {
  if (!call_.playing) return;
  call_.playing = false;
  publish();
}

}  // namespace commd::core
