#include "daemon/core/call_book.h"

#include <algorithm>
#include <utility>

#include "daemon/base/random.h"

namespace commd::core {

using base::Code;
using base::fail;
using model::CallDirection;
using model::CallState;

CallBook::CallBook(EventLog& log, AccountBook& accounts, DeviceBook& devices, ports::Store& store,
                   ports::MediaEngine& media, const ports::Clock& clock, ports::Timers& timers,
                   SignallingByProtocol signalling, CoreSettings settings, base::Logger logger)
    : log_(log),
      accounts_(accounts),
      devices_(devices),
      store_(store),
      media_(media),
      clock_(clock),
      timers_(timers),
      signalling_(std::move(signalling)),
      settings_(std::move(settings)),
      logger_(std::move(logger)),
      sources_(settings_.per_source_rate) {
  thread_.bind();
}

CallBook::~CallBook() = default;

void CallBook::set_settings(const CoreSettings& settings) {
  if (settings.per_source_rate != settings_.per_source_rate)
    sources_ = RateLimiter(settings.per_source_rate);
  settings_ = settings;
  end_problems_.clear();
}

void CallBook::restore(const ports::StoredState& state) {
  COMMD_ASSERT_THREAD(thread_);
  for (model::Call call : state.unended_calls) {
    call.missed = call.direction == CallDirection::incoming && call.state == CallState::ringing;
    call.state = CallState::ended;
    call.end_reason = model::EndReason::daemon_restarted;
    call.ended_by = model::EndedBy::daemon;
    call.end_time = clock_.wall_now();
    // A client that repeats its request over our death must not call twice.
    remember_request(call.request_id, call.id);
    log_.emit(model::CallChanged{call}, {ports::PutCall{call}});
  }
}

void CallBook::remember_request(const std::string& request, const model::CallId& id) {
  constexpr size_t most = 4096;
  if (request.empty() || !by_request_.emplace(request, id).second) return;
  requests_.push_back(request);
  if (requests_.size() <= most) return;
  by_request_.erase(requests_.front());
  requests_.pop_front();
}

CallContext CallBook::context(ports::Signalling& signalling) {
  return {*this, log_, devices_, media_, signalling, clock_, timers_, logger_};
}

model::CallId CallBook::new_id() const {
  // 10 characters of 32: 50 bits; the log is checked by nobody because two equal
  // ids within one log would need some 30 million calls.
  return model::CallId(base::random_token(10));
}

CallControl& CallBook::add(std::unique_ptr<CallControl> control) {
  CallControl& added = *control;
  by_leg_[added.leg()] = &added;
  calls_[added.call().id] = std::move(control);
  return added;
}

CallControl* CallBook::by_leg(const model::LegId& leg) {
  COMMD_ASSERT_THREAD(thread_);
  const auto found = by_leg_.find(leg);
  return found == by_leg_.end() ? nullptr : found->second;
}

// Ended calls stay for a minute, for their last statistics, where no count of calls
// meets them: under load they are many more than those alive.
void CallBook::forget_later(const model::CallId& id) {
  auto ended = calls_.extract(id);
  if (ended.empty()) return;
  by_leg_.erase(ended.mapped()->leg());
  ended_.insert(std::move(ended));
  forget_timers_[id] = timers_.after(std::chrono::seconds(60), [this, id] {
    ended_.erase(id);
    forget_timers_.erase(id);
  });
}

std::vector<model::Call> CallBook::live() const {
  COMMD_ASSERT_THREAD(thread_);
  std::vector<model::Call> calls;
  for (const auto& [id, control] : calls_)
    if (!control->service() && model::is_live(control->call())) calls.push_back(control->call());
  std::sort(calls.begin(), calls.end(),
            [](const auto& a, const auto& b) { return a.create_time < b.create_time; });
  return calls;
}

size_t CallBook::live_count() const {
  return static_cast<size_t>(std::count_if(calls_.begin(), calls_.end(), [](const auto& entry) {
    return model::is_live(entry.second->call());
  }));
}

base::Result<void> CallBook::room_for_a_call() {
  if (live_count() < settings_.max_calls) {
    auto room = media_.has_room();
    if (!room && !overload_told_) {
      logger_->warn("event: overloaded, message: {}", room.error().message);
      log_.emit(model::Notice{room.error().reason, room.error().message, {}});
    }
    overload_told_ = !room;
    return room;
  }
  const std::string most = std::to_string(settings_.max_calls);
  return fail(base::Error{Code::resource_exhausted,
                          "LIMIT_REACHED",
                          "there are " + most + " calls already; see [limits] calls in commd.toml",
                          {{"limit", "calls"}, {"value", most}}});
}

bool CallBook::busy() const {
  return std::any_of(calls_.begin(), calls_.end(), [](const auto& entry) {
    const model::Call& call = entry.second->call();
    return !entry.second->service() && model::is_live(call) &&
           !(call.direction == CallDirection::incoming && call.state == CallState::ringing);
  });
}

bool CallBook::fits_verb(const CallControl& control, Eligible eligible) {
  switch (eligible) {
    case Eligible::ringing_incoming:
      return control.ringing_incoming();
    case Eligible::asking_transfer:
      return !control.call().transfer_request.target.empty();
    case Eligible::any:
    case Eligible::live:
      break;
  }
  return model::is_live(control.call());
}

base::Result<CallControl*> CallBook::find(const std::string& reference, Eligible eligible) {
  COMMD_ASSERT_THREAD(thread_);
  // A reference may name any call, so that a wrong state is told as such, but a live
  // one rather than one that has ended; an empty one means the only call the verb fits.
  std::vector<CallControl*> matches;
  for (const auto* book : {&calls_, &ended_}) {
    if (!matches.empty()) break;
    for (const auto& [id, control] : *book) {
      if (control->service()) continue;
      if (id.str() == reference) return control.get();
      const bool named = !reference.empty() && (id.str().starts_with(reference) ||
                                                control->call().remote.address == reference);
      const bool fits = fits_verb(*control, eligible);
      if (reference.empty() ? fits : named) matches.push_back(control.get());
    }
  }
  if (matches.size() == 1) return matches.front();
  if (matches.empty()) {
    if (!reference.empty()) return fail(base::not_found("call", reference));
    return fail(Code::not_found, "NO_CALL",
                eligible == Eligible::ringing_incoming  ? "no call is ringing"
                : eligible == Eligible::asking_transfer ? "no far end asks to be transferred"
                                                        : "there is no call");
  }
  base::Error error{Code::invalid_argument, "AMBIGUOUS", "which call? ", {}};
  for (CallControl* control : matches)
    error.details["candidates"] +=
        (error.details["candidates"].empty() ? "" : " ") + control->call().id.str();
  error.message += error.details["candidates"];
  return fail(error);
}

base::Result<model::CallId> CallBook::attach(const std::string& reference) {
  auto control = find(reference, Eligible::live);
  if (!control) return fail(control.error());
  (*control)->attach();
  return (*control)->call().id;
}

void CallBook::detach(const model::CallId& call) {
  COMMD_ASSERT_THREAD(thread_);
  if (const auto found = calls_.find(call); found != calls_.end()) found->second->detach();
}

// ---- incoming --------------------------------------------------------------------

std::optional<ports::Refusal> CallBook::refusal_of(const ports::IncomingCall& call,
                                                   const model::Account& account) {
  // Where the protocol knows no address of the caller's, all would be one source.
  const std::string& source = call.route.peer_ip.empty() ? call.remote.address : call.route.peer_ip;
  if (!sources_.admit(source, clock_.mono_now())) return ports::Refusal::overload;
  if (!room_for_a_call()) return ports::Refusal::overload;
  const auto ringing = std::count_if(calls_.begin(), calls_.end(), [](const auto& entry) {
    return entry.second->ringing_incoming();
  });
  if (!call.replaces && static_cast<unsigned>(ringing) >= settings_.max_ringing &&
      call.service.empty())
    return ports::Refusal::device_busy;
  if (!call.service.empty()) return std::nullopt;
  if (account.settings.do_not_disturb) return ports::Refusal::busy;
  if (!call.replaces && !account.settings.call_waiting && busy()) return ports::Refusal::busy;
  return std::nullopt;
}

void CallBook::serve(const model::LegId& leg, ports::IncomingCall incoming,
                     ports::Signalling& signalling) {
  if (incoming.service != "echo") return signalling.refuse(leg, ports::Refusal::not_found);
  const model::Account* account = accounts_.get(incoming.account);
  model::Call call;
  call.id = new_id();
  call.account = incoming.account;
  call.direction = CallDirection::incoming;
  CallPlan plan;
  plan.service = true;
  use_settings(plan.media, *account);
  use_route(plan.media, incoming.route);
  CallControl& control =
      add(std::make_unique<CallControl>(context(signalling), call, leg, std::move(plan)));
  control.start_incoming(std::move(incoming));
  control.answer({model::AudioSource::Kind::echo, 0, {}, false}, {model::AudioSink::Kind::echo, {}},
                 [](const base::Result<model::Call>&) {});
}

void CallBook::incoming(const model::LegId& leg, ports::IncomingCall incoming,
                        ports::Signalling& signalling) {
  COMMD_ASSERT_THREAD(thread_);
  const model::Account* account = accounts_.get(incoming.account);
  if (!account) return signalling.refuse(leg, ports::Refusal::not_found);
  if (const auto refusal = refusal_of(incoming, *account)) {
    logger_->info("event: call_refused, account: {}, from: {}, refusal: {}", account->id.str(),
                  incoming.route.peer_ip, static_cast<int>(*refusal));
    return signalling.refuse(leg, *refusal);
  }
  if (!incoming.service.empty()) return serve(leg, std::move(incoming), signalling);
  const model::AccountSettings& settings = account->settings;
  CallPlan plan;
  use_settings(plan.media, *account);
  use_route(plan.media, incoming.route);
  plan.media.identity = identities_(account->id);
  plan.zrtp = settings.zrtp;
  plan.media.zrtp = zrtp_of(settings);
  plan.dtmf = settings.dtmf;
  plan.hide_number = settings.hide_number;
  plan.ring_timeout = std::chrono::seconds(settings.ring_timeout_s);
  plan.forward_no_answer = settings.forward_no_answer;
  if (incoming.offer) {
    if (const auto fits = media_.acceptable(*incoming.offer, plan.media); !fits)
      return signalling.refuse(leg, fits.error().reason == "ENCRYPTION_REQUIRED"
                                        ? ports::Refusal::encryption_required
                                        : ports::Refusal::incompatible_media);
  }
  if (!settings.forward_always.empty()) return signalling.redirect(leg, settings.forward_always);
  if (!settings.forward_busy.empty() && busy() && !incoming.replaces)
    return signalling.redirect(leg, settings.forward_busy);

  model::Call call;
  call.id = new_id();
  call.account = account->id;
  call.direction = CallDirection::incoming;
  call.remote = incoming.remote;
  call.local = incoming.local;
  call.diverted_by = incoming.diverted_by;
  call.referred_by = incoming.referred_by;
  call.waiting = busy();
  call.capture = settings_.capture;
  call.playback = settings_.playback;
  logger_->info("event: call_incoming, call: {}, account: {}, from: {}", call.id.str(),
                call.account.str(), call.remote.address);
  CallControl* replaced = incoming.replaces ? by_leg(incoming.replaces) : nullptr;
  CallControl& control =
      add(std::make_unique<CallControl>(context(signalling), call, leg, std::move(plan)));
  control.start_incoming(std::move(incoming));
  if (replaced) return take_over(*replaced, control);
  // `contacts` means nobody until there are contacts; RFC 5373 and Alert-Info of
  // the peer never answer a call.
  if (settings.auto_answer == model::AutoAnswer::always)
    control.answer(settings_.capture, settings_.playback, [](const base::Result<model::Call>&) {});
}

// RFC 3891: the new call continues the old one, so a person who had answered needs
// not answer again.
void CallBook::take_over(CallControl& old_call, CallControl& new_call) {
  const model::Call& old = old_call.call();
  const bool was_answered = old.answer_time != base::WallTime{};
  const model::AudioSource capture = old.capture;
  const model::AudioSink playback = old.playback;
  if (old.owned) new_call.set_owned(true);
  old_call.succeeded_by(new_call.call().id);
  old_call.hang_up(model::EndReason::transferred, model::EndedBy::remote);
  if (was_answered) new_call.answer(capture, playback, [](const base::Result<model::Call>&) {});
}

void CallBook::shut_down() {
  COMMD_ASSERT_THREAD(thread_);
  std::vector<CallControl*> living;
  for (const auto& [id, control] : calls_) living.push_back(control.get());
  for (CallControl* control : living)
    control->hang_up(model::EndReason::daemon_stopped, model::EndedBy::daemon);
}

}  // namespace commd::core
