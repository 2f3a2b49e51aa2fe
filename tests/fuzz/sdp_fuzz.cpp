// SDP of strangers: what is read keeps the bounds of SECURITY, and what is written of
// it is read as the same, streams in their places.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/model/media_address.h"
#include "daemon/sip/sdp.h"

using namespace commd;

namespace {

void check_candidates(const model::IceParameters& ice) {
  if (ice.ufrag.size() < 4 || ice.password.reveal().size() < 22) abort();
  if (ice.candidates.size() > 64) abort();
  for (const model::IceCandidate& each : ice.candidates) {
    if (model::address_use(each.address.ip) != model::AddressUse::usable) abort();
    const bool calls_only = each.transport == model::IceCandidate::Transport::tcp_active;
    if (each.address.port < 1024 && !(calls_only && each.address.port == 9)) abort();
    if (each.component == 0 || each.priority == 0 || each.foundation.empty()) abort();
  }
}

void check_bounds(const model::StreamDescription& stream) {
  if (stream.formats.size() > 64 || stream.transport.sdes.size() > 64) abort();
  if (stream.rejected) return;
  // Nowhere to send to but where ICE or the bundle leads, or a place that may be sent to.
  const bool nowhere = stream.transport.rtp == model::TransportAddress{};
  if (nowhere && !stream.transport.ice && stream.mid.empty()) abort();
  if (!nowhere && stream.transport.rtp.port < 1024) abort();
  if (!nowhere && model::address_use(stream.transport.rtp.ip) == model::AddressUse::forbidden)
    abort();
  if (stream.transport.ice) check_candidates(*stream.transport.ice);
  if (stream.transport.rtcp.port != 0 && stream.transport.rtcp.port < 1024) abort();
  if (stream.ptime_ms != 0 && (stream.ptime_ms < 10 || stream.ptime_ms > 120)) abort();
  if (stream.maxptime_ms != 0 && (stream.maxptime_ms < 10 || stream.maxptime_ms > 120)) abort();
  if (stream.transport.dtls && stream.transport.dtls->fingerprint.empty()) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = sip::parse_sdp(text);
  if (!parsed) return 0;
  const auto& streams = parsed->description.streams;
  if (streams.size() > 32 || parsed->lines.size() != streams.size()) abort();
  for (const auto& stream : streams) check_bounds(stream);

  const sip::SdpOrigin origin{"1", 1};
  const std::string written =
      sip::write_sdp(parsed->description, origin, "192.0.2.1", parsed->lines);
  for (size_t at = 0; (at = written.find_first_of("\r\n", at)) != std::string::npos; at += 2)
    if (written.compare(at, 2, "\r\n") != 0) abort();
  // A blank between two lines of one byte makes more of them than there were.
  if (written.size() > 64 * 1024) return 0;
  const auto again = sip::parse_sdp(written);
  if (!again || again->description != parsed->description) abort();
  for (size_t i = 0; i < streams.size(); ++i)
    if (streams[i].rejected && !(again->lines[i] == parsed->lines[i])) abort();
  return 0;
}
