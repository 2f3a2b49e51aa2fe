#include "media/rtp/jitter_buffer.h"

#include <algorithm>

#include "media/rtp/wire.h"

namespace commd::rtp {
namespace {

using std::chrono::milliseconds;

// A packet this far from where it is expected belongs to another timeline.
constexpr std::chrono::seconds longest_leap{1};
constexpr int64_t longest_sequence_leap = 3000;
// So many in a row that are late but newer than what plays: the timestamps have
// stepped back.
constexpr int late_run_limit = 5;
// Concealment longer than this is no speech any more but a hum.
constexpr uint32_t longest_concealment_ms = 100;
constexpr int error_smoothing = 16;
constexpr int forced_excess_frames = 3;
constexpr int hard_limit_frames = 2;                  // beyond the longest target
constexpr uint32_t shortest_packet_per_second = 400;  // 2.5 ms
constexpr uint32_t longest_packet_ms = 120;

}  // namespace

JitterBuffer::JitterBuffer(const Config& config)
    : clock_rate_(std::clamp<uint32_t>(config.clock_rate, 8000, 192000)),
      frame_(0),
      estimator_(clock_rate_, config.target) {
  const auto ms = std::clamp<int64_t>(config.packet_time.count(), 3, longest_packet_ms);
  frame_ = clock_rate_ * static_cast<uint32_t>(ms) / 1000;
  estimator_.set_frame(to_time(frame_));
}

base::Duration JitterBuffer::to_time(uint32_t units) const {
  return base::Duration{int64_t{units} * 1'000'000'000 / clock_rate_};
}

// ---- coming in ---------------------------------------------------------------

JitterBuffer::Inserted JitterBuffer::insert(const Packet& packet, base::MonoTime arrival) {
  if (packet.payload.size() > PayloadPool::max_payload_size) {
    ++stats_.stray;
    return Inserted::too_long;
  }
  if (was_played(packet.sequence) || queue_.contains(packet.sequence)) {
    ++stats_.duplicate;
    return Inserted::duplicate;
  }
  if (estimator_.stale(arrival)) {
    estimator_.restart();
  } else if (off_timeline(packet, arrival)) {
    if (!confirms_stray(packet, arrival)) {
      ++stats_.stray;
      return Inserted::stray;
    }
    restart();
  }
  stray_.seen = false;
  estimator_.add(packet.timestamp, arrival);
  note_repair(packet, arrival);
  if (is_late(packet)) {
    ++stats_.late;
    if (++late_run_ < late_run_limit || packet.sequence < expected_) return Inserted::late;
    restart();
    estimator_.add(packet.timestamp, arrival);
  }
  late_run_ = 0;
  make_room();
  const auto slot = pool_.store(packet.payload);
  if (!slot) return Inserted::too_long;  // not reached: room was made
  queue_.insert({packet.sequence, packet.timestamp, static_cast<uint16_t>(packet.payload.size()),
                 *slot, packet.payload_type});
  ++stats_.received;
  return Inserted::queued;
}

bool JitterBuffer::off_timeline(const Packet& packet, base::MonoTime arrival) const {
  if (has_position_) {
    const int64_t leap = packet.sequence - expected_;
    if (leap > longest_sequence_leap || leap < -longest_sequence_leap) return true;
  }
  const auto behind = estimator_.behind_fastest(packet.timestamp, arrival);
  return behind > longest_leap || behind < -longest_leap;
}

// Two packets that agree with each other are believed.
bool JitterBuffer::confirms_stray(const Packet& packet, base::MonoTime arrival) {
  bool agrees = false;
  if (stray_.seen && arrival - stray_.arrival < longest_leap) {
    const int32_t units = serial_distance(stray_.timestamp, packet.timestamp);
    agrees = units >= 0 && to_time(static_cast<uint32_t>(units)) < longest_leap;
  }
  stray_ = {true, packet.timestamp, arrival};
  return agrees;
}

bool JitterBuffer::was_played(int64_t sequence) const {
  const int64_t back = expected_ - 1 - sequence;
  return has_position_ && back >= 0 && back < 64 && (played_ >> back & 1) != 0;
}

// What the network lost arrives with the packet that repeats it: the delay is to be long enough
// for that too.
void JitterBuffer::note_repair(const Packet& packet, base::MonoTime arrival) {
  const int64_t before = packet.sequence - 1;
  if (packet.repeats_previous && has_position_ && !was_played(before) && !queue_.contains(before))
    estimator_.add(packet.timestamp - frame_, arrival);
}

bool JitterBuffer::is_late(const Packet& packet) {
  if (!has_position_) return false;
  if (packet.sequence < expected_) return true;
  // In a pause the position is no promise: whatever comes may still be played.
  return !pausing_ && serial_distance(position_, packet.timestamp) < 0;
}

// The caller does not pull, or not fast enough: the oldest goes.
void JitterBuffer::make_room() {
  if (queue_.size() < max_packets) return;
  drop_front();
  pausing_ = true;
}

void JitterBuffer::restart() {
  while (!queue_.empty()) {
    pool_.release(queue_.front().slot);
    queue_.pop_front();
  }
  estimator_.restart();
  pausing_ = true;
  if (has_position_) ++stats_.restarts;
  has_position_ = false;
  played_ = 0;
  held_ = 0;
  concealed_run_ = 0;
  stretched_ = false;
  late_run_ = 0;
  error_ = 0;
}

// ---- going out ---------------------------------------------------------------

JitterBuffer::Pulled JitterBuffer::pull(base::MonoTime now, uint32_t wanted) {
  if (queue_.empty()) return underrun(wanted);
  drop_excess(now);
  return pausing_ ? resume(now, wanted) : advance(now, wanted);
}

// Nothing is there. Whether it is lost, late or was never sent shows only with the
// next packet: the position stays, and what was filled meanwhile is remembered.
JitterBuffer::Pulled JitterBuffer::underrun(uint32_t wanted) {
  const uint32_t enough = clock_rate_ / 1000 * longest_concealment_ms;
  if (pausing_ || activity_ == Activity::silent || held_ >= enough) {
    pausing_ = true;
    held_ = 0;
    return silence(wanted);
  }
  held_ += wanted;
  return conceal(wanted);
}

// Half a frame's tolerance would be even; a quarter errs to the safe side.
JitterBuffer::Pulled JitterBuffer::resume(base::MonoTime now, uint32_t wanted) {
  const auto behind = estimator_.behind_fastest(queue_.front().timestamp, now);
  const auto tolerance = to_time(std::min(wanted, frame_)) / 4;
  if (behind + tolerance < estimator_.target() && queue_.size() < max_packets)
    return silence(wanted);
  error_ = (behind - estimator_.target()).count();
  return play(now);
}

JitterBuffer::Pulled JitterBuffer::advance(base::MonoTime now, uint32_t wanted) {
  int32_t gap = serial_distance(position_, queue_.front().timestamp);
  if (held_ > 0) gap = settle_held(now, gap);
  const int64_t error = (estimator_.behind_fastest(position_, now) - estimator_.target()).count();
  error_ += (error - error_) / error_smoothing;
  // Timestamps of some senders slip by a few samples.
  if (gap <= static_cast<int32_t>(frame_ / 2)) return in_order(now, wanted);
  return bridge_gap(now, wanted, static_cast<uint32_t>(gap));
}

// What was concealed while nothing was there stands for what is missing before the
// front packet; only the rest has added delay. Returns the gap that remains.
int32_t JitterBuffer::settle_held(base::MonoTime now, int32_t gap) {
  const uint32_t credit = gap > 0 ? std::min(held_, static_cast<uint32_t>(gap)) : 0;
  held_ = 0;
  const auto delay = estimator_.behind_fastest(position_ + credit, now);
  if (credit == 0 || delay < estimator_.target() - to_time(frame_) / 2) {
    ++stats_.inserted;  // the delay was too short, and has grown
    stretched_ = true;
    return gap;
  }
  position_ += credit;
  concealed_run_ += std::max<uint32_t>(credit / frame_, 1);
  return gap - static_cast<int32_t>(credit);
}

JitterBuffer::Pulled JitterBuffer::in_order(base::MonoTime now, uint32_t wanted) {
  const int64_t frame = to_time(frame_).count();
  const bool silent = activity_ == Activity::silent;
  const int64_t too_much = silent ? frame : frame * forced_excess_frames;
  if (error_ > too_much && queue_.size() >= 2) {
    drop_front();
    error_ -= frame;
    return advance(now, wanted);
  }
  const auto error = estimator_.behind_fastest(position_, now) - estimator_.target();
  if (silent && error.count() < -frame / 2) {
    ++stats_.inserted;
    error_ += to_time(wanted).count();
    return silence(wanted);
  }
  return play(now);
}

// The front packet is not the next one.
JitterBuffer::Pulled JitterBuffer::bridge_gap(base::MonoTime now, uint32_t wanted, uint32_t gap) {
  const int64_t missing = queue_.front().sequence - expected_;
  const uint64_t missing_units = missing > 0 ? static_cast<uint64_t>(missing) * frame_ : 0;
  const bool paused_too = gap > missing_units + frame_ / 2;
  const bool given_up = concealed_run_ >= missing ||
                        concealed_run_ * frame_ >= clock_rate_ / 1000 * longest_concealment_ms;
  // Nothing is missing but time (DTX), or it is too long to be filled.
  if (missing == 0 || given_up || (paused_too && activity_ == Activity::silent)) {
    pausing_ = true;
    return resume(now, wanted);
  }
  const auto delay = estimator_.behind_fastest(position_, now);
  const auto frame = to_time(frame_);
  if (delay > estimator_.target() + frame && !paused_too) {
    // Too far behind anyway: the loss shortens the delay.
    ++stats_.dropped;
    error_ -= frame.count();
    position_ += std::min(gap, frame_);
    ++concealed_run_;
    return advance(now, wanted);
  }
  if (delay < estimator_.target() - frame / 2 && !stretched_) {
    // Too early: it may still come. Once a gap, or a leap of the target would be
    // heard as one long hole.
    ++stats_.inserted;
    stretched_ = true;
    error_ += to_time(wanted).count();
    return conceal(wanted);
  }
  const uint32_t step = std::min(gap, frame_);
  position_ += step;
  ++concealed_run_;
  Pulled result = conceal(step);
  if (gap <= frame_ + frame_ / 2) {
    const auto& front = queue_.front();
    result.kind = Kind::fec;
    result.payload = {pool_.at(front.slot), front.size};
    result.payload_type = front.payload_type;
    ++stats_.fec;
  }
  return result;
}

JitterBuffer::Pulled JitterBuffer::play(base::MonoTime now) {
  const QueuedPacket packet = queue_.front();
  queue_.pop_front();
  pool_.release(packet.slot);  // its bytes stay until the next insert
  note_played(packet.sequence);
  delay_ = estimator_.behind_fastest(packet.timestamp, now);
  position_ = packet.timestamp + frame_;
  frame_timestamp_ = packet.timestamp;
  pausing_ = false;
  held_ = 0;
  concealed_run_ = 0;
  stretched_ = false;
  Pulled result;
  result.kind = Kind::frame;
  result.payload = {pool_.at(packet.slot), packet.size};
  result.payload_type = packet.payload_type;
  result.timestamp = packet.timestamp;
  result.sequence = packet.sequence;
  result.duration = frame_;
  return result;
}

void JitterBuffer::note_played(int64_t sequence) {
  if (has_position_) {
    const int64_t steps = sequence + 1 - expected_;
    stats_.lost += static_cast<uint64_t>(steps - 1);
    played_ = steps < 64 ? played_ << steps : 0;
  }
  played_ |= 1;
  has_position_ = true;
  expected_ = sequence + 1;
}

JitterBuffer::Pulled JitterBuffer::silence(uint32_t wanted) {
  Pulled result;
  result.duration = wanted;
  return result;
}

JitterBuffer::Pulled JitterBuffer::conceal(uint32_t duration) {
  ++stats_.concealed;
  Pulled result;
  result.kind = Kind::lost;
  result.duration = duration;
  return result;
}

// ---- the hard limit ------------------------------------------------------------

// After a stall of the network, or of the caller, what waits is stale: down to the
// target at once.
void JitterBuffer::drop_excess(base::MonoTime now) {
  const auto frame = to_time(frame_);
  const auto limit = estimator_.longest_target() + frame * hard_limit_frames;
  if (estimator_.behind_fastest(queue_.front().timestamp, now) <= limit) return;
  const auto enough = estimator_.target() + frame / 2;
  while (queue_.size() > 1 && estimator_.behind_fastest(queue_.front().timestamp, now) > enough)
    drop_front();
  pausing_ = true;  // what is left plays when it is due: it mostly is
}

void JitterBuffer::drop_front() {
  const QueuedPacket packet = queue_.front();
  queue_.pop_front();
  pool_.release(packet.slot);
  note_played(packet.sequence);
  position_ = packet.timestamp + frame_;
  ++stats_.dropped;
}

void JitterBuffer::decoded(uint32_t duration, Activity activity) {
  activity_ = activity;
  const bool possible = duration >= clock_rate_ / shortest_packet_per_second &&
                        duration <= clock_rate_ / 1000 * longest_packet_ms;
  if (!possible) return;
  position_ = frame_timestamp_ + duration;
  if (duration == frame_) return;
  frame_ = duration;
  estimator_.set_frame(to_time(frame_));
}

JitterBuffer::Stats JitterBuffer::stats() const {
  Stats stats = stats_;
  stats.waiting = queue_.size();
  stats.delay = delay_;
  stats.target = estimator_.target();
  return stats;
}

size_t JitterBuffer::memory() const {
  return sizeof *this + pool_.capacity_bytes() + queue_.capacity_bytes();
}

}  // namespace commd::rtp
