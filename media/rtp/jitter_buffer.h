// An adaptive jitter buffer that is pulled: it holds the packets of one audio
// stream and gives them back in order, evenly, with as little delay as the network
// allows, and says what to do where none is there.
//
// One thread (the session's worker). Time is passed in. It allocates only while
// more packets wait at once than ever before (100 at most), else nothing.
//
// The clock. Lengths are in units of the RTP clock (8000 Hz for G.711 and, by
// RFC 3551, for G.722; 48000 Hz for Opus), whatever the decoder's sample rate. The
// buffer yields whole packets and knows nothing of ticks: at each tick the caller
// plays what is left over from the last packet, and pulls while that is too little:
//
//   while (leftover < tick) {
//     auto p = buffer.pull(now, tick - leftover);
//     switch (p.kind) {
//       frame:    decode p.payload; buffer.decoded(units it gave, was it silent)
//       fec:      decode the in-band FEC of p.payload (it stays in the buffer) for
//                 p.duration, or conceal if the codec has none
//       lost:     let the decoder conceal p.duration
//       silence:  p.duration of silence or comfort noise; the stream pauses
//     }
//   }
//
// `now` is the moment at which the pulled audio begins to play: the tick's time and
// the length of what is left over. Passing the tick's time alone errs by less than
// a packet, evenly.
//
// Delay is measured against the fastest recent packet (delay_estimator.h); that
// follows the drift of the sender's clock. It is corrected a frame at a time, only
// where it is not heard: in silence, and at losses; by force only beyond three
// frames above the target, or beyond the longest target and two frames.
#pragma once

#include <cstdint>
#include <span>

#include "daemon/base/time.h"
#include "media/rtp/delay_estimator.h"
#include "media/rtp/packet_queue.h"
#include "media/rtp/payload_pool.h"

namespace commd::rtp {

class JitterBuffer {
 public:
  static constexpr size_t max_packets = PayloadPool::max_slots;

  struct Config {
    uint32_t clock_rate = 8000;  // Hz of the RTP timestamp; 8000..192000
    // How long a packet is thought to be until one was decoded.
    std::chrono::milliseconds packet_time{20};
    // Of the delay aimed at.
    DelayEstimator::Bounds target;
  };

  struct Packet {
    std::span<const uint8_t> payload;  // copied; up to 1500 bytes
    int64_t sequence = 0;              // extended (RtpReceiver)
    uint32_t timestamp = 0;
    uint8_t payload_type = 0;
    bool repeats_previous = false;  // something of the packet before it (in-band FEC)
  };

  enum class Inserted {
    queued,
    late,       // its turn is over
    duplicate,  // waits already, or was played
    stray,      // does not fit the timeline; a second such packet starts a new one
    too_long,   // beyond 1500 bytes
  };

  enum class Kind { frame, lost, fec, silence };

  struct Pulled {
    Kind kind = Kind::silence;
    // frame and fec only; valid until the next insert() or pull().
    std::span<const uint8_t> payload;
    uint8_t payload_type = 0;
    uint32_t timestamp = 0;  // of a frame
    int64_t sequence = 0;    // of a frame
    // Units to fill; of a frame what it is thought to be, decoded() tells.
    uint32_t duration = 0;
  };

  enum class Activity { silent, active };

  struct Stats {
    uint64_t received = 0;   // packets queued
    uint64_t lost = 0;       // not there at their turn
    uint64_t late = 0;       // came after their turn (and were counted lost)
    uint64_t duplicate = 0;  //
    uint64_t stray = 0;      // stray and too_long
    uint64_t concealed = 0;  // answers of lost and fec
    uint64_t fec = 0;        // of these, fec
    uint64_t inserted = 0;   // frames of silence or concealment to add delay
    uint64_t dropped = 0;    // frames thrown away to lose delay
    uint64_t restarts = 0;   // new timelines
    size_t waiting = 0;      // packets
    base::Duration delay{};  // of what plays, against the fastest packet
    base::Duration target{};
  };

  explicit JitterBuffer(const Config& config);

  Inserted insert(const Packet& packet, base::MonoTime arrival);

  // `wanted`: what the caller lacks, in units, not 0; silence and what is concealed
  // ahead of its time come in this length, the rest in whole packets.
  Pulled pull(base::MonoTime now, uint32_t wanted);

  // After each frame: its true length in units, and whether it was silent. Lengths
  // that no codec has (below 2.5 ms, above 120 ms) are not believed.
  void decoded(uint32_t duration, Activity activity);

  // The source has restarted (RtpReceiver), or the payload has another clock: what
  // waits is forgotten. Counts and the knowledge of jitter stay.
  void restart();

  Stats stats() const;
  // Bytes this buffer holds.
  size_t memory() const;

 private:
  // A first packet off the timeline, that the next may confirm.
  struct Stray {
    bool seen = false;
    uint32_t timestamp = 0;
    base::MonoTime arrival{};
  };

  base::Duration to_time(uint32_t units) const;
  bool off_timeline(const Packet& packet, base::MonoTime arrival) const;
  bool confirms_stray(const Packet& packet, base::MonoTime arrival);
  bool was_played(int64_t sequence) const;
  bool is_late(const Packet& packet);
  void note_repair(const Packet& packet, base::MonoTime arrival);
  void make_room();

  Pulled underrun(uint32_t wanted);
  Pulled resume(base::MonoTime now, uint32_t wanted);
  Pulled advance(base::MonoTime now, uint32_t wanted);
  Pulled in_order(base::MonoTime now, uint32_t wanted);
  Pulled bridge_gap(base::MonoTime now, uint32_t wanted, uint32_t gap);
  Pulled play(base::MonoTime now);
  Pulled silence(uint32_t wanted);
  Pulled conceal(uint32_t duration);
  int32_t settle_held(base::MonoTime now, int32_t gap);
  void drop_excess(base::MonoTime now);
  void drop_front();
  void note_played(int64_t sequence);

  uint32_t clock_rate_;
  uint32_t frame_;  // length of a packet, units
  DelayEstimator estimator_;
  PacketQueue queue_;
  PayloadPool pool_;
  Stray stray_;

  // Silence until the front packet is due: at the start, in DTX, after a long gap.
  bool pausing_ = true;
  bool has_position_ = false;   // position_ and expected_ mean something
  uint32_t position_ = 0;       // timestamp that plays next
  int64_t expected_ = 0;        // sequence that plays next
  uint64_t played_ = 0;         // bit i: expected_ - 1 - i was played
  uint32_t held_ = 0;           // concealed while nothing was there, position_ unmoved
  uint32_t concealed_run_ = 0;  // packets given up since the last frame
  bool stretched_ = false;      // since the last frame, to add delay
  int late_run_ = 0;
  Activity activity_ = Activity::active;
  uint32_t frame_timestamp_ = 0;  // of the last frame
  int64_t error_ = 0;             // delay beyond the target, smoothed, ns
  base::Duration delay_{};
  Stats stats_;
};

}  // namespace commd::rtp
