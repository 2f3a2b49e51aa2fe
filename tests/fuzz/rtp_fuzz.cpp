// A train of datagrams through the whole receiving path: parser, header extensions,
// receiver, telephone events and jitter buffer. Each datagram of the input is led
// by its length and by how much later than the one before it comes.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "media/rtp/dtmf.h"
#include "media/rtp/header_extension.h"
#include "media/rtp/jitter_buffer.h"
#include "media/rtp/receiver.h"

namespace {

using namespace commd::rtp;
using commd::base::MonoTime;

struct Path {
  RtpReceiver receiver{{8000, 1}};
  JitterBuffer buffer{{8000}};
  DtmfReceiver dtmf{{}};
  MonoTime now{std::chrono::seconds(1000)};
  volatile uint64_t sum = 0;

  void check_writer(const RtpPacketView& packet) {
    std::array<uint8_t, 2048> out{};
    const size_t size = write_packet(out, packet.header(), {}, packet.payload());
    if (size == 0) return;
    const auto again = RtpPacketView::parse({out.data(), size});
    if (!again || again->payload().size() != packet.payload().size()) std::abort();
  }

  void on_datagram(std::span<const uint8_t> datagram) {
    const auto packet = RtpPacketView::parse(datagram);
    if (!packet) return;
    check_writer(*packet);
    HeaderExtensionReader extensions(*packet);
    while (const auto element = extensions.next())
      for (const uint8_t byte : element->data) sum = sum + byte;
    for (size_t i = 0; i < packet->csrc_count(); ++i) sum = sum + packet->csrc(i);
    const auto& header = packet->header();
    const bool event = header.payload_type >= 96;
    const auto received =
        receiver.on_packet(header, packet->payload().size(), now,
                           event ? RtpReceiver::Timing::event : RtpReceiver::Timing::media);
    if (received.verdict == RtpReceiver::Verdict::restarted) buffer.restart();
    if (event)
      dtmf.on_packet(header.timestamp, packet->payload(), now);
    else
      buffer.insert(
          {packet->payload(), received.extended_sequence, header.timestamp, header.payload_type},
          now);
  }

  void pull(uint8_t how) {
    const auto pulled = buffer.pull(now, 1 + how * 2u);
    if (pulled.duration == 0) std::abort();
    for (const uint8_t byte : pulled.payload) sum = sum + byte;
    if (pulled.kind == JitterBuffer::Kind::frame)
      buffer.decoded(how * 8u,
                     how % 3 ? JitterBuffer::Activity::active : JitterBuffer::Activity::silent);
    if (buffer.stats().waiting > JitterBuffer::max_packets) std::abort();
    dtmf.on_time(now);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Path path;
  std::span<const uint8_t> rest(data, size);
  while (rest.size() >= 3) {
    const size_t length = std::min<size_t>(rest[0] * 8u + (rest[1] & 7), rest.size() - 3);
    path.now += std::chrono::milliseconds(rest[1]);
    const uint8_t pulls = rest[2];
    path.on_datagram(rest.subspan(3, length));
    for (int i = 0; i < (pulls & 3); ++i) path.pull(pulls);
    rest = rest.subspan(3 + length);
  }
  path.receiver.take_report();
  return 0;
}
