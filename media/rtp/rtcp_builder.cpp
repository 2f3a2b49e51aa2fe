#include <algorithm>
#include <cstring>

#include "media/rtp/rtcp.h"
#include "media/rtp/rtcp_format.h"
#include "media/rtp/wire.h"

namespace commd::rtp {
namespace {

using namespace rtcp_format;

uint8_t* write_block(uint8_t* p, const ReportBlock& block) {
  write_u32(p, block.ssrc);
  p[4] = block.fraction_lost;
  write_u24(p + 5, static_cast<uint32_t>(block.cumulative_lost) & 0xFFFFFF);
  write_u32(p + 8, block.highest_sequence);
  write_u32(p + 12, block.jitter);
  write_u32(p + 16, block.last_sr);
  write_u32(p + 20, block.delay_since_last_sr);
  return p + report_block_size;
}

std::span<const ReportBlock> at_most_31(std::span<const ReportBlock> blocks) {
  return blocks.first(std::min(blocks.size(), max_report_blocks));
}

size_t round_up_4(size_t size) { return (size + 3) / 4 * 4; }

// How many of `missing`, from the first on, one entry can name, and the entry.
size_t pack_entry(std::span<const uint16_t> missing, NackEntry& entry) {
  entry = {missing[0], 0};
  size_t taken = 1;
  for (; taken < missing.size(); ++taken) {
    const int distance = serial_distance16(missing[0], missing[taken]);
    if (distance < 1 || distance > 16) break;
    entry.following = static_cast<uint16_t>(entry.following | 1u << (distance - 1));
  }
  return taken;
}

}  // namespace

// A packet of `bytes` (a multiple of four) with its header written and the rest
// zero, or nullptr when there is no room.
uint8_t* RtcpBuilder::reserve(uint8_t count, uint8_t packet_type, size_t bytes) {
  if (out_.size() - size_ < bytes) {
    ok_ = false;
    return nullptr;
  }
  uint8_t* p = out_.data() + size_;
  std::memset(p, 0, bytes);
  p[0] = static_cast<uint8_t>(0x80 | count);
  p[1] = packet_type;
  write_u16(p + 2, static_cast<uint16_t>(bytes / 4 - 1));
  size_ += bytes;
  return p;
}

void RtcpBuilder::sender_report(uint32_t ssrc, const SenderInfo& info,
                                std::span<const ReportBlock> blocks) {
  blocks = at_most_31(blocks);
  uint8_t* p = reserve(static_cast<uint8_t>(blocks.size()), rtcp_format::sender_report,
                       header_size + 4 + sender_info_size + blocks.size() * report_block_size);
  if (!p) return;
  write_u32(p + 4, ssrc);
  write_u32(p + 8, static_cast<uint32_t>(info.ntp_time >> 32));
  write_u32(p + 12, static_cast<uint32_t>(info.ntp_time));
  write_u32(p + 16, info.rtp_timestamp);
  write_u32(p + 20, info.packets);
  write_u32(p + 24, info.octets);
  p += header_size + 4 + sender_info_size;
  for (const auto& block : blocks) p = write_block(p, block);
}

void RtcpBuilder::receiver_report(uint32_t ssrc, std::span<const ReportBlock> blocks) {
  blocks = at_most_31(blocks);
  uint8_t* p = reserve(static_cast<uint8_t>(blocks.size()), rtcp_format::receiver_report,
                       header_size + 4 + blocks.size() * report_block_size);
  if (!p) return;
  write_u32(p + 4, ssrc);
  p += header_size + 4;
  for (const auto& block : blocks) p = write_block(p, block);
}

void RtcpBuilder::source_description(uint32_t ssrc, std::string_view cname) {
  cname = cname.substr(0, max_cname_size);
  // SSRC, type, length, text, and at least one null octet to end the chunk.
  uint8_t* p = reserve(1, rtcp_format::source_description,
                       header_size + 4 + round_up_4(2 + cname.size() + 1));
  if (!p) return;
  write_u32(p + 4, ssrc);
  p[8] = cname_item;
  p[9] = static_cast<uint8_t>(cname.size());
  std::copy(cname.begin(), cname.end(), p + 10);
}

void RtcpBuilder::bye(uint32_t ssrc, std::string_view reason) {
  reason = reason.substr(0, 255);
  const size_t reason_bytes = reason.empty() ? 0 : round_up_4(1 + reason.size());
  uint8_t* p = reserve(1, rtcp_format::bye, header_size + 4 + reason_bytes);
  if (!p) return;
  write_u32(p + 4, ssrc);
  if (reason.empty()) return;
  p[8] = static_cast<uint8_t>(reason.size());
  std::copy(reason.begin(), reason.end(), p + 9);
}

void RtcpBuilder::nack(uint32_t sender_ssrc, uint32_t media_ssrc,
                       std::span<const uint16_t> missing) {
  if (missing.empty()) return;
  NackEntry entry;
  size_t entries = 0;
  for (auto rest = missing; !rest.empty(); rest = rest.subspan(pack_entry(rest, entry))) ++entries;
  uint8_t* p = reserve(generic_nack, transport_feedback, feedback_head_size + entries * 4);
  if (!p) return;
  write_u32(p + 4, sender_ssrc);
  write_u32(p + 8, media_ssrc);
  p += feedback_head_size;
  while (!missing.empty()) {
    missing = missing.subspan(pack_entry(missing, entry));
    write_u16(p, entry.sequence);
    write_u16(p + 2, entry.following);
    p += 4;
  }
}

void RtcpBuilder::picture_loss(uint32_t sender_ssrc, uint32_t media_ssrc) {
  uint8_t* p = reserve(rtcp_format::picture_loss, payload_feedback, feedback_head_size);
  if (!p) return;
  write_u32(p + 4, sender_ssrc);
  write_u32(p + 8, media_ssrc);
}

}  // namespace commd::rtp
