#include "media/engine/branch.h"

#include <algorithm>
#include <utility>

#include "daemon/base/random.h"
#include "media/rtp/emodel.h"

namespace commd::engine {
namespace {

using base::Result;
using rtp::DatagramKind;

// Before this many packets there is nothing to judge a call by.
constexpr uint64_t packets_for_quality = 50;
// A packet that is on its way, behind others, is not lost yet.
constexpr uint64_t packets_for_guess = 50;
constexpr double least_loss_to_guess = 0.02;
constexpr double opus_lookahead_ms = 6.5;

double to_ms(base::Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

bool is_codec(const std::string& codec, std::string_view name) {
  return same_name(std::string_view(codec).substr(0, codec.find('/')), name);
}

rtp::CodecImpairment impairment_of(const std::string& codec) {
  if (is_codec(codec, "opus")) return rtp::impairment::opus;
  if (is_codec(codec, "G722")) return rtp::impairment::g722;
  if (is_codec(codec, "speex")) return rtp::impairment::speex;
  if (is_codec(codec, "GSM")) return rtp::impairment::gsm;
  return rtp::impairment::g711;
}

rtp::RtcpSession::Config rtcp_config(uint32_t ssrc, const std::string& cname) {
  rtp::RtcpSession::Config config;
  config.ssrc = ssrc;
  config.cname = cname;
  config.random_seed = base::random_u32();
  return config;
}

}  // namespace

Branch::Branch(const model::BranchId& id, const Context& context, base::MonoTime now)
    : id_(id),
      context_(context),
      receiver_(context.registry, context.jitter),
      sender_(context.registry),
      rtcp_(rtcp_config(sender_.rtp().ssrc(), context.cname), now),
      keys_(context.library, context.identity.get(), sender_.rtp().ssrc()) {
  receiver_.set_audible(false);
}

Result<void> Branch::configure(const MediaPlan& plan, base::MonoTime now) {
  if (auto keyed = keys_.configure(plan, now); !keyed) return keyed;
  if (keys_.state() == BranchKeys::State::pending) keys_claimed_ = false;
  AudioSender::Config sending;
  sending.format = plan.send;
  sending.events = plan.send_events;
  sending.ptime_ms = plan.ptime_ms;
  sending.complexity = context_.complexity;
  if (auto configured = sender_.configure(sending); !configured) return configured;
  receiver_.configure({plan.receive, plan.receive_events, plan.ptime_ms, plan.is_secure()});

  SourceFilter::Config source;
  source.rtp = plan.remote_rtp;
  source.rtcp = plan.remote_rtcp;
  source.rtcp_mux = plan.rtcp_mux;
  source.latch = context_.latch;
  source.signalling = context_.signalling;
  source.authenticated = plan.is_secure();
  filter_.configure(source, now);

  ice_ = plan.ice;
  ptime_ms_ = plan.ptime_ms;
  rtcp_mux_ = plan.rtcp_mux;
  sends_ = model::sends(plan.direction);
  receives_ = model::receives(plan.direction);
  receiver_.set_audible(audible_ && receives_);
  if (rtcp_.reports_sent() == 0) rtcp_.start(now);
  tick_keys(now);
  return {};
}

void Branch::renew_keys(base::MonoTime now) {
  keys_.renew(now);
  if (keys_.state() == BranchKeys::State::pending) filter_.note_answer(now);
  tick_keys(now);
}

void Branch::tick_keys(base::MonoTime now) {
  if (context_.carrier.is_open()) keys_.begin(now);
  keys_.tick(now, *this);
}

Branch::Received Branch::on_datagram(std::span<uint8_t> datagram, DatagramKind kind,
                                     const SocketAddress& source, base::MonoTime now) {
  switch (kind) {
    case DatagramKind::rtp:
      return on_rtp(datagram, source, now);
    case DatagramKind::rtcp:
      return on_rtcp(datagram, source, now);
    case DatagramKind::dtls:
    case DatagramKind::zrtp:
      return on_handshake(datagram, source, now);
    case DatagramKind::unknown:
    case DatagramKind::stun:
    case DatagramKind::turn_channel:
      break;
  }
  return {};
}

Branch::Received Branch::on_rtp(std::span<uint8_t> datagram, const SocketAddress& source,
                                base::MonoTime now) {
  if (!ice_ && !filter_.may_send_rtp(source)) return not_taken(source);
  size_t length = datagram.size();
  if (!keys_.unprotect_rtp(datagram, length)) {
    if (!ice_ && source != filter_.rtp_target()) return not_taken(source);
    ++rejected_;
    // Not what comes before the keys are there.
    if (keys_.state() == BranchKeys::State::ready) ++seen_.undecipherable;
    return {Taken::ignored, {}};
  }
  const auto packet = rtp::RtpPacketView::parse(datagram.first(length));
  if (!packet) return {};
  if (!receiver_.knows(packet->header().payload_type)) {
    ++seen_.unknown_format;
    seen_.unknown_payload_type = packet->header().payload_type;
    return {};
  }
  if (!ice_ && !filter_.accept_rtp(source, packet->header(), now)) return not_taken(source);
  last_rtp_ = now;
  const auto outcome = receiver_.on_packet(*packet, now);
  if (!outcome.accepted) return {Taken::ignored, {}};
  if (!std::exchange(flowed_, true)) seen_.first_received = now;
  if (!rtcp_.remote_view()) guess_loss();
  return {Taken::media, outcome.digits};
}

Branch::Received Branch::not_taken(const SocketAddress& source) {
  ++seen_.elsewhere;
  seen_.elsewhere_from = source;
  return {};
}

// Until the far end reports, which takes seconds: what is lost on its way here is probably lost on
// the way there too.
void Branch::guess_loss() {
  const rtp::RtpReceiver& heard = receiver_.receiver();
  if (heard.expected() < packets_for_guess) return;
  const double lost = static_cast<double>(std::max<int64_t>(heard.lost(), 0)) /
                      static_cast<double>(heard.expected());
  sender_.set_remote_loss(lost > least_loss_to_guess ? lost : 0);
}

// Keys are agreed on with the far end of the signalling: what others say never meets its handshake.
Branch::Received Branch::on_handshake(std::span<const uint8_t> datagram,
                                      const SocketAddress& source, base::MonoTime now) {
  if (ice_ || source == filter_.rtp_target()) {
    filter_.note_handshake();
    keys_.receive(datagram, now, *this);
    return {Taken::control, {}};
  }
  if (!keys_.knows(source)) return not_taken(source);
  on_hello(datagram, source, now);
  return {Taken::control, {}};
}

void Branch::on_hello(std::span<const uint8_t> datagram, const SocketAddress& source,
                      base::MonoTime now) {
  if (keys_.is_announced(datagram)) {
    filter_.move_to(source);
    return keys_.receive(datagram, now, *this);
  }
  if (keys_.receive_elsewhere(datagram, source, now, *this)) filter_.move_to(source);
}

bool Branch::claim_keys() {
  if (keys_claimed_ || keys_.state() != BranchKeys::State::ready) return false;
  keys_claimed_ = true;
  return true;
}

Branch::Received Branch::on_rtcp(std::span<uint8_t> datagram, const SocketAddress& source,
                                 base::MonoTime now) {
  size_t length = datagram.size();
  if (!keys_.unprotect_rtcp(datagram, length)) return {};
  if (!ice_ && !filter_.accept_rtcp(source)) return {};
  const auto event = rtcp_.on_datagram(datagram.first(length), now);
  if (!event.valid) return {};
  last_rtcp_ = now;
  if (const auto& view = rtcp_.remote_view(); view && view->at == now)
    sender_.set_remote_loss(view->fraction_lost);
  return {Taken::control, {}};
}

bool Branch::claim_first_media() {
  if (!flowed_ || first_media_claimed_) return false;
  first_media_claimed_ = true;
  return true;
}

void Branch::set_audible(bool audible) {
  audible_ = audible;
  receiver_.set_audible(audible_ && receives_);
}

bool Branch::pull(std::span<int16_t> frame, uint32_t rate, base::MonoTime now) {
  return receives_ && receiver_.pull(frame, rate, now);
}

void Branch::send_frame(std::span<const int16_t> frame, uint32_t rate, base::MonoTime now,
                        Scratch& scratch) {
  const bool keyed =
      keys_.state() == BranchKeys::State::clear || keys_.state() == BranchKeys::State::ready;
  if (!sends_ || !keyed || !can_send(filter_.rtp_target())) {
    sender_.skip_frames(1);
    return;
  }
  sender_.send_frame(frame, rate, now, scratch, *this);
  if (seen_.first_sent == base::MonoTime{}) seen_.first_sent = now;
}

void Branch::skip_frames(unsigned frames) { sender_.skip_frames(frames); }

bool Branch::queue_digits(const std::string& digits, std::chrono::milliseconds tone) {
  return sends_ && sender_.queue_digits(digits, tone);
}

void Branch::send_rtp(std::span<uint8_t> buffer, size_t length) {
  if (!keys_.protect_rtp(buffer, length)) return;
  context_.carrier.send_rtp(buffer.first(length), filter_.rtp_target());
}

void Branch::send_rtcp(std::span<uint8_t> buffer, size_t length) {
  if (length == 0 || !can_send(filter_.rtcp_target())) return;
  if (!keys_.protect_rtcp(buffer, length)) return;
  context_.carrier.send_rtcp(buffer.first(length), filter_.rtcp_target());
}

void Branch::send_handshake(std::span<const uint8_t> datagram) {
  context_.carrier.send_rtp(datagram, filter_.rtp_target());
}

void Branch::send_handshake_to(std::span<const uint8_t> datagram, const SocketAddress& target) {
  context_.carrier.send_rtp(datagram, target);
}

void Branch::tick_rtcp(base::MonoTime now, Scratch& scratch) {
  if (now < rtcp_.next_report()) return;
  const auto report = rtcp_.make_report(scratch.sent, sender_.rtp(), receiver_.receiver(), now);
  send_rtcp(scratch.sent, report.size());
}

void Branch::close(base::MonoTime now, Scratch& scratch) {
  sender_.finish_digits(scratch, *this);
  const auto bye = rtcp_.make_bye(scratch.sent, sender_.rtp(), receiver_.receiver(), now);
  send_rtcp(scratch.sent, bye.size());
  keys_.close(*this);
}

void Branch::add_stats(model::MediaStats& stats, base::MonoTime now) const {
  const rtp::RtpSender& sent = sender_.rtp();
  stats.sent.packets = sent.packets();
  stats.sent.bytes = sent.payload_bytes();
  stats.sent.ssrc = sent.ssrc();
  stats.sent.codec = sender_.codec_name();
  if (const auto& view = rtcp_.remote_view()) {
    stats.sent.packets_lost = static_cast<uint64_t>(std::max(view->cumulative_lost, 0));
    if (sent.packets() > 0)
      stats.sent.loss_ratio = std::min(
          1.0, static_cast<double>(stats.sent.packets_lost) / static_cast<double>(sent.packets()));
    if (const uint32_t clock = sender_.clock_rate(); clock > 0)
      stats.sent.jitter_ms = view->jitter * 1000.0 / clock;
  }
  const rtp::RtpReceiver& heard = receiver_.receiver();
  stats.received.packets = heard.packets();
  stats.received.bytes = heard.payload_bytes();
  stats.received.ssrc = heard.ssrc();
  stats.received.codec = receiver_.codec_name();
  stats.received.packets_lost = static_cast<uint64_t>(std::max<int64_t>(heard.lost(), 0));
  if (heard.expected() > 0)
    stats.received.loss_ratio = std::min(1.0, static_cast<double>(stats.received.packets_lost) /
                                                  static_cast<double>(heard.expected()));
  stats.received.jitter_ms = to_ms(heard.jitter());
  stats.packets_late = heard.late();
  stats.packets_duplicate = heard.duplicates();
  stats.packets_rejected += rejected_ + keys_.refused();
  const auto buffer = receiver_.buffer_stats();
  stats.frames_concealed = buffer.concealed;
  stats.frames_played = receiver_.frames_played();
  stats.jitter_buffer_ms = to_ms(buffer.delay);
  if (!ice_) stats.remote_address = filter_.rtp_target().to_string();
  const base::MonoTime last = std::max(last_rtp_, last_rtcp_);
  if (last != base::MonoTime{}) stats.since_last_packet = now - last;
  add_quality(stats);
  add_evidence(stats.evidence, now);
}

void Branch::add_evidence(model::MediaEvidence& evidence, base::MonoTime now) const {
  evidence.undecipherable = seen_.undecipherable;
  evidence.elsewhere = seen_.elsewhere;
  evidence.elsewhere_address = seen_.elsewhere_from.to_string();
  evidence.unknown_format = seen_.unknown_format;
  evidence.unknown_payload_type = seen_.unknown_payload_type;
  evidence.reports = rtcp_.reports_received();
  evidence.heard = rtcp_.remote_view().has_value();
  if (seen_.first_sent != base::MonoTime{}) evidence.first_sent = now - seen_.first_sent;
  if (last_rtcp_ != base::MonoTime{}) evidence.last_report = now - last_rtcp_;
  if (seen_.first_received != base::MonoTime{})
    evidence.first_received = now - seen_.first_received;
}

void Branch::add_quality(model::MediaStats& stats) const {
  const auto round_trip = rtcp_.round_trip();
  if (round_trip) stats.round_trip_ms = to_ms(*round_trip);
  const bool opus = is_codec(stats.received.codec, "opus");
  const double one_way = std::max(stats.round_trip_ms, 0.0) / 2 + stats.jitter_buffer_ms +
                         ptime_ms_ + (opus ? opus_lookahead_ms : 0);
  if (round_trip) stats.mouth_to_ear_ms = one_way;
  const uint64_t expected = receiver_.receiver().expected();
  if (expected < packets_for_quality) return;
  const uint64_t gone = stats.received.packets_lost + receiver_.buffer_stats().late;
  const double loss = rtp::heard_loss_percent(gone, receiver_.recovered(), expected);
  stats.mos = rtp::call_quality(impairment_of(stats.received.codec), loss, one_way).mos;
}

}  // namespace commd::engine
