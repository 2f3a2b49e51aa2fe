// A sender, a network and a player around a JitterBuffer, on a manual clock.
#pragma once

#include <algorithm>
#include <functional>
#include <random>
#include <vector>

#include "media/rtp/jitter_buffer.h"

namespace commd::rtp {

// A player cannot know that a stream has ended: it conceals 100 ms first.
constexpr size_t concealed_at_end = 5;

struct Arrival {
  base::MonoTime at;
  int64_t sequence = 0;
  uint32_t timestamp = 0;
  size_t size = 160;
};

// What is sent: a packet every `packet_time` of the sender's clock.
struct Stream {
  uint32_t clock_rate = 8000;
  std::chrono::microseconds packet_time{20'000};
  double drift_ppm = 0;  // positive: the sender's clock is fast
  int64_t first_sequence = 1000;
  uint32_t first_timestamp = 5000;

  uint32_t units() const {
    return static_cast<uint32_t>(packet_time.count() * clock_rate / 1'000'000);
  }
  base::MonoTime sent_at(int64_t index) const {
    const double seconds = static_cast<double>(index) * 1e-6 *
                           static_cast<double>(packet_time.count()) / (1 + drift_ppm * 1e-6);
    return base::MonoTime{std::chrono::seconds{1000}} +
           base::Duration{static_cast<int64_t>(seconds * 1e9)};
  }
  // `delay` gives each packet's way in ms, negative for a lost one.
  std::vector<Arrival> arrivals(int64_t count, const std::function<double(int64_t)>& delay) const {
    std::vector<Arrival> result;
    for (int64_t i = 0; i < count; ++i) {
      const double ms = delay(i);
      if (ms < 0) continue;
      result.push_back({sent_at(i) + base::Duration{static_cast<int64_t>(ms * 1e6)},
                        first_sequence + i, first_timestamp + static_cast<uint32_t>(i) * units()});
    }
    std::stable_sort(result.begin(), result.end(),
                     [](const Arrival& a, const Arrival& b) { return a.at < b.at; });
    return result;
  }
};

class Player {
 public:
  explicit Player(uint32_t clock_rate = 8000, uint32_t packet_units = 160,
                  std::chrono::milliseconds tick = std::chrono::milliseconds(20))
      : buffer({clock_rate}), packet_units_(packet_units), tick_(tick) {
    tick_units_ = clock_rate / 1000 * static_cast<uint32_t>(tick.count());
    rate_ = clock_rate;
  }

  // Is the packet silence? Speech all the time unless said otherwise.
  std::function<bool(int64_t sequence)> is_silent = [](int64_t) { return false; };

  JitterBuffer::Inserted insert(const Arrival& arrival) {
    const std::vector<uint8_t> payload(arrival.size, static_cast<uint8_t>(arrival.sequence));
    return buffer.insert({payload, arrival.sequence, arrival.timestamp, 0, repeats}, arrival.at);
  }

  void tick(base::MonoTime now) {
    while (leftover_ < tick_units_) {
      const auto ahead = base::Duration{int64_t{leftover_} * 1'000'000'000 / rate_};
      const auto pulled = buffer.pull(now + ahead, tick_units_ - leftover_);
      leftover_ += take(pulled);
    }
    leftover_ -= tick_units_;
  }

  // Plays `arrivals` with ticks from `from` on until all have arrived and half a
  // second more. `observe` is called after each tick.
  void run(
      const std::vector<Arrival>& arrivals, base::MonoTime from,
      const std::function<void(base::MonoTime)>& observe = [](base::MonoTime) {}) {
    size_t next = 0;
    const auto end = arrivals.back().at + std::chrono::milliseconds(500);
    for (auto now = from; now < end; now += tick_) {
      while (next < arrivals.size() && arrivals[next].at <= now) insert(arrivals[next++]);
      tick(now);
      observe(now);
    }
  }

  // Sequences between the first and the last played that were not, the first
  // `skip` of all left aside.
  std::vector<int64_t> missing_from(size_t skip) const {
    std::vector<int64_t> missing;
    for (size_t i = skip + 1; i < played.size(); ++i)
      for (int64_t s = played[i - 1] + 1; s < played[i]; ++s) missing.push_back(s);
    return missing;
  }

  JitterBuffer buffer;
  bool repeats = false;         // each packet something of the one before
  std::vector<int64_t> played;  // sequences
  size_t silences = 0;
  size_t lost = 0;
  size_t fec = 0;
  size_t longest_concealment = 0;  // pulls in a row
  std::vector<int64_t> fec_from;   // first byte of the payload each FEC came from
  bool payloads_right = true;

 private:
  uint32_t take(const JitterBuffer::Pulled& pulled) {
    const bool concealed =
        pulled.kind == JitterBuffer::Kind::lost || pulled.kind == JitterBuffer::Kind::fec;
    concealment_ = concealed ? concealment_ + 1 : 0;
    longest_concealment = std::max(longest_concealment, concealment_);
    switch (pulled.kind) {
      case JitterBuffer::Kind::frame:
        played.push_back(pulled.sequence);
        payloads_right = payloads_right && !pulled.payload.empty() &&
                         pulled.payload.front() == static_cast<uint8_t>(pulled.sequence) &&
                         pulled.payload.back() == static_cast<uint8_t>(pulled.sequence);
        buffer.decoded(packet_units_, is_silent(pulled.sequence) ? JitterBuffer::Activity::silent
                                                                 : JitterBuffer::Activity::active);
        return packet_units_;
      case JitterBuffer::Kind::lost:
        ++lost;
        break;
      case JitterBuffer::Kind::fec:
        ++fec;
        fec_from.push_back(pulled.payload.empty() ? -1 : pulled.payload.front());
        break;
      case JitterBuffer::Kind::silence:
        ++silences;
        break;
    }
    return pulled.duration;
  }

  uint32_t packet_units_;
  std::chrono::milliseconds tick_;
  uint32_t tick_units_ = 0;
  uint32_t rate_ = 8000;
  uint32_t leftover_ = 0;
  size_t concealment_ = 0;
};

inline double to_ms(base::Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace commd::rtp
