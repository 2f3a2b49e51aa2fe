#include "media/rtp/sender.h"

#include "daemon/base/random.h"

namespace commd::rtp {

RtpSender::Config RtpSender::random_config(uint8_t payload_type, uint32_t clock_rate) {
  Config config;
  config.ssrc = base::random_u32();
  config.payload_type = payload_type;
  config.clock_rate = clock_rate;
  config.first_sequence = static_cast<uint16_t>(base::random_u32() & 0x7FFF);
  config.first_timestamp = base::random_u32();
  return config;
}

void RtpSender::reset_position() {
  sequence_ = config_.first_sequence;
  timestamp_ = config_.first_timestamp;
}

size_t RtpSender::write(std::span<uint8_t> out, const RtpHeader& header,
                        std::span<const uint8_t> extension,
                        std::span<const uint8_t> payload) noexcept {
  const size_t size = write_packet(out, header, extension, payload);
  if (size == 0) return 0;
  ++sequence_;
  ++packets_;
  payload_bytes_ += payload.size();
  return size;
}

size_t RtpSender::packetise(std::span<uint8_t> out, std::span<const uint8_t> payload,
                            uint32_t duration, base::MonoTime now,
                            std::span<const uint8_t> extension_block) noexcept {
  const uint32_t timestamp = timestamp_;
  timestamp_ += duration;
  const RtpHeader header{talkspurt_starts_, config_.payload_type, sequence_, timestamp,
                         config_.ssrc};
  const size_t size = write(out, header, extension_block, payload);
  if (size == 0) return 0;
  talkspurt_starts_ = false;
  anchor_timestamp_ = timestamp;
  anchor_time_ = now;
  return size;
}

void RtpSender::skip(uint32_t duration) noexcept {
  timestamp_ += duration;
  talkspurt_starts_ = true;
}

size_t RtpSender::packetise_event(std::span<uint8_t> out, const EventPacket& event,
                                  std::span<const uint8_t> payload) noexcept {
  const RtpHeader header{event.marker, event.payload_type, sequence_, event.timestamp,
                         config_.ssrc};
  return write(out, header, {}, payload);
}

void RtpSender::set_payload_type(uint8_t payload_type, uint32_t clock_rate) noexcept {
  config_.payload_type = payload_type;
  config_.clock_rate = clock_rate;
  talkspurt_starts_ = true;
}

std::optional<SenderInfo> RtpSender::sender_info(base::MonoTime now) const noexcept {
  if (!has_sent()) return std::nullopt;
  // Whole seconds apart, so that a stream silent for days does not overflow.
  const auto elapsed = now - anchor_time_;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(elapsed);
  const int64_t rate = config_.clock_rate;
  const int64_t units = seconds.count() * rate + (elapsed - seconds).count() * rate / 1'000'000'000;
  SenderInfo info;
  info.rtp_timestamp = anchor_timestamp_ + static_cast<uint32_t>(units);
  info.packets = static_cast<uint32_t>(packets_);
  info.octets = static_cast<uint32_t>(payload_bytes_);
  return info;
}

}  // namespace commd::rtp
