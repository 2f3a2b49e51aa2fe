#include "media/rtp/dtmf.h"

#include <algorithm>
#include <string_view>

#include "media/rtp/wire.h"

namespace commd::rtp {
namespace {

constexpr std::string_view digits = "0123456789*#ABCD!";  // the index is the event
constexpr int end_packets = 3;                            // section 2.5.1.4
constexpr uint32_t longest_segment = 0xFFFF;
// A timestamp further back than this is not an old packet but a new numbering.
constexpr uint32_t memory_seconds = 10;
// A segment ends only when another tick would not fit into its 16 bits.
constexpr int32_t shortest_full_segment = 0xF000;

uint32_t to_units(std::chrono::milliseconds time, uint32_t clock_rate) {
  const int64_t ms = std::clamp<int64_t>(time.count(), 0, 60'000);
  return static_cast<uint32_t>(ms * clock_rate / 1000);
}

}  // namespace

std::optional<uint8_t> dtmf_event_of(char digit) noexcept {
  if (digit >= 'a' && digit <= 'd') digit = static_cast<char>(digit - 'a' + 'A');
  const size_t index = digits.find(digit);
  if (index == std::string_view::npos) return std::nullopt;
  return static_cast<uint8_t>(index);
}

char dtmf_digit_of(uint8_t event) noexcept { return event < digits.size() ? digits[event] : '?'; }

std::optional<TelephoneEvent> TelephoneEvent::parse(std::span<const uint8_t> payload) noexcept {
  if (payload.size() < wire_size) return std::nullopt;
  TelephoneEvent event;
  event.event = payload[0];
  event.end = (payload[1] & 0x80) != 0;
  event.volume = payload[1] & 0x3F;
  event.duration = read_u16(payload.data() + 2);
  return event;
}

std::array<uint8_t, TelephoneEvent::wire_size> TelephoneEvent::encode() const noexcept {
  std::array<uint8_t, wire_size> bytes{};
  bytes[0] = event;
  bytes[1] = static_cast<uint8_t>((end ? 0x80 : 0) | (volume & 0x3F));
  write_u16(bytes.data() + 2, duration);
  return bytes;
}

DtmfSender::DtmfSender(const Config& config)
    : clock_rate_(config.clock_rate),
      tone_(to_units(config.tone, clock_rate_)),
      pause_(to_units(config.pause, clock_rate_)),
      update_(to_units(config.update, clock_rate_)),
      volume_(config.volume) {}

bool DtmfSender::queue(char digit) noexcept {
  const auto event = dtmf_event_of(digit);
  if (!event || waiting_ == queue_capacity) return false;
  queue_[(first_ + waiting_) % queue_capacity] = *event;
  ++waiting_;
  return true;
}

void DtmfSender::clear() noexcept {
  waiting_ = 0;
  cut_short_ = state_ == State::tone;
}

void DtmfSender::begin(uint32_t timestamp) noexcept {
  event_ = queue_[first_];
  first_ = (first_ + 1) % queue_capacity;
  --waiting_;
  state_ = State::tone;
  cut_short_ = false;
  marker_ = true;
  segment_timestamp_ = timestamp;
  segment_elapsed_ = 0;
  elapsed_ = 0;
  since_packet_ = update_;  // the first packet goes out at once
}

DtmfSender::Packet DtmfSender::packet(bool end) noexcept {
  const TelephoneEvent event{event_, end, volume_, static_cast<uint16_t>(segment_elapsed_)};
  Packet result{marker_, segment_timestamp_, event.encode()};
  marker_ = false;
  since_packet_ = 0;
  return result;
}

std::optional<DtmfSender::Packet> DtmfSender::tick(uint32_t timestamp, uint32_t duration) noexcept {
  duration = std::min(duration, longest_segment);
  if (state_ == State::pause) {
    if (pause_left_ >= duration && duration > 0) {
      pause_left_ -= duration;
      return std::nullopt;
    }
    state_ = State::idle;
  }
  if (state_ == State::ending) {
    pause_left_ -= std::min(pause_left_, duration);
    if (--ends_left_ == 0) state_ = State::pause;
    return packet(true);
  }
  if (state_ == State::idle) {
    if (waiting_ == 0) return std::nullopt;
    begin(timestamp);
  }
  return tick_tone(duration);
}

std::optional<DtmfSender::Packet> DtmfSender::tick_tone(uint32_t duration) noexcept {
  if (segment_elapsed_ + duration > longest_segment) {
    segment_timestamp_ += segment_elapsed_;
    segment_elapsed_ = 0;
    since_packet_ = update_;
  }
  segment_elapsed_ += duration;
  elapsed_ += duration;
  since_packet_ += duration;
  if (elapsed_ >= tone_ || cut_short_) {
    state_ = State::ending;
    ends_left_ = end_packets - 1;
    pause_left_ = pause_;
    return packet(true);
  }
  if (since_packet_ < update_) return std::nullopt;
  return packet(false);
}

DtmfReceiver::Events DtmfReceiver::on_packet(uint32_t timestamp, std::span<const uint8_t> payload,
                                             base::MonoTime now) noexcept {
  Events events;
  const auto event = TelephoneEvent::parse(payload);
  if (!event || event->event >= digits.size() || is_old(timestamp)) return events;
  last_packet_ = now;
  if (sounding_ && continues(timestamp, *event)) {
    before_segment_ += timestamp - timestamp_;
    timestamp_ = timestamp;
    duration_ = event->duration;
  } else if (sounding_ && timestamp == timestamp_) {
    if (event->event != event_) return events;  // nonsense: one moment, two digits
    duration_ = std::max(duration_, event->duration);
  } else {
    if (sounding_) finish(events);
    sounding_ = true;
    event_ = event->event;
    timestamp_ = timestamp;
    duration_ = event->duration;
    before_segment_ = 0;
    add(events, Event::Kind::begin);
  }
  if (event->end) finish(events);
  return events;
}

DtmfReceiver::Events DtmfReceiver::on_time(base::MonoTime now) noexcept {
  Events events;
  if (sounding_ && now - last_packet_ >= config_.timeout) finish(events);
  return events;
}

DtmfReceiver::Events DtmfReceiver::reset() noexcept {
  Events events;
  if (sounding_) finish(events);
  has_finished_ = false;
  return events;
}

// Of a digit already over, or of an earlier segment.
bool DtmfReceiver::is_old(uint32_t timestamp) const noexcept {
  const auto memory = static_cast<int32_t>(
      std::min<uint64_t>(uint64_t{memory_seconds} * config_.clock_rate, 0x7FFFFFFF));
  if (has_finished_) {
    const int32_t age = serial_distance(timestamp, finished_timestamp_);
    if (age >= 0 && age < memory) return true;
  }
  if (!sounding_) return false;
  const int32_t age = serial_distance(timestamp, timestamp_);
  return age > 0 && age < memory;
}

// The next segment of a digit too long for 16 bits.
bool DtmfReceiver::continues(uint32_t timestamp, const TelephoneEvent& event) const noexcept {
  const int32_t ahead = serial_distance(timestamp_, timestamp);
  return event.event == event_ && ahead >= shortest_full_segment &&
         ahead <= static_cast<int32_t>(longest_segment);
}

void DtmfReceiver::finish(Events& events) noexcept {
  add(events, Event::Kind::end);
  sounding_ = false;
  has_finished_ = true;
  finished_timestamp_ = timestamp_;
}

void DtmfReceiver::add(Events& events, Event::Kind kind) noexcept {
  const uint64_t units = before_segment_ + duration_;
  const auto ns = static_cast<int64_t>(units) * 1'000'000'000 / config_.clock_rate;
  events.items[events.count++] = {kind, dtmf_digit_of(event_), base::Duration{ns}};
}

}  // namespace commd::rtp
