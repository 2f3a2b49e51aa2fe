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

// Of a way over which something should come.
constexpr std::chrono::milliseconds short_silence{1500};

// Passes events of the worker to the observer, as long as the session lives.
class PostedEvents : public CallEvents {
 public:
  struct Functions {
    std::function<void(BranchId)> flowing;
    std::function<void(BranchId, AgreedKeys)> keyed;
    std::function<void(char)> digit;
    std::function<void(bool)> lost;
    std::function<void(base::Error)> failed;
  };
  explicit PostedEvents(Functions functions) : functions_(std::move(functions)) {}
  void media_flowing(const BranchId& branch) override { functions_.flowing(branch); }
  void media_keyed(const BranchId& branch, const AgreedKeys& keys) override {
    functions_.keyed(branch, keys);
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
      way_ip_(engine_.local_towards(config_.signalling_peer_ip)),
      link_(engine.parts_.post),
      ice_({engine.parts_.ice, engine.parts_.relays, engine.options_.rtp_ports}, config_, link_,
           ice_events()),
      local_audio_(link_, {engine.files_, engine.parts_.devices, engine.parts_.recorders},
                   [this] { observer_.playback_finished(); }) {
  engine_.sessions_.insert(this);
}

CallSession::~CallSession() {
  COMMD_ASSERT_THREAD(engine_.core_);
  engine_.sessions_.erase(this);
}

void CallSession::network_changed() {
  // A server of XMPP is not known here.
  const std::string& peer = config_.signalling_peer_ip;
  if (!engine_.parts_.local_towards || peer.empty()) return find_new_way();
  const std::string now = engine_.local_towards(peer);
  if (now.empty()) return;  // nothing can be told before there is a network again
  if (now == way_ip_) {
    stayed_ = true;
    return;
  }
  // What is bound elsewhere than on the way to the server stays there.
  const bool follows = config_.local_ip == std::exchange(way_ip_, now);
  if (follows) config_.local_ip = now;
  if (ice_.in_use() || ice_.offered()) return find_new_way();
  if (!follows || transport_.rtp_port == 0) return;
  transport_ = {};  // the next offer is of other sockets
  link_.later([this] { observer_.restart_wanted(); });
}

// Of the streams that had been flowing until then.
void CallSession::look_after_way() {
  if (!std::exchange(stayed_, false) || !ice_.in_use()) return;
  stats([this](const model::MediaStats& stats) {
    if (stats.since_last_packet > short_silence && stats.since_last_packet < ports::media_silence)
      find_new_way();
  });
}

bool CallSession::says_hello(const zrtp::Zid& name, const zrtp::HashImage& hash) const {
  const ZrtpSelf* self = negotiator_.zrtp();
  return self != nullptr && self->hello.zid() == name && self->hello.hash() == hash;
}

void CallSession::find_new_way() {
  stayed_ = false;
  if (!ice_.in_use()) {
    stale_offer_ = ice_.offered();
    return;
  }
  ice_.restart();
  // Once, until it is taken up: the old way may die just then.
  if (!std::exchange(asked_, true)) link_.later([this] { observer_.restart_wanted(); });
}

std::unique_ptr<CallEvents> CallSession::make_events() {
  PostedEvents::Functions functions;
  functions.flowing = link_.on_core([this](BranchId branch) { on_media_flowing(branch); });
  functions.keyed =
      link_.on_core([this](BranchId branch, AgreedKeys keys) { on_media_keyed(branch, keys); });
  functions.digit = link_.on_core([this](char digit) { observer_.digit_received(digit); });
  functions.lost = link_.on_core([this](bool lost) { observer_.media_lost(lost); });
  functions.failed = link_.on_core([this](base::Error error) { observer_.media_failed(error); });
  return std::make_unique<PostedEvents>(std::move(functions));
}

CallIce::Told CallSession::ice_events() {
  CallIce::Told told;
  told.found = [this](const model::TransportDescription& news) {
    observer_.transport_found(negotiator_.audio(), news);
  };
  told.changed = [this] { tell_changes(); };
  told.failed = [this](const base::Error& error) { observer_.media_failed(error); };
  told.lost = [this] {
    if (!ice_.offered()) find_new_way();  // else another one is being found already
  };
  told.traced = [this](const model::TraceStep& step) { observer_.traced(step); };
  told.moved = [this] {
    link_.command([path = ice_.path()](CallMedia& media) { media.use_path(path); });
    tell_changes();
  };
  return told;
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
                                                   make_events(), UdpPair()));
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

// It may be late: of a branch that was given up, or of keys that were agreed on anew since.
void CallSession::on_media_keyed(const BranchId& branch, const AgreedKeys& keys) {
  const auto found = branches_.find(branch);
  if (found == branches_.end()) return;
  Agreed& agreed = found->second;
  if (agreed.dtls != keys.dtls || agreed.zrtp != keys.zrtp) return;
  const std::string how = keys.words ? "ZRTP" : "DTLS-SRTP";
  agreed.security = {SecurityLevel::encrypted, how, keys.suite};
  if (keys.words) take_words(*keys.words, agreed);
  observer_.traced({model::TraceStep::Kind::keys,
                    "KEYS_AGREED",
                    "keys were agreed on: " + keys.suite,
                    {{"by", how}}});
  tell_changes();
}

void CallSession::take_words(const model::ZrtpAgreement& words, Agreed& agreed) {
  if (words.verified) agreed.security.level = SecurityLevel::verified;
  agreed.security.sas = words.sas;
  agreed.security.verified_here = words.verified;
  agreed.security.verified_there = words.peer_verified;
  agreed.security.mismatch = words.mismatch;
  agreed.words = std::make_shared<const model::ZrtpAgreement>(words);
}

// What is said of a far end before its keys are there: never that it is one that people know,
// because the one before was.
model::CallSecurity CallSession::meanwhile(const Agreed& before, const Agreed& now) {
  model::CallSecurity security = before.security;
  if (before.dtls == now.dtls && before.zrtp == now.zrtp) return security;
  if (security.level == SecurityLevel::verified) security.level = SecurityLevel::encrypted;
  security.sas.clear();
  security.verified_here = security.verified_there = security.mismatch = false;
  return security;
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
  const bool usable = agreed->keyed() && ice_.works();
  if (std::exchange(usable_told_, usable) != usable)
    link_.later([this, usable] { observer_.media_usable(usable); });
  Agreed now = *agreed;
  // Nothing flows before the keys are there: it is neither in the clear nor encrypted.
  if (!now.keyed() && told_) now.security = meanwhile(*told_, now);
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
  using Answer = CallMedia::Answer;
  Answer answer = branches_.contains(branch) ? Answer::early : Answer::awaited;
  if (std::exchange(decided_, true)) answer = Answer::present;
  if (branches_.empty()) return;
  leave_path_of_another(branch);
  chosen_ = true;
  if (branches_.contains(branch)) current_ = branch;
  std::erase_if(branches_, [this](const auto& entry) { return entry.first != current_; });
  unpark(current_);
  link_.command(
      [chosen = current_, answer](CallMedia& media) { media.choose_branch(chosen, answer); });
  tell_changes();
}

void CallSession::rollback() {
  if (queued([this] { rollback(); })) return;
  negotiator_.rollback();
  ice_.roll_back();
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
  auto answer = link_.on_core([this, done = std::move(done), security](model::MediaStats stats) {
    stats.security = security;
    stats.path = ice_.describe_path();
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
