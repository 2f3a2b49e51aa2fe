#include "media/engine/call_session.h"

#include <algorithm>
#include <utility>

#include "media/engine/media_identity.h"
#include "media/rtp/dtmf.h"

namespace commd::engine {
namespace {

using base::fail;
using base::Result;
using model::BranchId;
using model::Direction;
using model::SecurityLevel;
using model::SessionDescription;

constexpr unsigned default_digit_ms = 100;
// RFC 4733 leaves it open; shorter digits are lost by gateways that turn them into tones.
constexpr unsigned shortest_digit_ms = 40;
constexpr unsigned longest_digit_ms = 5000;

// Passes events of the worker to the observer, as long as the session lives.
class PostedEvents : public CallEvents {
 public:
  struct Functions {
    std::function<void(BranchId)> flowing;
    std::function<void(BranchId, std::string)> keyed;
    std::function<void(BranchId, std::string, model::ZrtpAgreement)> zrtp;
    std::function<void(char)> digit;
    std::function<void(bool)> lost;
    std::function<void(base::Error)> failed;
  };
  explicit PostedEvents(Functions functions) : functions_(std::move(functions)) {}
  void media_flowing(const BranchId& branch) override { functions_.flowing(branch); }
  void media_keyed(const BranchId& branch, const std::string& suite) override {
    functions_.keyed(branch, suite);
  }
  void zrtp_agreed(const BranchId& branch, const std::string& suite,
                   const model::ZrtpAgreement& agreement) override {
    functions_.zrtp(branch, suite, agreement);
  }
  void digit_received(char digit) override { functions_.digit(digit); }
  void media_lost(bool lost) override { functions_.lost(lost); }
  void media_failed(const base::Error& error) override { functions_.failed(error); }

 private:
  Functions functions_;
};

base::Error no_media() {
  return {base::Code::failed_precondition, "NO_MEDIA", "the call has no media yet", {}};
}

}  // namespace

CallSession::CallSession(MediaEngine& engine, std::string label, ports::MediaConfig config,
                         ports::MediaObserver& observer)
    : engine_(engine),
      label_(std::move(label)),
      config_(std::move(config)),
      observer_(observer),
      negotiator_(engine.policy(config_)),
      link_(engine.parts_.post),
      local_audio_(link_, {engine.files_, engine.parts_.devices, engine.parts_.recorders},
                   [this] { observer_.playback_finished(); }) {}

CallSession::~CallSession() { COMMD_ASSERT_THREAD(engine_.core_); }

void CallSession::fail_later(Described done, base::Error error) {
  link_.later([done = std::move(done), error = std::move(error)] { done(fail(error)); });
}

Result<LocalTransport> CallSession::open_sockets(UdpPorts::Rtcp rtcp) {
  if (transport_.rtp_port != 0) return transport_;
  auto pair = engine_.ports_.open(config_.local_ip, rtcp);
  if (!pair) return fail(pair.error());
  transport_.ip = config_.local_ip;
  transport_.rtp_port = pair->rtp_port;
  if (pair->rtcp) transport_.rtcp_port = static_cast<uint16_t>(pair->rtp_port + 1);
  lease_ = std::move(pair->lease);
  sockets_ = std::move(*pair);
  return transport_;
}

// A list that names a codec wants it, so that only what works is offered. What is
// offered by default is loaded when the peer has chosen it.
std::vector<model::PayloadFormat> CallSession::plugins_to_offer() const {
  if (MediaEngine::has_default_codecs(config_)) return {};
  return negotiator_.plugins_to_offer();
}

bool CallSession::queued(std::function<void()> step) {
  if (loading_) waiting_.push_back(std::move(step));
  return loading_;
}

bool CallSession::load_first(const std::vector<model::PayloadFormat>& formats,
                             std::function<void()> again) {
  for (const model::PayloadFormat& format : formats) {
    const codec::CodecInfo* info = engine_.parts_.codecs.find(format.name, format.clock_rate);
    if (info == nullptr || engine_.plugins_.is_ready(*info)) continue;
    loading_ = true;
    engine_.plugins_.load(
        *info, link_.on_core([this, name = info->rtp_name, again = std::move(again)](
                                 const Result<void>& result) { loaded(name, result, again); }));
    return true;
  }
  return false;
}

void CallSession::loaded(const std::string& codec, const Result<void>& result,
                         const std::function<void()>& again) {
  if (!result) {
    negotiator_.leave_out(codec);
    unavailable_ = result.error();
  }
  loading_ = false;
  again();
  while (!loading_ && !waiting_.empty()) {
    const auto step = std::move(waiting_.front());
    waiting_.pop_front();
    step();
  }
}

base::Error CallSession::reason_of(const base::Error& error) const {
  return error.reason == "INCOMPATIBLE_MEDIA" ? unavailable_.value_or(error) : error;
}

void CallSession::offer(Direction direction, Described done) {
  COMMD_ASSERT_THREAD(engine_.core_);
  if (queued([=, this] { offer(direction, done); })) return;
  if (load_first(plugins_to_offer(), [=, this] { offer(direction, done); })) return;
  // Whether the peer shares the port is known only with its answer.
  auto local = open_sockets(UdpPorts::Rtcp::own_port);
  if (!local) return fail_later(std::move(done), local.error());
  auto description = negotiator_.offer(direction, *local);
  if (description) offered_ = direction;
  link_.later(
      [done = std::move(done), description = std::move(description)] { done(description); });
}

void CallSession::answer(const SessionDescription& offer, Direction direction, Described done) {
  COMMD_ASSERT_THREAD(engine_.core_);
  if (queued([=, this] { answer(offer, direction, done); })) return;
  if (load_first(negotiator_.plugins_to_answer(offer),
                 [=, this] { answer(offer, direction, done); }))
    return;
  if (auto acceptable = negotiator_.acceptable(offer); !acceptable)
    return fail_later(std::move(done), reason_of(acceptable.error()));
  const bool mux = std::any_of(offer.streams.begin(), offer.streams.end(), [](const auto& stream) {
    return stream.kind == model::MediaKind::audio && !stream.rejected && stream.transport.rtcp_mux;
  });
  auto local = open_sockets(mux ? UdpPorts::Rtcp::shared : UdpPorts::Rtcp::own_port);
  if (!local) return fail_later(std::move(done), local.error());
  auto answer = negotiator_.answer(offer, direction, *local);
  if (!answer) return fail_later(std::move(done), answer.error());
  const bool first = branches_.empty();
  use_plan(current_, std::move(answer->plan), direction);
  if (first) choose_branch(current_);
  link_.later([done = std::move(done), description = std::move(answer->description)] {
    done(description);
  });
}

void CallSession::apply_answer(const BranchId& branch, const SessionDescription& answer,
                               Done done) {
  COMMD_ASSERT_THREAD(engine_.core_);
  if (queued([=, this] { apply_answer(branch, answer, done); })) return;
  if (load_first(negotiator_.plugins_in_answer(answer),
                 [=, this] { apply_answer(branch, answer, done); }))
    return;
  auto plan = negotiator_.apply_answer(answer);
  if (!plan) {
    link_.later([done = std::move(done), error = reason_of(plan.error())] { done(fail(error)); });
    return;
  }
  const bool first = branches_.empty();
  use_plan(chosen_ ? current_ : branch, std::move(*plan), offered_);
  if (first && decided_) choose_branch(branch);
  link_.later([done = std::move(done)] { done({}); });
}

CallSession::Agreed CallSession::summary(const MediaPlan& plan) const {
  Agreed agreed;
  agreed.codec = plan.send.format.name + "/" + std::to_string(plan.send.format.clock_rate);
  agreed.sample_rate = plan.send.sample_rate;
  if (plan.send_events && model::sends(plan.direction)) agreed.events = plan.send_events->events;
  agreed.dtls = plan.dtls;
  agreed.zrtp = plan.zrtp;
  if (plan.keys) {
    agreed.security.level =
        config_.signalling_protected ? SecurityLevel::encrypted : SecurityLevel::key_exposed;
    agreed.security.mechanism = "SDES";
    agreed.security.suite = srtp::suite_name(plan.keys->outbound.key.profile());
  }
  return agreed;
}

void CallSession::use_plan(const BranchId& branch, MediaPlan plan, Direction wanted) {
  Agreed agreed = summary(plan);
  // The association goes on.
  const Agreed& before = branches_[branch];
  if ((agreed.dtls && before.dtls == agreed.dtls) || (agreed.zrtp && before.zrtp == agreed.zrtp)) {
    agreed.security = before.security;
    agreed.words = before.words;
  }
  branches_[branch] = std::move(agreed);
  current_ = branch;
  const bool first = !link_.attached();
  if (first) start_media();
  link_.command([branch, plan = std::move(plan), held = !model::receives(wanted)](
                    CallMedia& media) { media.set_plan(branch, plan, held); });
  if (first) {
    local_audio_.set_capture(config_.capture, rate(), failing(End::capture));
    local_audio_.set_playback(config_.playback, rate(), failing(End::playback));
  }
  tell_changes();
}

std::unique_ptr<CallEvents> CallSession::make_events() {
  PostedEvents::Functions functions;
  functions.flowing = link_.on_core([this](BranchId branch) { on_media_flowing(branch); });
  functions.keyed =
      link_.on_core([this](BranchId branch, std::string suite) { on_media_keyed(branch, suite); });
  functions.zrtp =
      link_.on_core([this](BranchId branch, std::string suite, model::ZrtpAgreement agreement) {
        on_zrtp_agreed(branch, suite, agreement);
      });
  functions.digit = link_.on_core([this](char digit) { observer_.digit_received(digit); });
  functions.lost = link_.on_core([this](bool lost) { observer_.media_lost(lost); });
  functions.failed = link_.on_core([this](base::Error error) { observer_.media_failed(error); });
  return std::make_unique<PostedEvents>(std::move(functions));
}

void CallSession::start_media() {
  CallMediaConfig config;
  config.label = label_;
  config.latch = config_.latch;
  config.signalling = SocketAddress::parse(config_.signalling_peer_ip, 0).value_or(SocketAddress());
  if (const auto* identity = static_cast<const MediaIdentity*>(config_.identity.get()))
    config.identity = {config_.identity, &identity->dtls()};
  config.complexity = engine_.options_.complexity;
  config.jitter = engine_.options_.jitter;
  Worker& worker = engine_.least_loaded();
  link_.attach(worker, std::make_unique<CallMedia>(std::move(config), worker, engine_.parts_.codecs,
                                                   engine_.parts_.srtp, engine_.parts_.logger,
                                                   make_events(), std::move(*sockets_)));
  sockets_.reset();
  link_.command([live = live_, muted = muted_](CallMedia& media) {
    media.set_live(live);
    media.audio().set_muted(muted);
  });
}

LocalAudio::Done CallSession::failing(End which) {
  return [this, which](const Result<void>& opened) {
    if (!opened) observer_.end_failed(which, opened.error());
  };
}

void CallSession::on_media_flowing(const BranchId& branch) {
  if (!chosen_ && branches_.contains(branch)) {
    current_ = branch;
    tell_changes();
  }
  observer_.media_flowing(branch);
}

void CallSession::on_media_keyed(const BranchId& branch, const std::string& suite) {
  const auto found = branches_.find(chosen_ ? current_ : branch);
  if (found == branches_.end() || !found->second.dtls) return;
  found->second.security = {SecurityLevel::encrypted, "DTLS-SRTP", suite};
  tell_changes();
}

void CallSession::on_zrtp_agreed(const BranchId& branch, const std::string& suite,
                                 const model::ZrtpAgreement& agreement) {
  const auto found = branches_.find(chosen_ ? current_ : branch);
  if (found == branches_.end() || !found->second.zrtp) return;
  model::CallSecurity& security = found->second.security;
  security = {agreement.verified ? SecurityLevel::verified : SecurityLevel::encrypted, "ZRTP",
              suite};
  security.sas = agreement.sas;
  security.verified_here = agreement.verified;
  security.verified_there = agreement.peer_verified;
  security.mismatch = agreement.mismatch;
  found->second.words = std::make_shared<const model::ZrtpAgreement>(agreement);
  tell_changes();
}

const CallSession::Agreed* CallSession::current() const {
  const auto found = branches_.find(current_);
  return found == branches_.end() ? nullptr : &found->second;
}

uint32_t CallSession::rate() const {
  const Agreed* agreed = current();
  return agreed != nullptr ? agreed->sample_rate : 8000;
}

void CallSession::tell_changes() {
  const Agreed* agreed = current();
  if (agreed == nullptr) return;
  if (std::exchange(usable_told_, agreed->usable()) != agreed->usable())
    link_.later([this, usable = agreed->usable()] { observer_.media_usable(usable); });
  Agreed now = *agreed;
  // Nothing flows before the keys are there: it is neither in the clear nor encrypted.
  if (!now.usable() && told_) now.security = told_->security;
  if (told_ && told_->codec == now.codec && told_->security == now.security) return;
  const bool new_words = now.words && !(told_ && told_->words == now.words);
  told_ = now;
  link_.later([this, now = std::move(now), new_words] {
    if (new_words) observer_.zrtp_agreed(*now.words);
    observer_.media_changed(now.codec, now.security);
  });
}

void CallSession::choose_branch(const BranchId& branch) {
  COMMD_ASSERT_THREAD(engine_.core_);
  if (queued([=, this] { choose_branch(branch); })) return;
  // Without early media the choice comes before the answer it is for.
  decided_ = true;
  if (branches_.empty()) return;
  chosen_ = true;
  if (branches_.contains(branch)) current_ = branch;
  std::erase_if(branches_, [this](const auto& entry) { return entry.first != current_; });
  link_.command([chosen = current_](CallMedia& media) { media.choose_branch(chosen); });
  tell_changes();
}

void CallSession::rollback() {
  if (queued([this] { rollback(); })) return;
  negotiator_.rollback();
}

void CallSession::transmit(ports::Transmit what) {
  live_ = what == ports::Transmit::live;
  link_.command([live = live_](CallMedia& media) { media.set_live(live); });
}

void CallSession::set_muted(bool muted) {
  muted_ = muted;
  link_.command([muted](CallMedia& media) { media.audio().set_muted(muted); });
}

Result<void> CallSession::send_digits(const std::string& digits, unsigned duration_ms) {
  const Agreed* agreed = current();
  for (const char digit : digits) {
    const auto event = rtp::dtmf_event_of(digit);
    if (!event || *event >= 16)
      return fail(base::invalid_argument("digits", "digits are 0-9, *, # and A-D"));
    if (agreed == nullptr || (agreed->events >> *event & 1) == 0)
      return fail(base::Code::failed_precondition, "NO_TELEPHONE_EVENT",
                  "the other side takes no digits in its media");
  }
  if (digits.size() > rtp::DtmfSender::queue_capacity)
    return fail(base::invalid_argument("digits", "at most 64 digits at once"));
  const unsigned wanted = duration_ms == 0 ? default_digit_ms : duration_ms;
  const std::chrono::milliseconds tone(std::clamp(wanted, shortest_digit_ms, longest_digit_ms));
  link_.command([digits, tone](CallMedia& media) { media.queue_digits(digits, tone); });
  return {};
}

void CallSession::set_capture(const model::AudioSource& source, Done done) {
  config_.capture = source;
  // Before the media starts nothing is opened.
  if (!link_.attached()) return link_.later([done = std::move(done)] { done({}); });
  local_audio_.set_capture(source, rate(), std::move(done));
}

void CallSession::set_playback(const model::AudioSink& sink, Done done) {
  config_.playback = sink;
  if (!link_.attached()) return link_.later([done = std::move(done)] { done({}); });
  local_audio_.set_playback(sink, rate(), std::move(done));
}

void CallSession::play(const std::string& path, Done done) {
  if (!link_.attached()) return link_.later([done = std::move(done)] { done(fail(no_media())); });
  local_audio_.play(path, rate(), std::move(done));
}

void CallSession::record(const std::string& path, Done done) {
  if (!link_.attached()) return link_.later([done = std::move(done)] { done(fail(no_media())); });
  local_audio_.record(path, rate(), std::move(done));
}

void CallSession::move_to(size_t worker, std::function<void()> done) {
  COMMD_ASSERT_THREAD(engine_.core_);
  link_.move(*engine_.workers_.at(worker), std::move(done));
}

void CallSession::stats(std::function<void(model::MediaStats)> done) {
  const Agreed* agreed = current();
  const model::CallSecurity security = agreed != nullptr ? agreed->security : model::CallSecurity();
  auto answer = link_.on_core([done = std::move(done), security](model::MediaStats stats) {
    stats.security = security;
    done(stats);
  });
  if (!link_.attached()) return answer(model::MediaStats());
  link_.command([answer = std::move(answer)](CallMedia& media) { answer(media.stats()); });
}

void CallSession::levels(std::function<void(model::AudioLevels)> done) {
  auto answer = link_.on_core(std::move(done));
  if (!link_.attached()) return answer(model::AudioLevels());
  link_.command([answer = std::move(answer)](CallMedia& media) { answer(media.levels()); });
}

}  // namespace commd::engine
