#include "tests/bench/load/rtp_stream.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "media/codec/codec_registry.h"
#include "media/rtp/packet.h"

namespace commd::bench {
namespace {

constexpr auto profile = srtp::SrtpProfile::aes_cm_128_hmac_sha1_80;
constexpr size_t packets_a_second = 50;

std::vector<int16_t> voiced(uint32_t rate) {
  std::vector<int16_t> samples(rate);
  for (size_t i = 0; i < samples.size(); ++i) {
    const double turn = 2 * std::numbers::pi * static_cast<double>(i) / rate;
    double sum = 0;
    for (int harmonic = 1; harmonic <= 12; ++harmonic)
      sum += std::sin(turn * 150 * harmonic + harmonic) / harmonic;
    const double swell = 0.6 + 0.4 * std::sin(turn * 4);
    samples[i] = static_cast<int16_t>(std::lrint(6000 * swell * sum));
  }
  return samples;
}

}  // namespace

Speech::Speech(Codec codec) : codec_(codec) {
  const codec::CodecRegistry codecs = codec::CodecRegistry::direct();
  const codec::CodecInfo* info =
      codec == Codec::pcmu ? codecs.find("PCMU", 8000) : codecs.find("opus", 48000);
  codec::EncoderSettings settings;
  settings.fec = false;
  auto encoder = codecs.make_encoder(*info, settings, "");
  if (!encoder) throw std::runtime_error(encoder.error().message);
  const std::vector<int16_t> samples = voiced(info->sample_rate);
  const size_t frame = (*encoder)->samples_per_frame();
  std::array<uint8_t, rtp::max_packet_size> out{};
  for (size_t n = 0; n < packets_a_second; ++n) {
    const auto size =
        (*encoder)->encode(std::span<const int16_t>(samples).subspan(n * frame, frame), out);
    if (!size) throw std::runtime_error("the encoder has failed");
    packets_.emplace_back(out.begin(), out.begin() + static_cast<ptrdiff_t>(*size));
  }
}

Voice::Voice(const Speech& speech, const srtp::SrtpLibrary* library, uint32_t ssrc)
    : speech_(speech), ssrc_(ssrc) {
  if (library == nullptr) return;
  key_ = srtp::SrtpKey::random(profile);
  auto session = srtp::SrtpSession::create(*library, {*key_, srtp::max_key_lifetime},
                                           srtp::SrtpKey::random(profile));
  if (!session) throw std::runtime_error(session.error().message);
  srtp_ = std::move(*session);
}

std::string Voice::offer(uint16_t rtp_port) const {
  const std::string type = std::to_string(speech_.payload_type());
  std::string sdp =
      "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ";
  sdp += std::to_string(rtp_port) + (key_ ? " RTP/SAVP " : " RTP/AVP ") + type + "\r\n";
  sdp += "a=rtpmap:" + type + (speech_.codec() == Codec::pcmu ? " PCMU/8000" : " opus/48000/2");
  sdp += "\r\n";
  if (speech_.codec() == Codec::opus)
    sdp += "a=fmtp:" + type + " maxaveragebitrate=32000;stereo=0;sprop-stereo=0;useinbandfec=1\r\n";
  if (key_)
    sdp += "a=crypto:1 " + std::string(srtp::suite_name(profile)) +
           " inline:" + std::string(key_->base64().reveal()) + "\r\n";
  return sdp + "a=ptime:20\r\na=sendrecv\r\n";
}

std::span<const uint8_t> Voice::next() {
  const rtp::RtpHeader header{count_ == 0, speech_.payload_type(), static_cast<uint16_t>(count_),
                              static_cast<uint32_t>(count_) * speech_.ticks_per_packet(), ssrc_};
  size_t size = rtp::write_packet(packet_, header, {}, speech_.payload(count_));
  ++count_;
  if (srtp_) srtp_->protect(packet_, size);
  return std::span<const uint8_t>(packet_).first(size);
}

bool sounds(std::span<const uint8_t> packet, Codec codec, Protection protection) {
  const size_t tag = protection == Protection::sdes ? srtp::rtp_overhead(profile) : 0;
  const size_t around = rtp::rtp_fixed_header_size + tag;
  if (packet.size() <= around) return false;
  if (codec == Codec::opus) return packet.size() > around + 20;
  // Mu-law is inverted: 0xff and 0x7f are silence, the louder the smaller the low bits.
  // Encrypted codes look loud always; their silence is not noticed.
  const auto codes = packet.subspan(rtp::rtp_fixed_header_size, packet.size() - around);
  return std::ranges::any_of(codes, [](uint8_t code) { return (~code & 0x7f) > 0x30; });
}

}  // namespace commd::bench
