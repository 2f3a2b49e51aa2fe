#include "media/rtp/receiver.h"

#include <algorithm>

#include "media/rtp/wire.h"

namespace commd::rtp {
namespace {

constexpr int max_dropout = 3000;     // RFC 3550 A.1: a jump ahead still believed
constexpr int64_t window_size = 128;  // and a step back
constexpr int64_t ns_per_second = 1'000'000'000;

}  // namespace

RtpReceiver::Received RtpReceiver::on_packet(const RtpHeader& header, size_t payload_bytes,
                                             base::MonoTime arrival, Timing timing) noexcept {
  Received result;
  if (!active_ || header.ssrc != ssrc_) {
    if (!believes(header)) return result;
    result = start(header);
  } else {
    result = place(header);
    if (result.verdict == Verdict::probation) return result;
  }
  ++packets_;
  ++source_packets_;
  payload_bytes_ += payload_bytes;
  last_arrival_ = arrival;
  if (timing == Timing::media && result.verdict != Verdict::duplicate)
    update_jitter(header.timestamp, arrival);
  return result;
}

// Counts towards belief; true when this packet completes it.
bool RtpReceiver::believes(const RtpHeader& header) noexcept {
  const bool follows = candidate_.in_sequence > 0 && candidate_.ssrc == header.ssrc &&
                       candidate_.next_sequence == header.sequence;
  candidate_.ssrc = header.ssrc;
  candidate_.next_sequence = static_cast<uint16_t>(header.sequence + 1);
  candidate_.in_sequence = follows ? static_cast<uint8_t>(candidate_.in_sequence + 1) : 1;
  // A change wants two even if authenticated, and none of the old between them:
  // else two live sources on one port would take turns for ever.
  const int wanted = active_ ? std::max<int>(config_.min_sequential, 2) : config_.min_sequential;
  return candidate_.in_sequence >= wanted;
}

RtpReceiver::Received RtpReceiver::start(const RtpHeader& header) noexcept {
  const bool first = !active_;
  if (!first) ++restarts_;
  active_ = true;
  ssrc_ = header.ssrc;
  candidate_ = {};
  base_ = header.sequence;
  highest_ = header.sequence;
  seen_[0] = 1;
  seen_[1] = 0;
  source_packets_ = 0;
  expected_prior_ = 0;
  received_prior_ = 0;
  has_timing_ = false;
  jitter_q4_ = 0;
  return {first ? Verdict::accepted : Verdict::restarted, highest_};
}

// RFC 3550 A.1, with a window that also knows duplicates.
RtpReceiver::Received RtpReceiver::place(const RtpHeader& header) noexcept {
  const int16_t step =
      serial_distance16(static_cast<uint16_t>(static_cast<uint64_t>(highest_)), header.sequence);
  if (step > max_dropout || step <= -window_size) {
    // Two in a row from an unlikely place: the source has restarted.
    return believes(header) ? start(header) : Received{};
  }
  candidate_ = {};  // the source lives: no other takes over meanwhile
  const int64_t extended = highest_ + step;
  if (step > 0) {
    advance_window(step);
    highest_ = extended;
    seen_[0] |= 1;
    return {Verdict::accepted, extended};
  }
  if (!mark_seen(extended)) {
    ++duplicates_;
    return {Verdict::duplicate, extended};
  }
  base_ = std::min(base_, extended);
  ++late_;
  return {Verdict::late, extended};
}

// False when it had been seen. `extended` is within the window.
bool RtpReceiver::mark_seen(int64_t extended) noexcept {
  const auto back = static_cast<unsigned>(highest_ - extended);
  uint64_t& word = seen_[back / 64];
  const uint64_t bit = uint64_t{1} << (back % 64);
  if (word & bit) return false;
  word |= bit;
  return true;
}

void RtpReceiver::advance_window(int64_t steps) noexcept {
  if (steps >= window_size) {
    seen_[0] = seen_[1] = 0;
  } else if (steps >= 64) {
    seen_[1] = seen_[0] << (steps - 64);
    seen_[0] = 0;
  } else {
    seen_[1] = seen_[1] << steps | seen_[0] >> (64 - steps);
    seen_[0] <<= steps;
  }
}

void RtpReceiver::update_jitter(uint32_t timestamp, base::MonoTime arrival) noexcept {
  if (has_timing_) {
    // A pause of a minute or more tells nothing of jitter and would overflow.
    const int64_t gap_ns = (arrival - last_media_arrival_).count();
    if (gap_ns >= 0 && gap_ns < 60 * ns_per_second) {
      const int64_t arrived = gap_ns * config_.clock_rate / ns_per_second;
      const int64_t difference = arrived - serial_distance(last_timestamp_, timestamp);
      // One absurd timestamp must not drown the figure for minutes: a second at most.
      const auto d = static_cast<uint32_t>(
          std::min<int64_t>(difference < 0 ? -difference : difference, config_.clock_rate));
      jitter_q4_ += d - ((jitter_q4_ + 8) >> 4);
    }
  }
  has_timing_ = true;
  last_timestamp_ = timestamp;
  last_media_arrival_ = arrival;
}

uint64_t RtpReceiver::expected() const {
  return active_ ? static_cast<uint64_t>(highest_ - base_ + 1) : 0;
}

int64_t RtpReceiver::lost() const {
  return static_cast<int64_t>(expected()) - static_cast<int64_t>(source_packets_);
}

base::Duration RtpReceiver::jitter() const {
  return base::Duration{int64_t{jitter_q4_} * ns_per_second / 16 / config_.clock_rate};
}

std::optional<ReportBlock> RtpReceiver::take_report() noexcept {
  if (!active_) return std::nullopt;
  ReportBlock block;
  block.ssrc = ssrc_;
  block.highest_sequence = static_cast<uint32_t>(static_cast<uint64_t>(highest_));
  block.jitter = jitter_q4_ >> 4;
  block.cumulative_lost = static_cast<int32_t>(std::clamp<int64_t>(lost(), -0x800000, 0x7FFFFF));
  const uint64_t expected_now = expected();
  const auto expected_interval = static_cast<int64_t>(expected_now - expected_prior_);
  const auto lost_interval =
      expected_interval - static_cast<int64_t>(source_packets_ - received_prior_);
  expected_prior_ = expected_now;
  received_prior_ = source_packets_;
  if (expected_interval > 0 && lost_interval > 0)
    block.fraction_lost =
        static_cast<uint8_t>(std::min<int64_t>(lost_interval * 256 / expected_interval, 255));
  return block;
}

void RtpReceiver::set_clock_rate(uint32_t clock_rate) noexcept {
  config_.clock_rate = clock_rate;
  has_timing_ = false;
  jitter_q4_ = 0;
}

}  // namespace commd::rtp
