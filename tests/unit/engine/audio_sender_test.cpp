#include "media/engine/audio_sender.h"

#include <gtest/gtest.h>

#include "media/codec/codec_registry.h"
#include "media/rtp/packet.h"
#include "tests/unit/codec/audio.h"

namespace commd::engine {
namespace {

// Counts packets that repeat something of the one before.
struct Listener : PacketSink {
  void send_rtp(std::span<uint8_t> buffer, size_t length) override {
    const auto packet = rtp::RtpPacketView::parse(buffer.first(length));
    ASSERT_TRUE(packet);
    ++packets;
    if (decoder->repeats_previous(packet->payload())) ++repeating;
  }
  std::unique_ptr<codec::Decoder> decoder;
  int packets = 0;
  int repeating = 0;
};

class AudioSenderTest : public testing::Test {
 protected:
  AudioSenderTest() {
    AudioSender::Config config;
    config.format.format.payload_type = 96;
    config.format.format.name = "opus";
    config.format.format.clock_rate = 48000;
    config.format.format.channels = 2;
    config.format.format.parameters = {{"useinbandfec", "1"}};
    config.format.sample_rate = 48000;
    EXPECT_TRUE(sender_.configure(config));
    const auto* info = registry_.find("opus", 48000);
    listener_.decoder = registry_.make_decoder(*info).value();
  }

  // Of the 50 packets of a second of speech, those that repeat something.
  int repeating() {
    const int before = listener_.repeating;
    for (size_t at = 0; at < voice_.size(); at += 960)
      sender_.send_frame(std::span(voice_).subspan(at, 960), 48000, base::MonoTime{}, scratch_,
                         listener_);
    return listener_.repeating - before;
  }

  const codec::Pcm voice_ = codec::voice(48000, 1);
  codec::CodecRegistry registry_ = codec::CodecRegistry::direct();
  AudioSender sender_{registry_};
  Listener listener_;
  Scratch scratch_;
};

TEST_F(AudioSenderTest, RepeatsSpeechWhereThePeerLosesPackets) {
  EXPECT_EQ(repeating(), 0);
  for (const double loss : {0.01, 0.05, 0.1, 0.5}) {
    sender_.set_remote_loss(loss);
    EXPECT_GT(repeating(), 20) << loss;
  }
  EXPECT_EQ(listener_.packets, 250);
}

TEST_F(AudioSenderTest, StopsToRepeatStepByStep) {
  sender_.set_remote_loss(0.2);
  EXPECT_GT(repeating(), 20);
  sender_.set_remote_loss(0);
  EXPECT_GT(repeating(), 20);
  sender_.set_remote_loss(0);
  EXPECT_LE(repeating(), 1);  // the first was decided before
}

}  // namespace
}  // namespace commd::engine
