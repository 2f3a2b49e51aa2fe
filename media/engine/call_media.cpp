#include "media/engine/call_media.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <system_error>

#include "daemon/base/random.h"

namespace commd::engine {
namespace {

using rtp::DatagramKind;

constexpr unsigned ticks_per_second = 50;
// A plan that is to come, after a codec was loaded or a way made.
constexpr std::chrono::seconds longest_wait_for_plan{10};
constexpr size_t cname_length = 16;  // 80 bits, as RFC 7022 has it

base::MonoTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

CallMedia::CallMedia(CallMediaConfig config, Worker& worker, const codec::CodecRegistry& registry,
                     const srtp::SrtpLibrary& library, base::Logger logger,
                     std::unique_ptr<CallEvents> events, UdpPair sockets)
    : config_(std::move(config)),
      worker_(&worker),
      logger_(std::move(logger)),
      events_(std::move(events)),
      sockets_(std::move(sockets.rtp), std::move(sockets.rtcp), *this),
      context_{registry,
               library,
               *this,
               config_.identity,
               config_.latch,
               config_.signalling,
               base::random_token(cname_length),
               config_.complexity,
               config_.jitter} {}

CallMedia::~CallMedia() {
  if (!started_) return;
  worker_->stop_ticks(*this);
  for (const auto& branch : branches_) branch->close(now(), worker_->scratch());
  drop_path(path_);
  drop_path(next_);
  drop_path(last_);
}

bool CallMedia::start() {
  if (!sockets_.start(*worker_)) {
    fail_watching();
    return false;
  }
  started_ = true;
  due_ = now();
  bind_paths();
  worker_->start_ticks(*this);
  return true;
}

void CallMedia::fail_watching() {
  events_->media_failed({base::Code::resource_exhausted,
                         "NO_DESCRIPTORS",
                         "the system refuses to watch another socket",
                         {}});
}

void CallMedia::leave() {
  if (!started_) return;
  worker_->stop_ticks(*this);
  sockets_.leave();
  here_.reset();
}

void CallMedia::arrive(Worker& worker) {
  worker_ = &worker;
  if (!started_) return;
  if (!sockets_.arrive(worker)) fail_watching();
  bind_paths();
  worker_->resume_ticks(*this, due_);
}

Branch* CallMedia::find(const model::BranchId& id) {
  // After the choice there is one dialog left, whatever it is called.
  if (chosen_ && !branches_.empty()) return branches_.front().get();
  for (const auto& branch : branches_)
    if (branch->id() == id) return branch.get();
  return nullptr;
}

Branch* CallMedia::add_branch(const model::BranchId& id, base::MonoTime time) {
  if (branches_.size() >= max_branches) {
    if (audible_ == branches_.front().get()) audible_ = nullptr;
    branches_.erase(branches_.begin());
  }
  branches_.push_back(std::make_unique<Branch>(id, context_, time));
  return branches_.back().get();
}

void CallMedia::set_plan(const model::BranchId& id, const MediaPlan& plan, bool held) {
  const base::MonoTime time = now();
  Branch* branch = find(id);
  if (branch == nullptr) branch = add_branch(id, time);
  if (auto configured = branch->configure(plan, time); !configured) {
    logger_->error("event: media_failed, call: {}, reason: {}", config_.label,
                   configured.error().reason);
    events_->media_failed(configured.error());
    return;
  }
  audio_.set_held(held);
  if (branches_.size() == 1) {
    listen_to(*branch);
    if (plan.rtcp_mux && chosen_) sockets_.close_rtcp();
  }
  expect_packets(time);
  watch_for_keys();
  judged_from_ = {};
  if (!started_) start();
  if (chosen_) replay_hellos();
}

void CallMedia::choose_branch(const model::BranchId& id, Answer answer) {
  Branch* chosen = find(id);
  if (chosen == nullptr) chosen = newest();
  if (chosen == nullptr) return;
  listen_to(*chosen);
  std::erase_if(branches_, [&](const auto& branch) { return branch.get() != chosen; });
  const base::MonoTime time = now();
  if (!std::exchange(chosen_, true) && answer != Answer::present) {
    chosen->renew_keys(time);
    if (answer == Answer::awaited) judged_from_ = time + longest_wait_for_plan;
  }
  watch_for_keys();
  if (answer == Answer::awaited) return;
  if (chosen->uses_rtcp_mux()) sockets_.close_rtcp();
  replay_hellos();
}

void CallMedia::replay_hellos() {
  for (EarlyHello& hello : std::exchange(early_hellos_, {}))
    on_datagram(hello.octets, hello.source, false, hello.arrival);
}

void CallMedia::listen_to(Branch& branch) {
  if (audible_ == &branch) return;
  if (audible_ != nullptr) audible_->set_audible(false);
  audible_ = &branch;
  audible_->set_audible(true);
}

void CallMedia::queue_digits(const std::string& digits, std::chrono::milliseconds tone) {
  if (Branch* branch = current()) branch->queue_digits(digits, tone);
}

Branch::Received CallMedia::offer_to_branches(std::span<uint8_t> datagram, DatagramKind kind,
                                              const SocketAddress& source, base::MonoTime time) {
  if (branches_.size() == 1) {
    last_taker_ = branches_.front().get();
    return last_taker_->on_datagram(datagram, kind, source, time);
  }
  // A branch that cannot decrypt may leave garbage: each gets the original.
  std::array<uint8_t, Scratch::max_datagram> original;
  std::ranges::copy(datagram, original.begin());
  for (auto branch = branches_.rbegin(); branch != branches_.rend(); ++branch) {
    std::copy_n(original.begin(), datagram.size(), datagram.begin());
    const auto received = (*branch)->on_datagram(datagram, kind, source, time);
    if (received.taken == Branch::Taken::no) continue;
    last_taker_ = branch->get();
    return received;
  }
  return {};
}

// Of several far ends that may be behind a translator nobody can tell, before the end of the
// handshake, which one it is: then none is answered, until a branch is chosen.
bool CallMedia::offer_hello(std::span<const uint8_t> datagram, const SocketAddress& source,
                            base::MonoTime time) {
  // Before the choice the address may be that of a branch whose answer is still to come.
  if (!chosen_) {
    if (early_hellos_.size() == most_early_hellos) return false;
    early_hellos_.push_back({source, {datagram.begin(), datagram.end()}, time});
    return true;
  }
  Branch* only = nullptr;
  for (const auto& branch : branches_) {
    if (!branch->may_say_hello(time)) continue;
    if (only != nullptr) return false;
    only = branch.get();
  }
  if (only == nullptr) return false;
  last_taker_ = only;
  only->on_hello(datagram, source, time);
  return true;
}

void CallMedia::on_datagram(std::span<uint8_t> datagram, const SocketAddress& source,
                            bool on_rtcp_port, base::MonoTime arrival) {
  const DatagramKind kind = rtp::classify(datagram);
  const bool is_rtp = kind == DatagramKind::rtp && !on_rtcp_port;
  const bool is_handshake =
      (kind == DatagramKind::dtls || kind == DatagramKind::zrtp) && !on_rtcp_port;
  if (!is_rtp && !is_handshake && kind != DatagramKind::rtcp) {
    ++rejected_;
    return;
  }
  const auto received = offer_to_branches(datagram, kind, source, arrival);
  if (received.taken == Branch::Taken::no) {
    const bool taken = is_handshake && offer_hello(datagram, source, arrival);
    if (!taken) ++rejected_;
    if (taken && chosen_) follow_keys(*last_taker_);
    return;
  }
  if (is_handshake) return follow_keys(*last_taker_);
  note_received(*last_taker_, received);
}

// Of several branches one may fail, and another be the call.
void CallMedia::follow_keys(Branch& branch) {
  if (branch.claim_keys()) {
    events_->media_keyed(branch.id(), branch.agreed_keys());
    watch_for_keys();
  }
  if (failed_ || !chosen_ || branch.key_state() != BranchKeys::State::failed) return;
  if (judged_from_ != base::MonoTime{} && now() < judged_from_) return;
  failed_ = true;
  watch_for_keys();
  logger_->error("event: media_failed, call: {}, reason: {}", config_.label,
                 branch.key_error().reason);
  events_->media_failed(branch.key_error());
}

// Each flight of a handshake would wait for a tick.
void CallMedia::watch_for_keys() {
  set_eager(std::any_of(branches_.begin(), branches_.end(), [](const auto& branch) {
    return branch->key_state() == BranchKeys::State::pending;
  }));
}

void CallMedia::note_received(Branch& branch, const Branch::Received& received) {
  if (received.taken != Branch::Taken::media) return;
  if (branch.claim_first_media()) {
    events_->media_flowing(branch.id());
    // The newest that sends media is heard.
    if (!chosen_) listen_to(branch);
  }
  if (&branch == audible_) tell_digits(received.digits);
}

void CallMedia::tell_digits(const rtp::DtmfReceiver::Events& digits) {
  for (size_t i = 0; i < digits.count; ++i)
    if (digits.items[i].kind == rtp::DtmfReceiver::Event::Kind::begin)
      events_->digit_received(digits.items[i].digit);
}

bool CallMedia::receive(std::span<int16_t> frame) {
  const auto rate = static_cast<uint32_t>(frame.size() * ticks_per_second);
  return audible_ != nullptr && audible_->pull(frame, rate, now_);
}

void CallMedia::send(std::span<const int16_t> frame) {
  Branch* const heard = current();
  const uint32_t rate = heard->sample_rate();
  for (const auto& branch : branches_) {
    const auto what = branch.get() == heard ? frame : std::span<const int16_t>();
    branch->send_frame(what, rate, now_, worker_->scratch());
  }
}

void CallMedia::tick(base::MonoTime time, unsigned skipped) {
  now_ = time;
  due_ += (skipped + 1) * TickWheel::frame;
  sockets_.poll();
  poll_paths();
  Branch* const heard = current();
  if (heard == nullptr) return;
  if (skipped > 0)
    for (const auto& branch : branches_) branch->skip_frames(skipped);
  audio_.tick(*this, heard->sample_rate(), worker_->scratch().mix);
  for (const auto& branch : branches_) {
    branch->tick_keys(time);
    if (branch->key_state() == BranchKeys::State::failed) follow_keys(*branch);
    branch->tick_rtcp(time, worker_->scratch());
    const auto digits = branch->on_time(time);
    if (branch.get() == audible_) tell_digits(digits);
  }
  if (++ticks_ % ticks_per_second == 0) {
    check_branches(time);
    check_silence(time);
  }
}

void CallMedia::check_branches(base::MonoTime) {
  const Branch* heard = current();
  if (failed_ || heard == nullptr || !heard->codec_failed()) return;
  failed_ = true;
  logger_->error("event: media_failed, call: {}, reason: CODEC_FAILED", config_.label);
  events_->media_failed(
      {base::Code::internal, "CODEC_FAILED", "the audio codec has stopped working", {}});
}

void CallMedia::check_silence(base::MonoTime time) {
  if (audible_ == nullptr) return;
  const base::MonoTime last = std::max(audible_->last_rtp(), audible_->last_rtcp());
  if (const auto lost = silence_.check(last, time)) events_->media_lost(*lost);
}

void CallMedia::expect_packets(base::MonoTime time) {
  const bool expected = live_ && audible_ != nullptr && audible_->receives();
  silence_.expect(expected ? SilenceWatch::Expect::packets : SilenceWatch::Expect::nothing, time);
}

void CallMedia::set_live(bool live) {
  audio_.set_live(live);
  if (live == live_) return;
  live_ = live;
  expect_packets(now());
}

model::MediaStats CallMedia::stats() const {
  model::MediaStats stats;
  stats.packets_rejected = rejected_;
  stats.lost = silence_.lost();
  stats.local_address = (path_ ? path_->local_address() : sockets_.local_address()).to_string();
  if (path_) stats.remote_address = path_->remote_address().to_string();
  if (const Branch* heard = current()) heard->add_stats(stats, now());
  stats.sent.level_dbov = audio_.sent_dbov();
  stats.received.level_dbov = audio_.received_dbov();
  stats.evidence.sent_peak_dbov = audio_.sent_peak_dbov();
  stats.evidence.received_peak_dbov = audio_.received_peak_dbov();
  stats.evidence.send_errors = sockets_.send_errors();
  if (const int error = sockets_.send_error(); error != 0) {
    stats.evidence.send_error = std::generic_category().message(error);
    stats.evidence.last_send_error = now() - sockets_.send_error_time();
  }
  return stats;
}

model::AudioLevels CallMedia::levels() const {
  return {audio_.sent_dbov(), audio_.received_dbov()};
}

}  // namespace commd::engine
