// SDP and Jingle are two spellings of one description: what goes from the one into the other and
// back is what it was.
#include <gmock/gmock.h>

#include "daemon/sip/sdp.h"
#include "daemon/xmpp/jingle_rtp.h"
#include "tests/unit/xmpp/random_description.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd {
namespace {

using model::SessionDescription;

SessionDescription by_sdp(const SessionDescription& description) {
  const auto parsed = sip::parse_sdp(sip::write_sdp(description, {"1", 1}, "192.0.2.1"));
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  return parsed ? parsed->description : SessionDescription{};
}

SessionDescription by_jingle(const SessionDescription& description) {
  using namespace xmpp;
  const Stanza iq = make_jingle(*Jid::parse("b@x.test/p"), JingleAction::session_initiate, "s");
  write_rtp(description, iq, JingleParty::initiator);
  const Stanza again = xmpp::test::stanza_of(iq.to_text().insert(3, " from='a@x.test/c'"));
  const auto jingle = read_jingle(again);
  auto read = jingle ? read_rtp(*jingle, JingleParty::initiator)
                     : base::Result<SessionDescription>(base::fail(base::Error{}));
  EXPECT_TRUE(read) << (read ? "" : read.error().message);
  return read ? *read : SessionDescription{};
}

// The default address of a transport with ICE is made of its candidates by Jingle: without any there
// is none.
SessionDescription without_candidates(SessionDescription description) {
  for (model::StreamDescription& stream : description.streams)
    if (stream.transport.ice) {
      stream.transport.ice->candidates.clear();
      stream.transport.ice->end_of_candidates = false;
      stream.transport.ice->trickle = true;
      stream.transport.rtp = stream.transport.rtcp = {};
    }
  return description;
}

const std::vector<std::string> corpus = {
    // A telephone.
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 0 8 9 18 101\r\na=mid:0\r\na=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
    // One with keys in the signalling.
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 40000 RTP/SAVP 0\r\na=mid:a\r\na=rtcp:40010\r\n"
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:32 "
    "KDR=1 UNENCRYPTED_SRTCP\r\na=crypto:2 AES_256_CM_HMAC_SHA1_80 inline:abc\r\na=sendonly\r\n",
    // Opportunism, with ZRTP.
    "v=0\r\no=- 1 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 96\r\na=mid:a\r\na=rtpmap:96 opus/48000/2\r\n"
    "a=fmtp:96 minptime=10;useinbandfec=1\r\na=maxptime:60\r\n"
    "a=fingerprint:sha-256 A2:A8:85:B5\r\na=setup:actpass\r\n"
    "a=zrtp-hash:1.10 badfbe66ff87\r\na=recvonly\r\n",
    // A browser.
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\na=group:BUNDLE audio video\r\n"
    "m=audio 40000 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 192.0.2.9\r\na=mid:audio\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=rtcp-mux\r\n"
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=extmap:2/recvonly urn:b\r\n"
    "a=ice-ufrag:8hhy\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\na=ice-options:trickle\r\n"
    "a=fingerprint:sha-256 A2:A8:85:B5\r\na=setup:actpass\r\na=ssrc:12 cname:Yv/w\r\n"
    "m=video 40002 UDP/TLS/RTP/SAVPF 98\r\nc=IN IP4 192.0.2.9\r\na=mid:video\r\n"
    "a=rtpmap:98 VP8/90000\r\na=rtcp-fb:98 nack pli\r\na=rtcp-fb:98 ccm fir\r\n"
    "a=rtcp-fb:98 trr-int 100\r\na=rtcp-mux\r\na=inactive\r\n"
    "a=ice-ufrag:8hhy\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\na=ice-options:trickle\r\n"
    "a=fingerprint:sha-256 A2:A8:85:B5\r\na=setup:actpass\r\n",
};

TEST(Spelling, WhatSdpSaysJingleSaysToo) {
  for (const std::string& text : corpus) {
    const auto parsed = sip::parse_sdp(text);
    ASSERT_TRUE(parsed) << parsed.error().message << text;
    const SessionDescription expected = without_candidates(parsed->description);
    const SessionDescription jingle = by_jingle(parsed->description);
    EXPECT_EQ(jingle, expected) << text;
  }
}

// Of a description that has an address, whatever else is in it.
TEST(Spelling, WhatJingleSaysSdpSaysToo) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    SessionDescription made = xmpp::test::RandomDescription(seed).make();
    for (model::StreamDescription& stream : made.streams)
      if (stream.transport.ice) {
        stream.transport.ice->ufrag = "8hhy";
        stream.transport.ice->password = base::Secret("asd88fgpdd777uzjYhagZg");
        stream.transport.ice->candidates = {{"1", 1, {}, 7, {"192.0.2.7", 4000}, {}, {}}};
        stream.transport.ice->end_of_candidates = false;
      }
    const SessionDescription read = by_jingle(made);
    const SessionDescription sdp = by_sdp(read);
    ASSERT_EQ(sdp, read) << "seed " << seed << "\n" << sip::write_sdp(read, {"1", 1}, "192.0.2.1");
    ASSERT_EQ(by_jingle(sdp), read) << "seed " << seed;
  }
}

}  // namespace
}  // namespace commd
