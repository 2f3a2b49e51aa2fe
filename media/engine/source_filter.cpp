#include "media/engine/source_filter.h"

namespace commd::engine {

void SourceFilter::configure(const Config& config, base::MonoTime now) {
  const bool moved = !(config.rtp == config_.rtp);
  config_ = config;
  if (!moved && config.rtp) {
    // A re-negotiation that keeps the address keeps what was learned.
    if (!latched_) rtcp_target_ = config.rtcp;
    if (config.rtcp_mux) rtcp_target_ = rtp_target_;
    return;
  }
  rtp_target_ = config.rtp;
  rtcp_target_ = config.rtcp;
  answered_ = now;
  latched_ = false;
  shakes_hands_ = false;
  candidate_.reset();
  heard_ssrc_.reset();
}

bool SourceFilter::may_latch(const rtp::RtpHeader& header, base::MonoTime now) const {
  if (latched_ || !config_.rtp) return false;
  switch (config_.latch) {
    case model::Latch::off:
      return false;
    case model::Latch::on:
      return !heard_ssrc_ || *heard_ssrc_ == header.ssrc;
    case model::Latch::automatic:
      break;
  }
  return may_be_elsewhere(latch_window, now);
}

bool SourceFilter::may_be_elsewhere(base::Duration window, base::MonoTime now) const {
  // Where the described address speaks there is no translator to be found.
  if (heard_ssrc_ || shakes_hands_ || now - answered_ > window) return false;
  return config_.rtp.is_private() || !SocketAddress::same_host(config_.rtp, config_.signalling);
}

bool SourceFilter::may_say_hello(base::MonoTime now) const {
  if (latched_ || !config_.rtp) return false;
  switch (config_.latch) {
    case model::Latch::off:
      return false;
    case model::Latch::on:
      return true;
    case model::Latch::automatic:
      break;
  }
  return may_be_elsewhere(hello_window, now);
}

void SourceFilter::note_handshake() {
  if (!latched_) shakes_hands_ = true;
}

void SourceFilter::move_to(const SocketAddress& source) {
  latched_ = true;
  rtp_target_ = source;
  if (config_.rtcp_mux) {
    rtcp_target_ = source;
  } else if (!SocketAddress::same_host(rtcp_target_, source)) {
    // The described port is behind a translator: its reports tell where they come from.
    rtcp_target_ = SocketAddress();
  }
}

bool SourceFilter::may_send_rtp(const SocketAddress& source) const {
  if (config_.authenticated || source == rtp_target_) return true;
  return !latched_ && config_.latch != model::Latch::off && config_.rtp;
}

bool SourceFilter::accept_rtp(const SocketAddress& source, const rtp::RtpHeader& header,
                              base::MonoTime now) {
  if (source == rtp_target_) {
    if (!latched_) heard_ssrc_ = header.ssrc;
    return true;
  }
  if (!may_latch(header, now)) return config_.authenticated;
  if (config_.authenticated) {
    move_to(source);
    return true;
  }
  const bool confirms = candidate_ && candidate_->source == source &&
                        candidate_->ssrc == header.ssrc &&
                        candidate_->payload_type == header.payload_type &&
                        candidate_->next_sequence == header.sequence;
  candidate_ = Candidate{source, header.ssrc, header.payload_type,
                         static_cast<uint16_t>(header.sequence + 1)};
  if (confirms) move_to(source);
  return confirms;
}

bool SourceFilter::accept_rtcp(const SocketAddress& source) {
  if (source == rtcp_target_ || (config_.rtcp_mux && source == rtp_target_)) return true;
  if (config_.authenticated) return true;
  if (config_.rtcp_mux || !SocketAddress::same_host(source, rtp_target_)) return false;
  if (latched_ && !rtcp_target_) rtcp_target_ = source;
  return true;
}

}  // namespace commd::engine
