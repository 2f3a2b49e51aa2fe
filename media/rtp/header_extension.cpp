#include "media/rtp/header_extension.h"

#include <cstring>

#include "media/rtp/wire.h"

namespace commd::rtp {
namespace {

constexpr uint16_t one_byte_profile = 0xBEDE;
constexpr uint16_t two_byte_profile = 0x1000;
constexpr uint16_t two_byte_mask = 0xFFF0;  // the low four bits are "appbits"
constexpr uint8_t one_byte_stop_id = 15;
constexpr size_t block_head_size = 4;

}  // namespace

HeaderExtensionReader::HeaderExtensionReader(const RtpPacketView& packet) noexcept
    : rest_(packet.extension()) {
  if (packet.extension_profile() == one_byte_profile)
    form_ = Form::one_byte;
  else if ((packet.extension_profile() & two_byte_mask) == two_byte_profile)
    form_ = Form::two_byte;
}

std::optional<HeaderExtension> HeaderExtensionReader::next() noexcept {
  if (form_ == Form::none) return std::nullopt;
  while (!rest_.empty() && rest_[0] == 0) rest_ = rest_.subspan(1);  // padding
  size_t head = 1;
  size_t length = 0;
  uint8_t id = 0;
  if (form_ == Form::one_byte) {
    if (rest_.empty()) return std::nullopt;
    id = rest_[0] >> 4;
    length = static_cast<size_t>(rest_[0] & 0x0F) + 1;
    // RFC 8285 4.2: 15 ends the block, and so does padding that claims a length.
    if (id == one_byte_stop_id || id == 0) {
      rest_ = {};
      return std::nullopt;
    }
  } else {
    if (rest_.size() < 2) return std::nullopt;
    head = 2;
    id = rest_[0];
    length = rest_[1];
  }
  if (rest_.size() - head < length) {
    rest_ = {};
    return std::nullopt;
  }
  HeaderExtension element{id, rest_.subspan(head, length)};
  rest_ = rest_.subspan(head + length);
  return element;
}

std::optional<std::span<const uint8_t>> find_header_extension(const RtpPacketView& packet,
                                                              uint8_t id) noexcept {
  HeaderExtensionReader reader(packet);
  while (const auto element = reader.next())
    if (element->id == id) return element->data;
  return std::nullopt;
}

bool HeaderExtensionWriter::add(uint8_t id, std::span<const uint8_t> data) noexcept {
  if (id == 0 || data.size() > 255 || count_ == max_elements) return false;
  // Counted as if in the longer form, so that a later element cannot overflow it.
  const size_t worst = block_head_size + data_bytes_ + data.size() + 2 * (count_ + 1) + 3;
  if (worst > max_block_size) return false;
  needs_two_bytes_ = needs_two_bytes_ || id > 14 || data.empty() || data.size() > 16;
  elements_[count_++] = {id, data};
  data_bytes_ += data.size();
  return true;
}

std::span<const uint8_t> HeaderExtensionWriter::block() noexcept {
  if (count_ == 0) return {};
  size_t at = block_head_size;
  for (size_t i = 0; i < count_; ++i) {
    const auto& element = elements_[i];
    if (needs_two_bytes_) {
      bytes_[at++] = element.id;
      bytes_[at++] = static_cast<uint8_t>(element.data.size());
    } else {
      bytes_[at++] = static_cast<uint8_t>(element.id << 4 | (element.data.size() - 1));
    }
    if (!element.data.empty()) {
      std::memcpy(bytes_.data() + at, element.data.data(), element.data.size());
      at += element.data.size();
    }
  }
  while (at % 4 != 0) bytes_[at++] = 0;
  write_u16(bytes_.data(), needs_two_bytes_ ? two_byte_profile : one_byte_profile);
  write_u16(bytes_.data() + 2, static_cast<uint16_t>((at - block_head_size) / 4));
  return {bytes_.data(), at};
}

void HeaderExtensionWriter::clear() noexcept {
  count_ = 0;
  data_bytes_ = 0;
  needs_two_bytes_ = false;
}

std::optional<AudioLevel> parse_audio_level(std::span<const uint8_t> data) noexcept {
  if (data.empty()) return std::nullopt;
  return AudioLevel{(data[0] & 0x80) != 0, static_cast<uint8_t>(data[0] & 0x7F)};
}

uint8_t encode_audio_level(AudioLevel level) noexcept {
  return static_cast<uint8_t>((level.voice ? 0x80 : 0) | (level.attenuation & 0x7F));
}

}  // namespace commd::rtp
