// What is read of SDP, what is bounded, and what is refused.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "daemon/sip/sdp.h"

namespace commd::sip {
namespace {

using model::Direction;
using model::StreamDescription;

const std::string kSession =
    "v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n";

ParsedSdp read(const std::string& rest, const std::string& session = kSession) {
  auto parsed = parse_sdp(session + rest);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *parsed : ParsedSdp();
}

// The only stream of a description with these attributes.
StreamDescription audio(const std::string& attributes) {
  const ParsedSdp parsed = read("m=audio 30000 RTP/AVP 0 96 101\r\n" + attributes);
  return parsed.description.streams.size() == 1 ? parsed.description.streams[0]
                                                : StreamDescription();
}

std::string refusal(const std::string& rest, const std::string& session = kSession) {
  const auto parsed = parse_sdp(session + rest);
  if (parsed) return {};
  EXPECT_EQ(parsed.error().reason, "BAD_SDP");
  return parsed.error().message;
}

TEST(SdpReader, ReadsAnOrdinaryOffer) {
  const ParsedSdp parsed = read(
      "m=audio 30000 RTP/SAVPF 96 0 101\r\na=rtpmap:96 opus/48000/2\r\n"
      "a=fmtp:96 minptime=10; useinbandfec=1;stereo\r\na=rtcp-fb:* nack\r\na=rtcp-fb:96 nack "
      "pli\r\n"
      "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=mid:a0\r\na=ptime:20\r\n"
      "a=maxptime:60\r\na=sendonly\r\na=rtcp-mux\r\na=extmap:1/recvonly urn:x\r\n"
      "a=ssrc:7 cname:me\r\na=ssrc:7 msid:x\r\n");
  EXPECT_EQ(parsed.origin.session_id, "1");
  EXPECT_EQ(parsed.origin.version, 2u);
  ASSERT_EQ(parsed.description.streams.size(), 1u);
  const StreamDescription& stream = parsed.description.streams[0];
  EXPECT_EQ(stream.transport.rtp, (model::TransportAddress{"192.0.2.9", 30000}));
  EXPECT_TRUE(stream.secure_profile && stream.feedback_profile && stream.transport.rtcp_mux);
  ASSERT_EQ(stream.formats.size(), 3u);
  EXPECT_EQ(stream.formats[0].name, "opus");
  EXPECT_EQ(stream.formats[0].channels, 2);
  const std::vector<std::pair<std::string, std::string>> parameters = {
      {"minptime", "10"}, {"useinbandfec", "1"}, {"stereo", ""}};
  EXPECT_EQ(stream.formats[0].parameters, parameters);
  EXPECT_EQ(stream.formats[0].feedback, (std::vector<std::string>{"nack", "nack pli"}));
  EXPECT_EQ(stream.formats[1].name, "PCMU");  // RFC 3551, without rtpmap
  EXPECT_EQ(stream.formats[2].parameters[0].first, "0-15");
  EXPECT_EQ(stream.mid, "a0");
  EXPECT_EQ(stream.ptime_ms, 20u);
  EXPECT_EQ(stream.maxptime_ms, 60u);
  EXPECT_EQ(stream.direction, Direction::send_only);
  ASSERT_EQ(stream.extensions.size(), 1u);
  EXPECT_EQ(stream.extensions[0].direction, Direction::recv_only);
  ASSERT_EQ(stream.sources.size(), 1u);
  EXPECT_EQ(stream.sources[0].cname, "me");
}

TEST(SdpReader, TakesTheLineEndsThatPeersUse) {
  for (const char* end : {"\r\n", "\n", "\r"}) {
    std::string text;
    for (const char* line : {"v=0", "c=IN IP4 192.0.2.9", "m=audio 30000 RTP/AVP 0", "a=recvonly"})
      text += line + std::string(end);
    const auto parsed = parse_sdp(text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->description.streams[0].direction, Direction::recv_only);
  }
}

TEST(SdpReader, SkipsWhatItDoesNotKnow) {
  const StreamDescription stream = audio(
      "i=a title\r\nb=AS:64\r\na=sqn:0\r\na=rtpmap:96\r\na=rtpmap:x y\r\na=rtpmap:96 opus/0\r\n"
      "a=candidate:1 1 UDP 2130706431 192.0.2.9 30000 typ host\r\na=fmtp:55 x=y\r\na=\r\n"
      "a=ssrc:x cname:y\r\na=extmap:0 urn:x\r\na=x-unheard-of:\xff\xfe\r\n");
  ASSERT_EQ(stream.formats.size(), 1u);  // those without a name are none
  EXPECT_EQ(stream.formats[0].payload_type, 0);
  EXPECT_TRUE(stream.sources.empty() && stream.extensions.empty());
}

TEST(SdpReader, SessionAttributesHoldForStreamsWithoutTheirOwn) {
  const ParsedSdp parsed = read(
      "a=inactive\r\na=setup:active\r\na=fingerprint:SHA-256 AB:0c\r\na=ptime:40\r\n"
      "m=audio 30000 RTP/AVP 0\r\nm=audio 30002 RTP/AVP 0\r\na=inactive\r\na=sendrecv\r\n"
      "a=setup:passive\r\n");
  const auto& streams = parsed.description.streams;
  ASSERT_EQ(streams.size(), 2u);
  EXPECT_EQ(streams[0].direction, Direction::inactive);
  EXPECT_EQ(streams[0].ptime_ms, 0u);  // not one of those
  ASSERT_TRUE(streams[0].transport.dtls && streams[1].transport.dtls);
  EXPECT_EQ(streams[0].transport.dtls->hash, "sha-256");
  EXPECT_EQ(streams[0].transport.dtls->fingerprint, (std::vector<uint8_t>{0xab, 0x0c}));
  EXPECT_EQ(streams[0].transport.dtls->setup, model::DtlsParameters::Setup::active);
  EXPECT_EQ(streams[1].transport.dtls->setup, model::DtlsParameters::Setup::passive);
}

TEST(SdpReader, KeepsStreamsInTheirPlaces) {
  const ParsedSdp parsed = read(
      "m=image 5004 udptl t38\r\na=T38FaxVersion:0\r\nm=audio 0 RTP/AVP 0\r\na=mid:gone\r\n"
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nm=audio 30000 RTP/AVP 0\r\n"
      "m=audio 30002 RTP/WHAT 0\r\nm=audio 0 RTP/SAVP 0\r\na=crypto:nonsense\r\n"
      "m=audio 30004 RTP/AVP 96\r\na=mid:nameless\r\n");
  const auto& streams = parsed.description.streams;
  ASSERT_EQ(streams.size(), 7u);
  for (const size_t i : {0u, 1u, 2u, 4u, 5u, 6u}) EXPECT_TRUE(streams[i].rejected) << i;
  EXPECT_EQ(streams[6].mid, "nameless");
  EXPECT_FALSE(streams[3].rejected);
  EXPECT_EQ(streams[1].mid, "gone");
  ASSERT_EQ(parsed.lines.size(), 7u);
  EXPECT_EQ(parsed.lines[0], (SdpMediaLine{"image", "udptl", "t38"}));
  EXPECT_EQ(parsed.lines[2], (SdpMediaLine{"application", "UDP/DTLS/SCTP", "webrtc-datachannel"}));
}

TEST(SdpReader, TakesTheOldWayToHold) {
  const ParsedSdp old = read("m=audio 30000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n");
  EXPECT_EQ(old.description.streams[0].direction, Direction::send_only);
  EXPECT_TRUE(model::is_hold(old.description));
  const ParsedSdp six = read("m=audio 30000 RTP/AVP 0\r\nc=IN IP6 ::\r\na=recvonly\r\n");
  EXPECT_EQ(six.description.streams[0].direction, Direction::inactive);
}

// RFC 3605 and RFC 5761.
TEST(SdpReader, ReadsWhereRtcpGoes) {
  EXPECT_EQ(audio("a=rtcp:53020\r\n").transport.rtcp,
            (model::TransportAddress{"192.0.2.9", 53020}));
  EXPECT_EQ(audio("a=rtcp:53020 IN IP4 192.0.2.10\r\n").transport.rtcp,
            (model::TransportAddress{"192.0.2.10", 53020}));
  // The next port goes without saying; no port is no address.
  for (const char* nothing :
       {"a=rtcp:30001\r\n", "a=rtcp:80\r\n", "a=rtcp:70000\r\n", "a=rtcp:\r\n"})
    EXPECT_FALSE(audio(nothing).transport.rtcp) << nothing;
  EXPECT_NE(refusal("m=audio 30000 RTP/AVP 0\r\na=rtcp:53020 IN IP4 224.0.0.1\r\n"), "");
}

// RFC 4568.
TEST(SdpReader, ReadsKeys) {
  const StreamDescription stream = audio(
      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc|2^20|1:4 UNENCRYPTED_SRTP KDR=1\r\n"
      "a=crypto:2 AEAD_AES_256_GCM inline:def\r\n");
  ASSERT_EQ(stream.transport.sdes.size(), 2u);
  EXPECT_EQ(stream.transport.sdes[0].key_params.reveal(), "inline:abc|2^20|1:4");
  EXPECT_EQ(stream.transport.sdes[0].session_params, "UNENCRYPTED_SRTP KDR=1");
  EXPECT_EQ(stream.transport.sdes[1].tag, 2u);
}

// A key that cannot be read must not leave a stream in the clear.
TEST(SdpReader, RefusesKeysItCannotRead) {
  for (const char* wrong :
       {"a=crypto:\r\n", "a=crypto:1\r\n", "a=crypto:1 AES\r\n", "a=crypto:x AES inline:a\r\n",
        "a=crypto:1000000000 AES inline:a\r\n", "a=fingerprint:sha-256\r\n",
        "a=fingerprint:sha-256 A\r\n", "a=fingerprint:sha-256 AB:\r\n",
        "a=fingerprint:sha-256 AG\r\n", "a=setup:never\r\n"})
    EXPECT_NE(refusal("m=audio 30000 RTP/AVP 0\r\n" + std::string(wrong)), "") << wrong;
  const std::string longest(600, 'k');
  EXPECT_NE(refusal("m=audio 30000 RTP/SAVP 0\r\na=crypto:1 AES inline:" + longest + "\r\n"), "");
}

TEST(SdpReader, RefusesPortsAndAddressesThatAreNotForMedia) {
  for (const char* port : {"1", "53", "1023"})
    EXPECT_NE(refusal("m=audio " + std::string(port) + " RTP/AVP 0\r\n"), "") << port;
  for (const char* port : {"-1", "65536", "x", "", "1e4", "99999999999999999999"})
    EXPECT_NE(refusal("m=audio " + std::string(port) + " RTP/AVP 0\r\n"), "") << port;
  for (const char* port : {"1024", "65535"})
    EXPECT_EQ(refusal("m=audio " + std::string(port) + " RTP/AVP 0\r\n"), "") << port;
  for (const char* where : {"IP4 224.2.1.1/127", "IP4 239.255.255.255", "IP4 255.255.255.255",
                            "IP4 240.0.0.1", "IP4 0.1.2.3", "IP6 ff02::1", "IP6 ::ffff:224.0.0.1",
                            "IP6 ::ffff:192.0.2.1", "IP6 ::224.0.0.1", "IP6 fe80::1%eth0",
                            "IP4 media.example.org", "IP4 127.1", "IP4", "IP4 192.0.2.256"})
    EXPECT_NE(refusal("m=audio 30000 RTP/AVP 0\r\nc=IN " + std::string(where) + "\r\n"), "")
        << where;
  EXPECT_NE(refusal("m=audio 30000 RTP/AVP 0\r\n", "v=0\r\n"), "");  // no c= at all
}

TEST(SdpReader, TakesPacketTimesThatCanBe) {
  for (const auto& [said, read] :
       {std::pair("10", 10u), std::pair("120", 120u), std::pair("9", 0u), std::pair("121", 0u),
        std::pair("0", 0u), std::pair("-20", 0u), std::pair("4294967316", 0u), std::pair("", 0u)})
    EXPECT_EQ(audio(std::string("a=ptime:") + said + "\r\n").ptime_ms, read) << said;
  for (const auto& [said, read] : {std::pair("10", 10u), std::pair("240", 120u), std::pair("9", 0u),
                                   std::pair("4294967316", 0u)})
    EXPECT_EQ(audio(std::string("a=maxptime:") + said + "\r\n").maxptime_ms, read) << said;
}

std::string repeated(const std::string& text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(SdpReader, CountsStreamsFormatsAndLines) {
  EXPECT_EQ(read(repeated("m=audio 30000 RTP/AVP 0\r\n", 32)).description.streams.size(), 32u);
  EXPECT_NE(refusal(repeated("m=audio 30000 RTP/AVP 0\r\n", 33)), "");
  std::string formats;
  for (int i = 0; i < 128; ++i) formats += " " + std::to_string(i);
  std::string maps;
  for (int i = 0; i < 128; ++i) maps += "a=rtpmap:" + std::to_string(i) + " X/8000\r\n";
  const auto many = read("m=audio 30000 RTP/AVP" + formats + "\r\n" + maps);
  EXPECT_EQ(many.description.streams[0].formats.size(), 64u);
  EXPECT_EQ(read("m=audio 30000 RTP/AVP 0 0 8 0\r\n").description.streams[0].formats.size(), 2u);
  for (const char* type : {"128", "-1", "x", "0x8", "1000000000000000000000"})
    EXPECT_NE(refusal("m=audio 30000 RTP/AVP " + std::string(type) + "\r\n"), "") << type;
  EXPECT_EQ(refusal("m=audio 30000 RTP/AVP 0\r\n" + repeated("a=x\r\n", 512)), "");
  EXPECT_NE(refusal("m=audio 30000 RTP/AVP 0\r\n" + repeated("a=x\r\n", 513)), "");
  EXPECT_NE(refusal(repeated("a=x\r\n", 20'000)), "");
}

TEST(SdpReader, BoundsWhatLinesMayRepeat) {
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += "a=ssrc:" + std::to_string(i) + " cname:c\r\na=crypto:1 AES inline:a\r\n" +
            "a=extmap:1 urn:x\r\na=rtcp-fb:0 nack\r\n";
  text += "a=fmtp:0 " + repeated("a=b;", 100) + "\r\n";
  const StreamDescription stream = audio(text);
  EXPECT_EQ(stream.sources.size(), 64u);
  EXPECT_EQ(stream.transport.sdes.size(), 64u);
  EXPECT_EQ(stream.extensions.size(), 64u);
  EXPECT_EQ(stream.formats[0].feedback.size(), 64u);
  EXPECT_EQ(stream.formats[0].parameters.size(), 64u);
}

TEST(SdpReader, RefusesWhatIsNoSdp) {
  EXPECT_NE(refusal("", std::string(64 * 1024 + 1, 'a')), "");
  EXPECT_NE(refusal(std::string("a=x\0y\r\n", 7)), "");
  EXPECT_NE(refusal("", ""), "");
  EXPECT_NE(refusal("", "v=1\r\n"), "");
  EXPECT_NE(refusal("nonsense\r\n"), "");
  EXPECT_NE(refusal("a\r\n"), "");
  EXPECT_NE(refusal("<?xml version='1.0'?>\r\n"), "");
}

// No text of 64 KiB takes more than a few milliseconds (SECURITY: 20 ms a message). The
// bound is wide enough for a sanitizer on a busy machine, and far below what squares are.
TEST(SdpReader, IsLinear) {
  const std::string streams =
      repeated("m=audio 30000 RTP/AVP 0\r\n" + repeated("a=x\r\n", 350), 32);
  for (const std::string& text :
       {kSession + repeated("a=inactive\r\n", 512) + streams,
        kSession + "m=audio 30000 RTP/AVP 0\r\n" + "a=fmtp:0 " + repeated(";", 60'000),
        kSession + "m=audio 30000 RTP/AVP" + repeated(" 0", 30'000),
        kSession + "m=audio 30000 RTP/AVP 0\r\n" + repeated("a=rtcp-fb:* nack\r\n", 500),
        kSession + "a=group:BUNDLE" + repeated(" x", 30'000), repeated("\r\n", 32'000)}) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 10; ++i) static_cast<void>(parse_sdp(text));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  }
}

}  // namespace
}  // namespace commd::sip
