#include "media/rtp/rtcp.h"
#include "media/rtp/rtcp_format.h"
#include "media/rtp/wire.h"

namespace commd::rtp {
namespace {

using namespace rtcp_format;

std::string_view text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Sign-extends the 24 bits of the cumulative loss.
int32_t read_i24(const uint8_t* p) { return static_cast<int32_t>(read_u24(p) << 8) >> 8; }

// Each of these gets a whole packet without its padding; header_size is certain.
std::optional<RtcpItem> read_sender_report(std::span<const uint8_t> packet, size_t count) {
  constexpr size_t head = header_size + 4 + sender_info_size;
  if (packet.size() < head + count * report_block_size) return std::nullopt;
  const uint8_t* p = packet.data();
  SenderReport report;
  report.ssrc = read_u32(p + 4);
  report.info.ntp_time = static_cast<uint64_t>(read_u32(p + 8)) << 32 | read_u32(p + 12);
  report.info.rtp_timestamp = read_u32(p + 16);
  report.info.packets = read_u32(p + 20);
  report.info.octets = read_u32(p + 24);
  report.blocks = ReportBlocks(packet.subspan(head, count * report_block_size));
  return report;
}

std::optional<RtcpItem> read_receiver_report(std::span<const uint8_t> packet, size_t count) {
  constexpr size_t head = header_size + 4;
  if (packet.size() < head + count * report_block_size) return std::nullopt;
  return ReceiverReport{read_u32(packet.data() + 4),
                        ReportBlocks(packet.subspan(head, count * report_block_size))};
}

// One chunk's items. False when they run past the end; `rest` then starts anywhere.
bool read_sdes_items(std::span<const uint8_t>& rest, std::optional<std::string_view>& cname) {
  size_t chunk_bytes = 0;
  while (true) {
    if (rest.empty()) return false;
    const uint8_t item = rest[0];
    if (item == 0) break;
    if (rest.size() < 2 || rest.size() - 2 < rest[1]) return false;
    const size_t length = rest[1];
    if (item == cname_item && !cname) cname = text(rest.subspan(2, length));
    rest = rest.subspan(2 + length);
    chunk_bytes += 2 + length;
  }
  // At least one null octet, then more of them up to the next 32-bit boundary.
  const size_t padding = 4 - chunk_bytes % 4;
  if (rest.size() < padding) return false;
  rest = rest.subspan(padding);
  return true;
}

std::optional<RtcpItem> read_source_description(std::span<const uint8_t> packet, size_t count) {
  SourceDescription found;
  bool has_cname = false;
  auto rest = packet.subspan(header_size);
  for (size_t chunk = 0; chunk < count; ++chunk) {
    if (rest.size() < 4) return std::nullopt;
    const uint32_t ssrc = read_u32(rest.data());
    rest = rest.subspan(4);
    std::optional<std::string_view> cname;
    if (!read_sdes_items(rest, cname)) return std::nullopt;
    if (cname && !has_cname) {
      found = {ssrc, *cname};
      has_cname = true;
    }
  }
  if (!has_cname) return std::nullopt;
  return found;
}

std::optional<RtcpItem> read_bye(std::span<const uint8_t> packet, size_t count) {
  auto rest = packet.subspan(header_size);
  if (rest.size() < count * 4) return std::nullopt;
  Bye bye_packet;
  bye_packet.ssrcs = rest.first(count * 4);
  rest = rest.subspan(count * 4);
  if (!rest.empty()) {
    if (rest.size() - 1 < rest[0]) return std::nullopt;
    bye_packet.reason = text(rest.subspan(1, rest[0]));
  }
  return bye_packet;
}

std::optional<RtcpItem> read_feedback(std::span<const uint8_t> packet, uint8_t type,
                                      uint8_t format) {
  if (packet.size() < feedback_head_size) return std::nullopt;
  const uint32_t sender = read_u32(packet.data() + 4);
  const uint32_t media = read_u32(packet.data() + 8);
  if (type == transport_feedback && format == generic_nack)
    return GenericNack{sender, media, packet.subspan(feedback_head_size)};
  if (type == payload_feedback && format == picture_loss)
    return PictureLossIndication{sender, media};
  return OtherRtcp{type, format};
}

std::optional<RtcpItem> read_packet(std::span<const uint8_t> packet) {
  const uint8_t type = packet[1];
  const uint8_t count = packet[0] & 0x1F;
  switch (type) {
    case sender_report:
      return read_sender_report(packet, count);
    case receiver_report:
      return read_receiver_report(packet, count);
    case source_description:
      return read_source_description(packet, count);
    case bye:
      return read_bye(packet, count);
    case transport_feedback:
    case payload_feedback:
      return read_feedback(packet, type, count);
    default:
      return OtherRtcp{type, count};
  }
}

size_t framed_size(const uint8_t* p) { return (static_cast<size_t>(read_u16(p + 2)) + 1) * 4; }

bool has_padding(const uint8_t* p) { return (p[0] & 0x20) != 0; }

// The size of the first packet of `rest`, or 0 when its frame is wrong.
size_t check_frame(std::span<const uint8_t> rest) {
  if (rest.size() < header_size || rest[0] >> 6 != 2) return 0;
  const size_t size = framed_size(rest.data());
  if (size > rest.size()) return 0;
  if (!has_padding(rest.data())) return size;
  // Padding is for the last packet alone; its count is a multiple of four.
  const uint8_t padding = rest[size - 1];
  const bool last = size == rest.size();
  const bool fits = padding != 0 && padding % 4 == 0 && padding <= size - header_size;
  return last && fits ? size : 0;
}

}  // namespace

size_t ReportBlocks::size() const { return bytes_.size() / report_block_size; }

ReportBlock ReportBlocks::operator[](size_t index) const {
  const uint8_t* p = bytes_.data() + index * report_block_size;
  ReportBlock block;
  block.ssrc = read_u32(p);
  block.fraction_lost = p[4];
  block.cumulative_lost = read_i24(p + 5);
  block.highest_sequence = read_u32(p + 8);
  block.jitter = read_u32(p + 12);
  block.last_sr = read_u32(p + 16);
  block.delay_since_last_sr = read_u32(p + 20);
  return block;
}

bool Bye::names(uint32_t ssrc) const {
  for (size_t at = 0; at + 4 <= ssrcs.size(); at += 4)
    if (read_u32(ssrcs.data() + at) == ssrc) return true;
  return false;
}

NackEntry GenericNack::operator[](size_t index) const {
  const uint8_t* p = entries.data() + index * 4;
  return {read_u16(p), read_u16(p + 2)};
}

std::optional<RtcpReader> RtcpReader::open(std::span<const uint8_t> datagram, Form form) noexcept {
  if (datagram.size() < 2 * sizeof(uint32_t)) return std::nullopt;
  const bool report_first = datagram[1] == sender_report || datagram[1] == receiver_report;
  if (form == Form::compound && !report_first) return std::nullopt;
  auto rest = datagram;
  while (!rest.empty()) {
    const size_t size = check_frame(rest);
    if (size == 0) return std::nullopt;
    rest = rest.subspan(size);
  }
  return RtcpReader(datagram);
}

std::optional<RtcpItem> RtcpReader::next() noexcept {
  while (!rest_.empty()) {
    const size_t size = framed_size(rest_.data());  // checked by open()
    auto packet = rest_.first(size);
    rest_ = rest_.subspan(size);
    if (has_padding(packet.data())) packet = packet.first(size - packet.back());
    if (auto item = read_packet(packet)) return item;
    ++malformed_;
  }
  return std::nullopt;
}

}  // namespace commd::rtp
