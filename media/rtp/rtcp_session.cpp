#include "media/rtp/rtcp_session.h"

#include <algorithm>

namespace commd::rtp {
namespace {

constexpr int64_t ns_per_second = 1'000'000'000;
constexpr double ip_and_udp_headers = 28;
constexpr double first_size_guess = 100 + ip_and_udp_headers;
constexpr double rtcp_share = 0.05;
// RFC 3550 6.3.1: makes up for timer reconsideration, e - 3/2.
constexpr double compensation = 1.21828;
constexpr std::chrono::seconds standard_minimum{5};
// A round trip beyond this is an error of the far end's arithmetic.
constexpr uint32_t longest_round_trip = 30u << 16;

uint64_t to_ntp(base::MonoTime time) {
  const auto ns = static_cast<uint64_t>(time.time_since_epoch().count());
  const uint64_t seconds = ns / ns_per_second;
  const uint64_t fraction = ((ns % ns_per_second) << 32) / ns_per_second;
  return seconds << 32 | fraction;
}

uint32_t middle(uint64_t ntp) { return static_cast<uint32_t>(ntp >> 16); }

// 1/65536 s, the unit of DLSR.
uint32_t to_short(base::Duration duration) {
  const int64_t ns = std::max<int64_t>(duration.count(), 0);
  const int64_t seconds = ns / ns_per_second;
  if (seconds > 0xFFFF) return 0xFFFFFFFF;
  return static_cast<uint32_t>(seconds << 16 | ((ns % ns_per_second) << 16) / ns_per_second);
}

}  // namespace

RtcpSession::RtcpSession(const Config& config, base::MonoTime now)
    : config_(config), random_(config.random_seed), average_size_(first_size_guess) {
  config_.cname.resize(std::min(config_.cname.size(), max_cname_size));
  config_.bandwidth = std::max<uint32_t>(config_.bandwidth, 1000);
  start(now);
}

void RtcpSession::start(base::MonoTime now) noexcept { next_report_ = now + interval() / 2; }

// RFC 3550 6.3.1 for two members, both senders.
base::Duration RtcpSession::interval() noexcept {
  constexpr double members = 2;
  const double by_bandwidth = members * average_size_ * 8 / (config_.bandwidth * rtcp_share);
  double minimum = std::chrono::duration<double>(standard_minimum).count();
  if (config_.minimum == Minimum::reduced)
    minimum = std::min(minimum, 360.0 / (config_.bandwidth / 1000.0));
  const double deterministic = std::max(minimum, by_bandwidth);
  std::uniform_real_distribution<double> spread(0.5, 1.5);
  const double seconds = deterministic * spread(random_) / compensation;
  return std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(seconds));
}

void RtcpSession::note_size(size_t bytes) noexcept {
  average_size_ += (static_cast<double>(bytes) + ip_and_udp_headers - average_size_) / 16;
}

void RtcpSession::write_reports(RtcpBuilder& builder, const RtpSender& sender,
                                RtpReceiver& receiver, base::MonoTime now) noexcept {
  ReportBlock block;
  size_t blocks = 0;
  if (const auto report = receiver.take_report()) {
    block = *report;
    blocks = 1;
    if (has_remote_sr_ && remote_sr_ssrc_ == block.ssrc) {
      block.last_sr = remote_sr_middle_;
      block.delay_since_last_sr = to_short(now - remote_sr_at_);
    }
  }
  auto info = sender.sender_info(now);
  if (info && sender.packets() > packets_at_last_report_) {
    info->ntp_time = to_ntp(now);
    builder.sender_report(config_.ssrc, *info, {&block, blocks});
  } else {
    builder.receiver_report(config_.ssrc, {&block, blocks});
  }
  builder.source_description(config_.ssrc, config_.cname);
}

std::span<const uint8_t> RtcpSession::make_report(std::span<uint8_t> out, const RtpSender& sender,
                                                  RtpReceiver& receiver,
                                                  base::MonoTime now) noexcept {
  RtcpBuilder builder(out);
  write_reports(builder, sender, receiver, now);
  packets_at_last_report_ = sender.packets();
  next_report_ = now + interval();
  if (!builder.ok()) return {};
  note_size(builder.bytes().size());
  ++reports_sent_;
  return builder.bytes();
}

std::span<const uint8_t> RtcpSession::make_bye(std::span<uint8_t> out, const RtpSender& sender,
                                               RtpReceiver& receiver, base::MonoTime now,
                                               std::string_view reason) noexcept {
  RtcpBuilder builder(out);
  write_reports(builder, sender, receiver, now);
  builder.bye(config_.ssrc, reason);
  if (!builder.ok()) return {};
  ++reports_sent_;
  return builder.bytes();
}

RtcpSession::Event RtcpSession::on_datagram(std::span<const uint8_t> datagram, base::MonoTime now,
                                            RtcpReader::Form form) noexcept {
  Event event;
  auto reader = RtcpReader::open(datagram, form);
  if (!reader) return event;
  event.valid = true;
  note_size(datagram.size());
  bool reported = false;
  while (const auto item = reader->next()) {
    if (const auto* sr = std::get_if<SenderReport>(&*item)) {
      reported = true;
      on_sender_report(*sr, now);
      for (size_t i = 0; i < sr->blocks.size(); ++i) on_block(sr->blocks[i], now);
    } else if (const auto* rr = std::get_if<ReceiverReport>(&*item)) {
      reported = true;
      for (size_t i = 0; i < rr->blocks.size(); ++i) on_block(rr->blocks[i], now);
    } else if (std::holds_alternative<Bye>(*item)) {
      event.bye = true;
    } else if (const auto* pli = std::get_if<PictureLossIndication>(&*item)) {
      event.picture_loss = event.picture_loss || pli->media_ssrc == config_.ssrc;
    }
  }
  if (reported) ++reports_received_;
  return event;
}

void RtcpSession::on_sender_report(const SenderReport& report, base::MonoTime now) noexcept {
  has_remote_sr_ = true;
  remote_sr_ssrc_ = report.ssrc;
  remote_sr_middle_ = middle(report.info.ntp_time);
  remote_sr_at_ = now;
}

void RtcpSession::on_block(const ReportBlock& block, base::MonoTime now) noexcept {
  if (block.ssrc != config_.ssrc) return;
  remote_view_ = RemoteView{block.fraction_lost / 256.0, block.cumulative_lost,
                            block.highest_sequence, block.jitter, now};
  if (block.last_sr == 0) return;
  const uint32_t trip = middle(to_ntp(now)) - block.last_sr - block.delay_since_last_sr;
  // Rounding of the far end may make it a few units negative: then it is nothing.
  const uint32_t rounding = 0x100;
  const uint32_t units = trip > 0xFFFFFFFF - rounding ? 0 : trip;
  if (units > longest_round_trip) return;
  round_trip_ = base::Duration{int64_t{units} * ns_per_second >> 16};
}

}  // namespace commd::rtp
