// What is written as SDP, and that it reads as what it was written from.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "daemon/sip/sdp.h"

namespace commd::sip {
namespace {

using model::Direction;
using model::SessionDescription;
using model::StreamDescription;

const SdpOrigin kOrigin{"42", 7};

StreamDescription audio() {
  StreamDescription stream;
  stream.mid = "a";
  stream.direction = Direction::recv_only;
  stream.transport.rtp = {"192.0.2.1", 20000};
  stream.formats = {{111, "opus", 48000, 2, {{"minptime", "10"}, {"stereo", ""}}, {"nack pli"}},
                    {0, "PCMU", 8000, 1, {}, {}},
                    {101, "telephone-event", 8000, 1, {{"0-15", ""}}, {}}};
  stream.ptime_ms = 20;
  stream.maxptime_ms = 60;
  return stream;
}

// Everything that SDP can carry.
SessionDescription everything() {
  StreamDescription full = audio();
  full.secure_profile = full.feedback_profile = true;
  full.transport.rtp = {"2001:db8::1", 20000};
  full.transport.rtcp = {"2001:db8::2", 20005};
  full.transport.rtcp_mux = true;
  full.transport.sdes = {{1, "AES_CM_128_HMAC_SHA1_80", base::Secret("inline:k|2^20"), "KDR=1"},
                         {2, "AEAD_AES_256_GCM", base::Secret("inline:l"), ""}};
  full.transport.dtls =
      model::DtlsParameters{"sha-256", {0x00, 0xff, 0x0a}, model::DtlsParameters::Setup::passive};
  full.transport.ice = model::IceParameters{};
  full.transport.ice->ufrag = "ufrag";
  full.transport.ice->password = base::Secret("a+password/of22letters");
  full.transport.ice->trickle = true;
  full.transport.zrtp_hash = "1.10 fe30";
  full.extensions = {{1, "urn:x", Direction::send_recv}, {2, "urn:y", Direction::inactive}};
  full.sources = {{7, "name@host"}, {8, ""}};
  StreamDescription video = audio();
  video.kind = model::MediaKind::video;
  video.mid = "v";
  video.formats = {{96, "VP8", 90000, 1, {}, {"ccm fir"}}};
  return {{full, video}, {{"a", "v"}}};
}

TEST(SdpWriter, WritesWhatPeersExpect) {
  EXPECT_EQ(write_sdp({{audio()}, {}}, kOrigin, "192.0.2.1"),
            "v=0\r\no=- 42 7 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
            "m=audio 20000 RTP/AVP 111 0 101\r\na=rtpmap:111 opus/48000/2\r\n"
            "a=fmtp:111 minptime=10;stereo\r\na=rtcp-fb:111 nack pli\r\na=rtpmap:0 PCMU/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=mid:a\r\na=ptime:20\r\n"
            "a=maxptime:60\r\na=recvonly\r\n");
}

TEST(SdpWriter, IsReadAsWhatItWasWrittenFrom) {
  for (const SessionDescription& description :
       {SessionDescription{}, SessionDescription{{audio()}, {}}, everything()}) {
    const auto again = parse_sdp(write_sdp(description, kOrigin, "192.0.2.1"));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->description, description);
    EXPECT_EQ(again->origin.session_id, "42");
    EXPECT_EQ(again->origin.version, 7u);
  }
}

// RFC 3264 section 6: a refusal has the media type, and its place.
TEST(SdpWriter, RefusesStreamsInTheirOwnWords) {
  const std::string offer =
      "v=0\r\nc=IN IP4 192.0.2.9\r\nm=image 5004 udptl t38\r\na=mid:fax\r\n"
      "m=audio 30000 RTP/AVP 0\r\nm=video 30002 RTP/SAVPF 96 97\r\na=rtpmap:96 VP8/90000\r\n";
  const auto parsed = parse_sdp(offer);
  ASSERT_TRUE(parsed);
  SessionDescription answer = parsed->description;
  answer.streams[1] = audio();
  answer.streams[2].rejected = true;
  const std::string text = write_sdp(answer, kOrigin, "192.0.2.1", parsed->lines);
  const size_t image = text.find("m=image 0 udptl t38\r\na=mid:fax\r\n");
  const size_t speech = text.find("m=audio 20000 RTP/AVP 111 0 101\r\n");
  const size_t video = text.find("m=video 0 RTP/SAVPF 96 97\r\n");
  EXPECT_LT(image, speech);
  EXPECT_LT(speech, video);
  EXPECT_LT(video, text.size());
  // A stream that we removed ourselves has no line of the peer's.
  StreamDescription gone;
  gone.rejected = true;
  EXPECT_NE(write_sdp({{gone}, {}}, kOrigin, "192.0.2.1").find("m=audio 0 RTP/AVP 0\r\n"),
            std::string::npos);
}

// Each value gets the line break; no line may come of it.
TEST(SdpWriter, NoValueBecomesALine) {
  std::string evil = "x\r\na=evil:1\nm=audio 6666 RTP/AVP 0\rc=IN IP4 1.2.3.4";
  evil += '\0';
  SessionDescription bad = everything();
  StreamDescription& stream = bad.streams[0];
  stream.mid = stream.transport.zrtp_hash = evil;
  for (auto& format : stream.formats) {
    format.name = evil;
    format.parameters = {{evil, evil}};
    format.feedback = {evil};
  }
  stream.transport.sdes[0] = {1, evil, base::Secret(evil), evil};
  stream.transport.dtls->hash = evil;
  stream.transport.ice->ufrag = evil;
  stream.transport.ice->password = base::Secret(evil);
  stream.extensions[0].uri = stream.sources[0].cname = evil;
  bad.streams[1].rejected = true;
  bad.streams[1].mid = evil;
  bad.bundles = {{evil, evil}};
  const std::vector<SdpMediaLine> lines(2, {evil, evil, evil});
  const std::string good = write_sdp(everything(), kOrigin, "192.0.2.1");
  const std::string text = write_sdp(bad, kOrigin, "192.0.2.1", lines);
  EXPECT_EQ(text.find('\0'), std::string::npos);
  for (size_t at = 0; (at = text.find_first_of("\r\n", at)) != std::string::npos; at += 2)
    ASSERT_EQ(text.substr(at, 2), "\r\n") << text;
  EXPECT_EQ(text.find("\r\na=evil"), std::string::npos);
  EXPECT_EQ(text.find("\r\nm=audio 6666"), std::string::npos);
  EXPECT_EQ(text.find("\r\nc=IN IP4 1.2.3.4"), std::string::npos);
}

}  // namespace
}  // namespace commd::sip
