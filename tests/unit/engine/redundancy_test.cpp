// Opus' in-band redundancy in a call: sent where packets are lost.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "media/codec/opus_codec.h"
#include "media/rtp/packet.h"
#include "tests/unit/codec/audio.h"
#include "tests/unit/engine/engine_fixture.h"

namespace commd::engine {
namespace {

constexpr uint8_t payload_type = 96;
constexpr size_t frame = 960;

// A far end made by hand, which speaks Opus with redundancy, and never reports.
class OpusPeer {
 public:
  OpusPeer() {
    fd_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto any = *SocketAddress::parse("127.0.0.1", 0);
    EXPECT_EQ(::bind(fd_.get(), any.data(), any.size()), 0);
    timeval limit{10, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    socklen_t size = SocketAddress::capacity;
    ::getsockname(fd_.get(), address_.writable(), &size);
    encoder_ = codec::make_opus_encoder({.expected_loss = 10}, "useinbandfec=1");
  }

  model::SessionDescription offer() const {
    model::SessionDescription offered;
    offered.streams.resize(1);
    auto& stream = offered.streams[0];
    stream.transport.rtp = {address_.ip(), address_.port()};
    stream.transport.rtcp_mux = true;
    stream.formats.resize(1);
    stream.formats[0].payload_type = payload_type;
    stream.formats[0].name = "opus";
    stream.formats[0].clock_rate = 48000;
    stream.formats[0].channels = 2;
    stream.formats[0].parameters = {{"useinbandfec", "1"}};
    return offered;
  }

  // The next 20 ms of its voice; not sent when they are lost.
  void speak(const SocketAddress& to, bool lost) {
    const size_t at = sequence_ * frame % voice_.size();
    std::array<uint8_t, 1500> payload{};
    const auto size = encoder_->encode(std::span(voice_).subspan(at, frame), payload);
    ASSERT_TRUE(size);
    rtp::RtpHeader header;
    header.sequence = static_cast<uint16_t>(sequence_);
    header.timestamp = static_cast<uint32_t>(sequence_ * frame);
    header.ssrc = 7;
    header.payload_type = payload_type;
    ++sequence_;
    if (lost) return;
    std::array<uint8_t, 1600> packet{};
    const size_t length = rtp::write_packet(packet, header, {}, std::span(payload).first(*size));
    ::sendto(fd_.get(), packet.data(), length, 0, to.data(), to.size());
  }

  // Whether the next RTP packet from there repeats something of the one before; empty: none comes.
  std::optional<bool> next_repeats() const {
    std::array<uint8_t, 2048> buffer{};
    while (true) {
      const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
      if (size <= 0) return std::nullopt;
      const auto packet =
          rtp::RtpPacketView::parse(std::span(buffer).first(static_cast<size_t>(size)));
      if (packet && packet->header().payload_type == payload_type)
        return decoder_->repeats_previous(packet->payload());
    }
  }

 private:
  base::UniqueFd fd_;
  SocketAddress address_;
  const codec::Pcm voice_ = codec::voice(48000, 1);
  std::unique_ptr<codec::Encoder> encoder_;
  std::unique_ptr<codec::Decoder> decoder_ = codec::make_opus_decoder();
  size_t sequence_ = 0;
};

class RedundancyTest : public EngineTest {
 protected:
  // A call in which this end says what it hears.
  void talk() {
    auto settings = config({"opus"});
    settings.capture.kind = model::AudioSource::Kind::echo;
    settings.playback.kind = model::AudioSink::Kind::echo;
    a_ = engine_->open("a", settings, events_a_);
    const auto answered = answer(*a_, peer_.offer());
    ASSERT_TRUE(answered) << answered.error().message;
    ours_ = *SocketAddress::from(answered->streams[0].transport.rtp);
    a_->transmit(ports::Transmit::live);
    stats(*a_);
  }
  // With each of so many packets of ours the peer says something, of which every fifth is lost if
  // so told. How many of ours repeat something.
  int exchange(int packets, bool lossy) {
    int repeating = 0;
    for (int i = 0; i < packets; ++i) {
      peer_.speak(ours_, lossy && i % 5 == 0);
      const auto repeats = peer_.next_repeats();
      EXPECT_TRUE(repeats);
      if (repeats.value_or(false)) ++repeating;
    }
    return repeating;
  }

  OpusPeer peer_;
  SocketAddress ours_;
};

TEST_F(RedundancyTest, LossOnTheWayHereIsAnsweredBeforeAnyReport) {
  talk();
  EXPECT_EQ(exchange(80, false), 0);
  EXPECT_GT(exchange(100, true), 10);
}

}  // namespace
}  // namespace commd::engine
