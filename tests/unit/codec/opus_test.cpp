#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "media/codec/goertzel.h"
#include "media/codec/opus_codec.h"
#include "media/codec/opus_params.h"
#include "tests/unit/codec/audio.h"

namespace commd::codec {
namespace {

constexpr uint32_t rate = 48'000;
constexpr size_t frame = 960;

std::vector<std::vector<uint8_t>> encode_all(Encoder& encoder, const Pcm& pcm) {
  std::vector<std::vector<uint8_t>> packets;
  for (size_t at = 0; at + frame <= pcm.size(); at += frame) {
    std::vector<uint8_t> packet(1500);
    const auto size = encoder.encode(std::span(pcm).subspan(at, frame), packet);
    EXPECT_TRUE(size);
    packet.resize(size.value_or(0));
    packets.push_back(packet);
  }
  return packets;
}

size_t octets(const std::vector<std::vector<uint8_t>>& packets) {
  return std::accumulate(packets.begin(), packets.end(), size_t{0},
                         [](size_t sum, const auto& packet) { return sum + packet.size(); });
}

// Tones that change with each packet, so that a neighbour cannot stand in for a
// lost one.
Pcm melody(size_t frames) {
  Pcm pcm;
  for (size_t i = 0; i < frames; ++i) {
    const Pcm note = sine(rate, 300 + 100 * static_cast<double>(i * 7 % 11), 0.02);
    pcm.insert(pcm.end(), note.begin(), note.end());
  }
  return pcm;
}

TEST(Opus, FecBringsBackALostPacket) {
  EncoderSettings settings;
  settings.expected_loss = 20;
  const auto packets = encode_all(*make_opus_encoder(settings, "useinbandfec=1"), melody(100));
  const auto whole = make_opus_decoder();
  const auto with_fec = make_opus_decoder();
  const auto without = make_opus_decoder();
  double fec_snr = 0;
  double plain_snr = 0;
  int losses = 0;
  for (size_t i = 0; i + 1 < packets.size(); ++i) {
    Pcm truth(5760), fec(5760), plain(5760);
    ASSERT_EQ(whole->decode(packets[i], truth), frame);
    if (i < 10 || i % 5 != 0) {
      ASSERT_EQ(with_fec->decode(packets[i], fec), frame);
      ASSERT_EQ(without->decode(packets[i], plain), frame);
      continue;
    }
    ASSERT_EQ(with_fec->decode_fec(packets[i + 1], std::span(fec).first(frame)), frame);
    ASSERT_EQ(without->conceal(std::span(plain).first(frame)), frame);
    fec_snr += snr_db(std::span(truth).first(frame), fec);
    plain_snr += snr_db(std::span(truth).first(frame), plain);
    ++losses;
  }
  ASSERT_GT(losses, 10);
  RecordProperty("fec_db", std::to_string(fec_snr / losses));
  RecordProperty("plc_db", std::to_string(plain_snr / losses));
  EXPECT_GT(fec_snr / losses, plain_snr / losses + 3);
}

size_t repeating(const std::vector<std::vector<uint8_t>>& packets) {
  const auto decoder = make_opus_decoder();
  return static_cast<size_t>(std::count_if(packets.begin(), packets.end(), [&](const auto& packet) {
    return decoder->repeats_previous(packet);
  }));
}

TEST(Opus, APacketSaysWhetherItRepeatsTheOneBefore) {
  EncoderSettings settings;
  settings.expected_loss = 6;
  EXPECT_GT(repeating(encode_all(*make_opus_encoder(settings, "useinbandfec=1"), voice(rate, 2))),
            40U);
  EXPECT_EQ(repeating(encode_all(*make_opus_encoder(settings, ""), voice(rate, 2))), 0U);
  settings.ptime = std::chrono::milliseconds(60);
  const auto encoder = make_opus_encoder(settings, "useinbandfec=1");
  const Pcm pcm = voice(rate, 1.8);
  std::vector<std::vector<uint8_t>> packets;
  for (size_t at = 0; at + 3 * frame <= pcm.size(); at += 3 * frame) {
    std::vector<uint8_t> packet(1500);
    packet.resize(encoder->encode(std::span(pcm).subspan(at, 3 * frame), packet).value_or(0));
    packets.push_back(packet);
  }
  EXPECT_GT(repeating(packets), 10U);
  EXPECT_EQ(repeating({{}, {0x08}, {0x80, 0xff}, {0x0b}, {0x0b, 0xff, 0xff}}), 0U);
}

TEST(Opus, FecIsSentOnlyToWhoUsesIt) {
  EncoderSettings settings;
  settings.expected_loss = 20;
  const auto with = encode_all(*make_opus_encoder(settings, "useinbandfec=1"), melody(50));
  const auto without = encode_all(*make_opus_encoder(settings, ""), melody(50));
  const auto decoder = make_opus_decoder();
  EXPECT_NE(with, without);
  settings.fec = false;
  EXPECT_EQ(encode_all(*make_opus_encoder(settings, "useinbandfec=1"), melody(50)), without);
}

TEST(Opus, DtxSendsNearlyNothingInSilence) {
  EncoderSettings settings;
  settings.dtx = true;
  const auto encoder = make_opus_encoder(settings, "");
  encode_all(*encoder, sine(rate, 440, 1));
  const auto silence = encode_all(*encoder, Pcm(rate * 2));
  const auto sent = std::count_if(silence.begin(), silence.end(),
                                  [](const auto& packet) { return !packet.empty(); });
  EXPECT_LT(sent, 30);
  const auto talk = encode_all(*encoder, sine(rate, 440, 1));
  EXPECT_TRUE(std::all_of(talk.begin(), talk.end(), [](const auto& p) { return !p.empty(); }));
}

TEST(Opus, KeepsToTheBitrate) {
  EncoderSettings settings;
  const auto normal = octets(encode_all(*make_opus_encoder(settings, ""), melody(100)));
  EXPECT_NEAR(static_cast<double>(normal) * 8 / 2, 32'000, 10'000);
  const auto bounded =
      octets(encode_all(*make_opus_encoder(settings, "maxaveragebitrate=12000"), melody(100)));
  EXPECT_LT(static_cast<double>(bounded) * 8 / 2, 16'000);
  const auto encoder = make_opus_encoder(settings, "");
  encoder->set_bitrate(12'000);
  EXPECT_LT(octets(encode_all(*encoder, melody(100))), normal * 2 / 3);
}

TEST(Opus, ConstantBitrateIsConstant) {
  const auto packets = encode_all(*make_opus_encoder({}, "cbr=1"), melody(50));
  for (const auto& packet : packets) EXPECT_EQ(packet.size(), packets.front().size());
}

TEST(Opus, KeepsToThePeersPlaybackRate) {
  const Pcm high = sine(rate, 10'000, 1);
  const auto decoder = make_opus_decoder();
  Pcm heard;
  for (const auto& packet : encode_all(*make_opus_encoder({}, "maxplaybackrate=8000"), high)) {
    Pcm out(5760);
    ASSERT_EQ(decoder->decode(packet, out), frame);
    heard.insert(heard.end(), out.begin(), out.begin() + frame);
  }
  EXPECT_LT(tone_amplitude(heard, rate, 10'000), 200);
}

TEST(Opus, RefusesPacketsLongerThanTheOutput) {
  EncoderSettings settings;
  settings.ptime = std::chrono::milliseconds(120);
  const auto encoder = make_opus_encoder(settings, "");
  ASSERT_EQ(encoder->samples_per_frame(), 5760u);
  std::vector<uint8_t> packet(1500);
  const auto size = encoder->encode(sine(rate, 440, 0.12), packet);
  ASSERT_TRUE(size);
  Pcm small(frame);
  EXPECT_EQ(make_opus_decoder()->decode(std::span(packet).first(*size), small), frame);
}

TEST(OpusParams, ParsesWhatRfc7587Names) {
  const OpusParams params = parse_opus_fmtp(
      "maxplaybackrate=16000; sprop-maxcapturerate=16000; maxaveragebitrate=20000;stereo=1; "
      "useinbandfec=1 ;usedtx=1;cbr=1;minptime=10");
  EXPECT_EQ(params.max_playback_rate, 16'000u);
  EXPECT_EQ(params.max_average_bitrate, 20'000u);
  EXPECT_TRUE(params.stereo && params.use_inband_fec && params.use_dtx && params.cbr);
}

TEST(OpusParams, IgnoresWhatMakesNoSense) {
  const OpusParams params = parse_opus_fmtp(
      "maxplaybackrate=7;maxaveragebitrate=99999999999999;stereo=2;useinbandfec=yes;usedtx=;"
      ";;=;=1;cbr;cbr=-1");
  EXPECT_EQ(print_opus_fmtp(params), "");
  EXPECT_EQ(print_opus_fmtp(parse_opus_fmtp(std::string(5000, ';') + "stereo=1")), "");
}

TEST(OpusParams, PrintsWhatItParses) {
  const std::string text =
      "maxplaybackrate=8000;maxaveragebitrate=20000;stereo=1;cbr=1;useinbandfec=1;usedtx=1";
  EXPECT_EQ(print_opus_fmtp(parse_opus_fmtp(text)), text);
  EXPECT_EQ(opus_info().default_fmtp, "useinbandfec=1");
}

}  // namespace
}  // namespace commd::codec
