// The RTCP conversation of one audio call: when to report, what to say, and what
// the far end says about our stream (RFC 3550 section 6 for two participants).
//
// One thread (the session's worker). Allocates nothing after the constructor. It
// keeps no timer: the owner calls make_report() once `next_report()` has passed.
// NTP times in our reports are of the monotonic clock (RFC 3550 section 4 allows
// it), so that neither the machine's wall clock nor its steps show.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>

#include "daemon/base/time.h"
#include "media/rtp/receiver.h"
#include "media/rtp/rtcp.h"
#include "media/rtp/sender.h"

namespace commd::rtp {

class RtcpSession {
 public:
  // standard: never less than 5 s apart. reduced: 360 s / (kilobits a second of the
  // session), which is below 5 s from 72 kb/s on (6.2).
  enum class Minimum { standard, reduced };

  struct Config {
    uint32_t ssrc = 0;            // of our RtpSender
    std::string cname;            // 255 bytes at most; random per call, tells nothing of the person
    uint32_t bandwidth = 64'000;  // of the session in bits a second; 5 % of it is RTCP's
    Minimum minimum = Minimum::standard;
    uint32_t random_seed = 0;  // of the interval's randomness; from base::random_u32()
  };

  // What one received datagram means for the call.
  struct Event {
    bool valid = false;         // it was RTCP; else nothing else is set
    bool bye = false;           // the far end left
    bool picture_loss = false;  // of our stream
  };

  // How the far end hears us, by its last report.
  struct RemoteView {
    double fraction_lost = 0;  // 0..1, over its last interval
    int32_t cumulative_lost = 0;
    uint32_t highest_sequence = 0;
    uint32_t jitter = 0;  // in units of our RTP clock
    base::MonoTime at{};
  };

  RtcpSession(const Config& config, base::MonoTime now);

  // When the next report is due. Not before both ends can send: call start() then.
  base::MonoTime next_report() const { return next_report_; }
  // The session begins to send: the first report after half an interval.
  void start(base::MonoTime now) noexcept;

  // SR if we have sent since the last report, else RR, with SDES. Sets the time of
  // the next. Empty when `out` is too small (300 bytes and the CNAME suffice).
  // `receiver` starts a new loss interval.
  std::span<const uint8_t> make_report(std::span<uint8_t> out, const RtpSender& sender,
                                       RtpReceiver& receiver, base::MonoTime now) noexcept;
  // The same with a BYE at its end: at once, as 6.3.7 allows to fewer than 50.
  std::span<const uint8_t> make_bye(std::span<uint8_t> out, const RtpSender& sender,
                                    RtpReceiver& receiver, base::MonoTime now,
                                    std::string_view reason = {}) noexcept;

  Event on_datagram(std::span<const uint8_t> datagram, base::MonoTime now,
                    RtcpReader::Form form = RtcpReader::Form::compound) noexcept;

  std::optional<base::Duration> round_trip() const { return round_trip_; }
  const std::optional<RemoteView>& remote_view() const { return remote_view_; }
  uint64_t reports_sent() const { return reports_sent_; }
  uint64_t reports_received() const { return reports_received_; }

 private:
  void write_reports(RtcpBuilder& builder, const RtpSender& sender, RtpReceiver& receiver,
                     base::MonoTime now) noexcept;
  void on_sender_report(const SenderReport& report, base::MonoTime now) noexcept;
  void on_block(const ReportBlock& block, base::MonoTime now) noexcept;
  void note_size(size_t bytes) noexcept;
  base::Duration interval() noexcept;

  Config config_;
  std::minstd_rand random_;
  base::MonoTime next_report_;
  double average_size_;  // of RTCP packets of both ends, with UDP and IP headers (6.3.3)
  uint64_t packets_at_last_report_ = 0;
  uint64_t reports_sent_ = 0;
  uint64_t reports_received_ = 0;

  bool has_remote_sr_ = false;
  uint32_t remote_sr_ssrc_ = 0;
  uint32_t remote_sr_middle_ = 0;
  base::MonoTime remote_sr_at_{};

  std::optional<base::Duration> round_trip_;
  std::optional<RemoteView> remote_view_;
};

}  // namespace commd::rtp
