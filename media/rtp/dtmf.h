// Telephone events (RFC 4733): the digits of a keypad as RTP packets. A sender
// driven by the media tick, and a receiver that gives each digit once however
// packets are lost, repeated or re-ordered.
//
// One thread (the session's worker). Allocates nothing after construction.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "daemon/base/time.h"

namespace commd::rtp {

constexpr uint8_t dtmf_flash = 16;

// 0..9, *, #, A..D (also a..d), and ! for a flash. nullopt for anything else.
std::optional<uint8_t> dtmf_event_of(char digit) noexcept;
// The reverse, for 0..16.
char dtmf_digit_of(uint8_t event) noexcept;

// The four bytes of payload (section 2.3).
struct TelephoneEvent {
  static constexpr size_t wire_size = 4;

  uint8_t event = 0;
  bool end = false;
  uint8_t volume = 10;    // -dBm0, 0..63: the larger the quieter
  uint16_t duration = 0;  // so far, in timestamp units

  // nullopt when shorter than four bytes. What follows them is ignored.
  static std::optional<TelephoneEvent> parse(std::span<const uint8_t> payload) noexcept;
  std::array<uint8_t, wire_size> encode() const noexcept;
};

class DtmfSender {
 public:
  struct Config {
    uint32_t clock_rate = 8000;  // of the event's payload type
    std::chrono::milliseconds tone{100};
    std::chrono::milliseconds pause{60};   // silence between two digits
    std::chrono::milliseconds update{20};  // between packets of a digit; 50 at most
    uint8_t volume = 10;                   // -dBm0
  };

  struct Packet {
    bool marker = false;
    uint32_t timestamp = 0;
    std::array<uint8_t, TelephoneEvent::wire_size> payload{};
  };

  static constexpr size_t queue_capacity = 64;

  explicit DtmfSender(const Config& config);

  // Queues a digit behind those waiting. False when it is none, or the queue is full.
  bool queue(char digit) noexcept;
  // Ends the present digit at the next tick and forgets the waiting ones.
  void clear() noexcept;

  // While true the stream sends events in the place of speech.
  bool active() const { return state_ != State::idle || waiting_ > 0; }
  // Digits waiting, the present one not counted.
  size_t waiting() const { return waiting_; }

  // Once a media tick, before it: `timestamp` is the sender's at its start, `duration`
  // its length in units. nullopt when nothing is to be sent in this tick.
  std::optional<Packet> tick(uint32_t timestamp, uint32_t duration) noexcept;

 private:
  enum class State { idle, tone, ending, pause };

  void begin(uint32_t timestamp) noexcept;
  std::optional<Packet> tick_tone(uint32_t duration) noexcept;
  Packet packet(bool end) noexcept;

  uint32_t clock_rate_;
  uint32_t tone_;    // timestamp units
  uint32_t pause_;   //
  uint32_t update_;  //
  uint8_t volume_;

  std::array<uint8_t, queue_capacity> queue_{};
  size_t first_ = 0;
  size_t waiting_ = 0;

  State state_ = State::idle;
  uint8_t event_ = 0;
  bool cut_short_ = false;
  bool marker_ = false;
  uint32_t segment_timestamp_ = 0;  // a digit longer than 65535 units has several (2.5.1.3)
  uint32_t segment_elapsed_ = 0;
  uint32_t elapsed_ = 0;
  uint32_t since_packet_ = 0;
  uint32_t pause_left_ = 0;
  int ends_left_ = 0;
};

class DtmfReceiver {
 public:
  struct Config {
    uint32_t clock_rate = 8000;
    // A digit whose end never comes is over when nothing was heard for so long.
    std::chrono::milliseconds timeout{200};
  };

  struct Event {
    enum class Kind { begin, end };
    Kind kind = Kind::begin;
    char digit = 0;
    base::Duration duration{};  // as known so far; whole at the end
  };

  // At most: the end of one digit, then the beginning and the end of the next.
  struct Events {
    std::array<Event, 3> items{};
    size_t count = 0;
  };

  explicit DtmfReceiver(const Config& config) : config_(config) {}

  // A packet of the event's payload type that the RtpReceiver accepted or called late.
  Events on_packet(uint32_t timestamp, std::span<const uint8_t> payload,
                   base::MonoTime now) noexcept;
  // From time to time while sounding(): ends a digit whose packets ceased.
  Events on_time(base::MonoTime now) noexcept;
  // After a restart of the source: ends a digit that sounds; old timestamps mean nothing.
  Events reset() noexcept;

  bool sounding() const { return sounding_; }

 private:
  bool is_old(uint32_t timestamp) const noexcept;
  bool continues(uint32_t timestamp, const TelephoneEvent& event) const noexcept;
  void finish(Events& events) noexcept;
  void add(Events& events, Event::Kind kind) noexcept;

  Config config_;
  bool sounding_ = false;
  uint8_t event_ = 0;
  uint32_t timestamp_ = 0;       // of the present segment
  uint16_t duration_ = 0;        // of the present segment
  uint64_t before_segment_ = 0;  // timestamp units in segments before it
  base::MonoTime last_packet_{};
  bool has_finished_ = false;
  uint32_t finished_timestamp_ = 0;  // of the newest digit that ended
};

}  // namespace commd::rtp
