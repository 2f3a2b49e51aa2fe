// How a call in Jingle travels: keys, addresses, candidates; and what nobody may send of them.
#include "tests/unit/xmpp/jingle_rtp_fixture.h"

namespace commd::xmpp::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// ---- keys --------------------------------------------------------------------------------

TEST(JingleRtp, WhoDemandsEncryption) {
  const std::string crypto =
      "<crypto tag='1' crypto-suite='S' key-params='inline:k|2^20|1:32' session-params='KDR=1 X'/>";
  const std::string dtls =
      "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1'><fingerprint "
      "xmlns='urn:xmpp:jingle:apps:dtls:0' hash='sha-1' "
      "setup='active'>AB:cd</fingerprint></transport>";
  EXPECT_TRUE(
      stream_of(pcmu + "<encryption required='1'>" + crypto + "</encryption>").secure_profile);
  EXPECT_TRUE(stream_of(pcmu + "<encryption required='true'/>").secure_profile);
  EXPECT_FALSE(
      stream_of(pcmu + "<encryption required='0'>" + crypto + "</encryption>").secure_profile);
  EXPECT_FALSE(stream_of(pcmu).secure_profile);
  // As browsers do it.
  EXPECT_TRUE(stream_of(pcmu, dtls).secure_profile);
  const auto both = stream_of(pcmu + "<encryption>" + crypto + "</encryption>", dtls);
  EXPECT_FALSE(both.secure_profile);
  EXPECT_EQ(both.transport.sdes.at(0).session_params, "KDR=1 X");
  EXPECT_THAT(both.transport.dtls->fingerprint, ElementsAre(0xAB, 0xCD));
}

TEST(JingleRtp, TheHashOfZrtp) {
  const auto stream =
      stream_of(pcmu +
                "<encryption><zrtp-hash xmlns='urn:xmpp:jingle:apps:rtp:zrtp:1' version='1.10'>\n  "
                "badfbe66ff87\n</zrtp-hash></encryption>");
  EXPECT_EQ(stream.transport.zrtp_hash, "1.10 badfbe66ff87");
  EXPECT_FALSE(stream.secure_profile);
}

TEST(JingleRtp, KeysThatCannotBeReadRefuseTheDescription) {
  for (const char* crypto :
       {"tag='x' crypto-suite='S' key-params='inline:k'", "tag='1' key-params='inline:k'",
        "tag='1' crypto-suite='S'", "tag='1' crypto-suite='S S' key-params='inline:k'",
        "tag='1' crypto-suite='S' key-params='inline:k&#10;a=b'"})
    EXPECT_THAT(
        problem_of(rtp_content(pcmu + "<encryption><crypto " + crypto + "/></encryption>", ice)),
        HasSubstr("SDES"))
        << crypto;
  EXPECT_THAT(
      problem_of(rtp_content(pcmu + "<encryption><zrtp-hash "
                                    "xmlns='urn:xmpp:jingle:apps:rtp:zrtp:1' version='1.10'>a b"
                                    "</zrtp-hash></encryption>",
                             ice)),
      HasSubstr("ZRTP"));
  for (const char* fingerprint :
       {"hash='sha-256' setup='active'>", "hash='sha-256' setup='active'>A2:", "setup='active'>A2",
        "hash='sha-256' setup='active'>A2:A", "hash='sha-256' setup='active'>A2A3",
        "hash='sha-256' setup='active'>A2:G1", "hash='sha-256' setup='passively'>A2:A3",
        "hash='sha 256' setup='active'>A2:A3", "hash='sha-256' setup='active'>A2 :A3"})
    EXPECT_THAT(
        problem_of(rtp_content(pcmu,
                               "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1'>"
                               "<fingerprint xmlns='urn:xmpp:jingle:apps:dtls:0' " +
                                   std::string(fingerprint) + "</fingerprint></transport>")),
        HasSubstr("fingerprint"))
        << fingerprint;
}

// ---- addresses -----------------------------------------------------------------------------

TEST(JingleRtp, PlainUdp) {
  auto stream = stream_of(pcmu, raw("192.0.2.4", "13540"));
  EXPECT_FALSE(stream.transport.ice);
  EXPECT_EQ(stream.transport.rtp, (model::TransportAddress{"192.0.2.4", 13540}));
  EXPECT_FALSE(stream.transport.rtcp);
  const std::string two =
      "<transport xmlns='urn:xmpp:jingle:transports:raw-udp:1'><candidate component='2' "
      "ip='192.0.2.4'"
      " port='9877'/><candidate component='1' ip='192.0.2.4' port='9876'/></transport>";
  EXPECT_FALSE(stream_of(pcmu, two).transport.rtcp) << "the next port goes without saying";
}

TEST(JingleRtp, MediaGoesWhereItMay) {
  for (const auto& [ip, port] :
       std::vector<std::pair<std::string, std::string>>{{"224.0.0.1", "5000"},
                                                        {"255.255.255.255", "5000"},
                                                        {"0.0.0.0", "5000"},
                                                        {"host.test", "5000"},
                                                        {"ff02::1", "5000"},
                                                        {"::ffff:224.0.0.1", "5000"},
                                                        {"", "5000"},
                                                        {"192.0.2.1", "22"},
                                                        {"192.0.2.1", "0"},
                                                        {"192.0.2.1", "65536"},
                                                        {"192.0.2.1", ""}})
    EXPECT_THAT(problem_of(rtp_content(pcmu, raw(ip, port))), HasSubstr("is refused")) << ip;
  EXPECT_THAT(
      problem_of(rtp_content(pcmu, "<transport xmlns='urn:xmpp:jingle:transports:raw-udp:1'/>")),
      HasSubstr("without an address"));
}

TEST(JingleRtp, CandidatesThatCannotBeReachedAreLeftOut) {
  EXPECT_TRUE(candidates_of(candidate("224.0.0.1", "5000") + candidate("192.0.2.1", "80") +
                            candidate("a-b-c.local", "5000") + candidate("192.0.2.1", "") +
                            candidate("192.0.2.1", "5000", "protocol='sctp' type='host'") +
                            candidate("192.0.2.1", "5000", "protocol='udp' type='new'") +
                            candidate("192.0.2.1", "5000", "protocol='tcp' type='host'") +
                            candidate("192.0.2.1", "9", "protocol='udp' type='host'") +
                            "<candidate ip='192.0.2.1' port='5000'/>")
                  .empty());
  EXPECT_EQ(candidates_of(candidate("2001:db8::1", "5000")).size(), 1U);
}

TEST(JingleRtp, CandidatesOverTcp) {
  const auto read =
      candidates_of(candidate("192.0.2.1", "9", "protocol='tcp' type='host' tcptype='active'") +
                    candidate("192.0.2.1", "5000",
                              "protocol='tcp' type='srflx' tcptype='passive' "
                              "rel-addr='10.0.0.1' rel-port='9'") +
                    candidate("192.0.2.1", "5001", "protocol='tcp' type='host' tcptype='so'"));
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[0].transport, IceCandidate::Transport::tcp_active);
  EXPECT_EQ(read[1].transport, IceCandidate::Transport::tcp_passive);
  EXPECT_EQ(read[2].transport, IceCandidate::Transport::tcp_so);
}

TEST(JingleRtp, IceMayBeginWithNothing) {
  const auto stream = stream_of(pcmu, "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1'/>");
  ASSERT_TRUE(stream.transport.ice);
  EXPECT_TRUE(stream.transport.ice->ufrag.empty());
  EXPECT_FALSE(stream.transport.rtp);
  EXPECT_TRUE(stream_of(pcmu,
                        "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1'>"
                        "<gathering-complete/></transport>")
                  .transport.ice->end_of_candidates);
  for (const char* half : {"ufrag='a'", "pwd='a'", "ufrag='a b' pwd='a'"})
    EXPECT_THAT(
        problem_of(rtp_content(pcmu, "<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1' " +
                                         std::string(half) + "/>")),
        HasSubstr("credentials"));
}

}  // namespace
}  // namespace commd::xmpp::test
