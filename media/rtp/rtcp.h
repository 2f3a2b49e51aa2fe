// RTCP packets: SR, RR, SDES and BYE (RFC 3550 section 6), generic NACK and PLI
// (RFC 4585 section 6). A reader over one compound datagram and a builder.
//
// Nothing is allocated; what a reader gives points into the datagram and lives as
// long as it does. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "media/rtp/report_block.h"

namespace commd::rtp {

constexpr size_t max_report_blocks = 31;
constexpr size_t max_cname_size = 255;

// The report blocks of one SR or RR, decoded when asked for.
class ReportBlocks {
 public:
  ReportBlocks() = default;
  explicit ReportBlocks(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  size_t size() const;
  ReportBlock operator[](size_t index) const;  // index < size()

 private:
  std::span<const uint8_t> bytes_;
};

struct SenderReport {
  uint32_t ssrc = 0;
  SenderInfo info;
  ReportBlocks blocks;
};

struct ReceiverReport {
  uint32_t ssrc = 0;
  ReportBlocks blocks;
};

// The first chunk that has a CNAME; any bytes, not checked to be UTF-8.
struct SourceDescription {
  uint32_t ssrc = 0;
  std::string_view cname;
};

struct Bye {
  std::span<const uint8_t> ssrcs;  // four bytes each
  std::string_view reason;         // any bytes; empty when none
  bool names(uint32_t ssrc) const;
};

// Which packets are missing: each entry names one and a mask of the 16 after it.
struct NackEntry {
  uint16_t sequence = 0;
  uint16_t following = 0;  // bit i: sequence + i + 1 is missing too
};

struct GenericNack {
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
  std::span<const uint8_t> entries;  // four bytes each
  size_t size() const { return entries.size() / 4; }
  NackEntry operator[](size_t index) const;  // index < size()
};

struct PictureLossIndication {
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
};

// Well framed, of a kind that is not read here: APP, XR, other feedback.
struct OtherRtcp {
  uint8_t packet_type = 0;
  uint8_t count = 0;  // or the feedback message type
};

using RtcpItem = std::variant<SenderReport, ReceiverReport, SourceDescription, Bye, GenericNack,
                              PictureLossIndication, OtherRtcp>;

class RtcpReader {
 public:
  // compound: RFC 3550 A.2, the first packet is an SR or RR.
  // reduced_size: any packet may be first (RFC 5506), only where negotiated.
  enum class Form { compound, reduced_size };

  // Checks the framing of the whole datagram, so that nothing is acted on when its
  // tail is broken: versions, lengths that sum up exactly, padding in the last
  // packet alone. nullopt otherwise.
  static std::optional<RtcpReader> open(std::span<const uint8_t> datagram,
                                        Form form = Form::compound) noexcept;

  // The packets in order, nullopt at the end. One whose inside is wrong is skipped
  // and counted.
  std::optional<RtcpItem> next() noexcept;
  size_t malformed() const { return malformed_; }

 private:
  explicit RtcpReader(std::span<const uint8_t> datagram) : rest_(datagram) {}

  std::span<const uint8_t> rest_;
  size_t malformed_ = 0;
};

// Writes packets one after the other into a buffer of the caller. What does not
// fit is left out whole and makes ok() false.
class RtcpBuilder {
 public:
  explicit RtcpBuilder(std::span<uint8_t> out) : out_(out) {}

  // `blocks`: 31 at most, the rest is left out.
  void sender_report(uint32_t ssrc, const SenderInfo& info, std::span<const ReportBlock> blocks);
  void receiver_report(uint32_t ssrc, std::span<const ReportBlock> blocks);
  void source_description(uint32_t ssrc, std::string_view cname);  // 255 bytes at most
  void bye(uint32_t ssrc, std::string_view reason = {});           // 255 bytes at most
  // `missing` in rising order (as serial numbers); packed into as few entries as it takes.
  void nack(uint32_t sender_ssrc, uint32_t media_ssrc, std::span<const uint16_t> missing);
  void picture_loss(uint32_t sender_ssrc, uint32_t media_ssrc);

  bool ok() const { return ok_; }
  std::span<const uint8_t> bytes() const { return out_.first(size_); }

 private:
  uint8_t* reserve(uint8_t count, uint8_t packet_type, size_t bytes);

  std::span<uint8_t> out_;
  size_t size_ = 0;
  bool ok_ = true;
};

}  // namespace commd::rtp
