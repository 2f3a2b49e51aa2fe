// By which names an offer is made, one after another, and which answers keep what was demanded.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/sip/offer_profile.h"

namespace commd::sip {
namespace {

using model::SessionDescription;
using model::StreamDescription;

enum Keys { none = 0, sdes = 1, dtls = 2, both = 3, zrtp = 4 };

StreamDescription stream(Keys keys) {
  StreamDescription out;
  out.transport.rtp = {"192.0.2.1", 20000};
  out.formats = {{0, "PCMU", 8000, 1, {}, {}}};
  if (keys & sdes)
    out.transport.sdes = {{1, "AES_CM_128_HMAC_SHA1_80", base::Secret("inline:k"), ""}};
  if (keys & dtls) out.transport.dtls = model::DtlsParameters{"sha-256", {1, 2}, {}};
  if (keys & zrtp) out.transport.zrtp_hash = "1.10 fe30";
  return out;
}

SessionDescription offer(Keys keys, bool secure = false) {
  SessionDescription out{{stream(keys)}, {}};
  out.streams[0].secure_profile = secure;
  return out;
}

// The m= line's protocol of each offer that is made.
std::vector<std::string> names(const SessionDescription& offer) {
  std::vector<std::string> all;
  OfferProfile profile(offer);
  do {
    const std::string text = write_sdp(offer, {"1", 1}, "192.0.2.1", profile.lines());
    const size_t begin = text.find("m=audio 20000 ") + 14;
    all.push_back(text.substr(begin, text.find(' ', begin) - begin));
    const auto read = parse_sdp(text);
    EXPECT_EQ(read->description.streams[0].transport, offer.streams[0].transport);
  } while (profile.next());
  EXPECT_FALSE(profile.next());
  return all;
}

TEST(OfferProfile, GoesFromWhatMayBeToWhatMustBeProtected) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(offer(none)), Names{"RTP/AVP"});
  EXPECT_EQ(names(offer(sdes)), (Names{"RTP/AVP", "RTP/SAVP"}));
  EXPECT_EQ(names(offer(dtls)), (Names{"RTP/AVP", "UDP/TLS/RTP/SAVPF"}));
  EXPECT_EQ(names(offer(both)), (Names{"RTP/AVP", "RTP/SAVP", "UDP/TLS/RTP/SAVPF"}));
  EXPECT_EQ(names(offer(both, true)), (Names{"RTP/SAVP", "UDP/TLS/RTP/SAVPF"}));
  EXPECT_EQ(names(offer(dtls, true)), Names{"UDP/TLS/RTP/SAVPF"});
  EXPECT_EQ(names(offer(sdes, true)), Names{"RTP/SAVP"});
  SessionDescription feedback = offer(sdes);
  feedback.streams[0].feedback_profile = true;
  EXPECT_EQ(names(feedback), (Names{"RTP/AVPF", "RTP/SAVPF"}));
}

TEST(OfferProfile, EveryStreamHasTheKeysThatAreDemanded) {
  SessionDescription mixed = offer(both);
  mixed.streams.push_back(stream(dtls));
  OfferProfile profile(mixed);
  EXPECT_EQ(profile.lines().size(), 2u);
  ASSERT_TRUE(profile.next());
  EXPECT_EQ(profile.lines()[1].protocol, "UDP/TLS/RTP/SAVPF");
  mixed.streams.push_back(stream(none));
  EXPECT_FALSE(OfferProfile(mixed).next());
  EXPECT_FALSE(OfferProfile(SessionDescription{}).next());
}

TEST(OfferProfile, AnAnswerKeepsTheProtectionThatWasDemanded) {
  OfferProfile profile(offer(both));
  SessionDescription clear{{stream(none)}, {}};
  EXPECT_TRUE(profile.check_answer(clear));  // nothing was demanded
  EXPECT_FALSE(clear.streams[0].secure_profile);
  ASSERT_TRUE(profile.next());
  EXPECT_FALSE(profile.check_answer(clear));
  for (const Keys keys : {sdes, dtls, both, zrtp}) {
    SessionDescription keyed{{stream(keys)}, {}};
    EXPECT_TRUE(profile.check_answer(keyed));
    EXPECT_TRUE(keyed.streams[0].secure_profile);  // useless keys are no answer
  }
  clear.streams[0].rejected = true;
  EXPECT_TRUE(profile.check_answer(clear));
}

// RFC 3264 section 6.
TEST(OfferProfile, AnswersHaveTheNameOfTheirOffer) {
  const std::vector<SdpMediaLine> lines{{"audio", "RTP/SAVP", "0"}};
  const auto written = [&](const SessionDescription& description) {
    return write_sdp(description, {"1", 1}, "192.0.2.1", lines);
  };
  // By itself it would be UDP/TLS/RTP/SAVP.
  EXPECT_NE(written(offer(dtls, true)).find("m=audio 20000 RTP/SAVP 0"), std::string::npos);
  const std::string feedback =
      write_sdp(offer(zrtp, true), {"1", 1}, "192.0.2.1", {{"audio", "UDP/TLS/RTP/SAVPF", "0"}});
  EXPECT_NE(feedback.find("m=audio 20000 UDP/TLS/RTP/SAVPF 0"), std::string::npos);
  // Nothing is promised that is not there, and nothing demanded is given up.
  EXPECT_NE(written(offer(none)).find("m=audio 20000 RTP/AVP 0"), std::string::npos);
  const std::string kept =
      write_sdp(offer(sdes, true), {"1", 1}, "192.0.2.1", {{"audio", "RTP/AVP", "0"}});
  EXPECT_NE(kept.find("m=audio 20000 RTP/SAVP 0"), std::string::npos);
}

}  // namespace
}  // namespace commd::sip
