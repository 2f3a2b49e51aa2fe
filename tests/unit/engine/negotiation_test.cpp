#include "media/engine/negotiation.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/engine/descriptions.h"

namespace commd::engine {
namespace {

using model::Direction;
using model::Encryption;
using model::SessionDescription;
using srtp::SrtpProfile;

constexpr auto sha1_80 = SrtpProfile::aes_cm_128_hmac_sha1_80;
constexpr auto gcm = SrtpProfile::aead_aes_128_gcm;

std::vector<int> types(const model::StreamDescription& stream) {
  std::vector<int> result;
  for (const auto& format : stream.formats) result.push_back(format.payload_type);
  return result;
}

std::string refusal(const SessionDescription& offer, NegotiationPolicy rules = policy()) {
  Negotiator negotiator(std::move(rules));
  const auto acceptable = negotiator.acceptable(offer);
  const auto answer = negotiator.answer(offer, Direction::send_recv, local_transport());
  EXPECT_EQ(acceptable.has_value(), answer.has_value()) << "acceptable() says what answer() does";
  if (answer) return "";
  EXPECT_FALSE(answer.error().message.empty());
  return answer.error().reason;
}

TEST(Offer, ListsCodecsThenEventsForEachClock) {
  Negotiator negotiator(policy());
  const auto offer = negotiator.offer(Direction::send_recv, local_transport());
  ASSERT_TRUE(offer);
  ASSERT_EQ(offer->streams.size(), 1U);
  const auto& audio = offer->streams[0];
  std::vector<std::string> names;
  for (const auto& format : audio.formats)
    names.push_back(format.name + "/" + std::to_string(format.clock_rate));
  EXPECT_EQ(names, (std::vector<std::string>{"opus/48000", "G722/8000", "PCMU/8000", "PCMA/8000",
                                             "telephone-event/8000", "telephone-event/48000"}));
  EXPECT_EQ(types(audio), (std::vector<int>{96, 9, 0, 8, 101, 97}));
  EXPECT_TRUE(audio.transport.rtcp_mux);
  EXPECT_EQ(audio.transport.rtp.port, 20000);
  EXPECT_TRUE(audio.transport.sdes.empty());
  EXPECT_FALSE(audio.secure_profile);
}

TEST(Offer, WithoutCodecsIsRefused) {
  NegotiationPolicy rules = policy();
  rules.codecs.clear();
  Negotiator negotiator(rules);
  EXPECT_EQ(negotiator.offer(Direction::send_recv, local_transport()).error().reason,
            "CODEC_UNAVAILABLE");
}

TEST(Answer, TakesTheOfferersPayloadTypesAndOrder) {
  Negotiator negotiator(policy());
  const auto offer = describe(
      {audio({format(8, "pcma"), format(120, "OPUS", 48000, 2),
              format(105, "telephone-event", 48000), format(104, "telephone-event", 8000)})});
  const auto answer = must_answer(negotiator, offer);
  EXPECT_EQ(types(answer.description.streams[0]), (std::vector<int>{8, 120, 105, 104}));
  EXPECT_EQ(answer.plan.send.format.payload_type, 8);
  EXPECT_EQ(answer.plan.receive.size(), 2U);
  ASSERT_TRUE(answer.plan.send_events);
  EXPECT_EQ(answer.plan.send_events->payload_type, 104) << "the clock of PCMA";
  EXPECT_EQ(answer.plan.receive_events.size(), 2U);
}

TEST(Answer, AnnouncesOurOwnParameters) {
  Negotiator negotiator(policy());
  const auto offer =
      describe({audio({format(111, "opus", 48000, 2, {{"maxaveragebitrate", "16000"}})})});
  const auto answer = must_answer(negotiator, offer);
  EXPECT_EQ(answer.description.streams[0].formats[0].parameters,
            (std::vector<std::pair<std::string, std::string>>{{"useinbandfec", "1"}}));
  EXPECT_EQ(answer.plan.send.format.parameters[0].second, "16000")
      << "the encoder obeys what the peer wants to receive";
}

struct CodecCase {
  const char* what;
  model::PayloadFormat offered;
  bool taken;
};

TEST(Answer, MatchesCodecsByNameClockChannelsAndParameters) {
  CodecCapability amr = codec("AMR", 8000);
  amr.parameters = {{"octet-align", "1"}};
  NegotiationPolicy rules = policy();
  rules.codecs.push_back(amr);
  const std::vector<CodecCase> cases = {
      {"the same", format(0, "PCMU"), true},
      {"another case", format(0, "pcmu"), true},
      {"dynamic type of a static codec", format(99, "PCMU"), true},
      {"another clock", format(99, "PCMU", 16000), false},
      {"another number of channels", format(99, "PCMU", 8000, 2), false},
      {"opus must say two", format(99, "opus", 48000, 1), false},
      {"unknown", format(18, "G729"), false},
      {"no name", format(0, ""), false},
      {"digits alone", format(101, "telephone-event"), false},
      {"equal wire format", format(99, "AMR", 8000, 1, {{"octet-align", "1"}}), true},
      {"another wire format", format(99, "AMR"), false},
      {"a parameter of no matter", format(99, "opus", 48000, 2, {{"stereo", "1"}}), true},
      {"payload type of RTCP is fine on its own port", format(72, "PCMU"), true},
      {"payload type out of range", format(128, "PCMU"), false},
  };
  for (const CodecCase& test : cases)
    EXPECT_EQ(refusal(describe({audio({test.offered})}), rules).empty(), test.taken) << test.what;
}

TEST(Answer, PayloadTypesThatLookLikeRtcpAreNotSharedWithIt) {
  auto stream = audio({format(72, "PCMU"), format(8, "PCMA")});
  stream.transport.rtcp_mux = true;
  Negotiator negotiator(policy());
  EXPECT_EQ(types(must_answer(negotiator, describe({stream})).description.streams[0]),
            std::vector<int>{8});
}

struct AddressCase {
  const char* ip;
  uint16_t port;
  bool taken;
};

TEST(Answer, SendsOnlyToAHostThatMayBeSentTo) {
  const std::vector<AddressCase> cases = {
      {"192.0.2.9", 30000, true},        {"192.0.2.9", 1024, true},
      {"192.0.2.9", 65535, true},        {"192.0.2.9", 1023, false},
      {"192.0.2.9", 0, false},           {"192.0.2.9", 53, false},
      {"224.0.0.1", 30000, false},       {"239.1.2.3", 30000, false},
      {"255.255.255.255", 30000, false}, {"240.0.0.1", 30000, false},
      {"0.0.0.0", 30000, false},         {"0.1.2.3", 30000, false},
      {"127.0.0.1", 30000, false},       {"127.9.9.9", 30000, false},
      {"10.0.0.1", 30000, true},         {"2001:db8::1", 30000, false},
      {"ff02::1", 30000, false},         {"::", 30000, false},
      {"host.example", 30000, false},    {"", 30000, false},
      {"192.0.2.9 ", 30000, false},
  };
  for (const AddressCase& test : cases) {
    auto offer = basic_offer();
    offer.streams[0].transport.rtp = {test.ip, test.port};
    EXPECT_EQ(refusal(offer).empty(), test.taken) << test.ip << ":" << test.port;
  }
}

TEST(Answer, Ipv6PeersReachIpv6Hosts) {
  NegotiationPolicy rules = policy();
  rules.local_ip = "2001:db8::5";
  const std::vector<AddressCase> cases = {
      {"2001:db8::1", 30000, true},       {"ff02::1", 30000, false}, {"::", 30000, false},
      {"::ffff:192.0.2.9", 30000, false}, {"::1", 30000, false},     {"192.0.2.9", 30000, false},
  };
  for (const AddressCase& test : cases) {
    auto offer = basic_offer();
    offer.streams[0].transport.rtp = {test.ip, test.port};
    EXPECT_EQ(refusal(offer, rules).empty(), test.taken) << test.ip;
  }
}

TEST(Answer, LoopbackTalksToLoopback) {
  NegotiationPolicy rules = policy();
  rules.local_ip = "127.0.0.1";
  auto offer = basic_offer();
  offer.streams[0].transport.rtp.ip = "127.0.0.1";
  EXPECT_EQ(refusal(offer, rules), "");
}

TEST(Answer, APeerOnHoldNeedsNoAddress) {
  auto offer = basic_offer();
  offer.streams[0].transport.rtp = {"0.0.0.0", 30000};
  offer.streams[0].direction = Direction::inactive;
  Negotiator negotiator(policy());
  const auto answer = must_answer(negotiator, offer);
  EXPECT_FALSE(answer.plan.remote_rtp);
  EXPECT_EQ(answer.plan.direction, Direction::inactive);
}

TEST(Answer, RtcpGoesToThePeerAlone) {
  struct Case {
    model::TransportAddress rtcp;
    bool mux;
    std::string target;
  };
  const std::vector<Case> cases = {
      {{}, false, "192.0.2.9:30001"},
      {{}, true, "192.0.2.9:30000"},
      {{"192.0.2.9", 40000}, false, "192.0.2.9:40000"},
      {{"", 40000}, false, "192.0.2.9:40000"},
      {{"198.51.100.7", 40000}, false, ""},
      {{"192.0.2.9", 80}, false, ""},
      {{"192.0.2.9", 40000}, true, "192.0.2.9:30000"},
  };
  for (const Case& test : cases) {
    auto offer = basic_offer();
    offer.streams[0].transport.rtcp = test.rtcp;
    offer.streams[0].transport.rtcp_mux = test.mux;
    Negotiator negotiator(policy());
    const auto answer = must_answer(negotiator, offer);
    EXPECT_EQ(answer.plan.remote_rtcp.to_string(), test.target);
    EXPECT_EQ(answer.description.streams[0].transport.rtcp_mux, test.mux);
  }
}

TEST(Answer, LimitsOfADescription) {
  std::vector<model::StreamDescription> streams(32, video());
  streams[31] = basic_offer().streams[0];
  EXPECT_EQ(refusal(describe(streams)), "");
  streams.push_back(video());
  EXPECT_EQ(refusal(describe(streams)), "INCOMPATIBLE_MEDIA");
  EXPECT_EQ(refusal(describe({})), "INCOMPATIBLE_MEDIA");

  auto offer = basic_offer();
  while (offer.streams[0].formats.size() < 64)
    offer.streams[0].formats.push_back(format(99, "strange"));
  EXPECT_EQ(refusal(offer), "");
  offer.streams[0].formats.push_back(format(99, "strange"));
  EXPECT_EQ(refusal(offer), "INCOMPATIBLE_MEDIA");
}

TEST(Answer, TheFirstUsableAudioIsTakenAndTheOthersKeepTheirPlace) {
  auto unusable = audio({format(18, "G729")});
  auto offer = describe({video(), unusable, basic_offer().streams[0], basic_offer().streams[0]});
  offer.streams[2].mid = "two";
  Negotiator negotiator(policy());
  const auto answer = must_answer(negotiator, offer).description;
  ASSERT_EQ(answer.streams.size(), 4U);
  for (const size_t i : {0U, 1U, 3U}) {
    EXPECT_TRUE(answer.streams[i].rejected) << i;
    EXPECT_EQ(answer.streams[i].kind, offer.streams[i].kind);
    EXPECT_FALSE(answer.streams[i].formats.empty()) << "an m= line needs one";
    EXPECT_EQ(answer.streams[i].transport.rtp.port, 0);
  }
  EXPECT_FALSE(answer.streams[2].rejected);
  EXPECT_EQ(answer.streams[2].mid, "two");
}

TEST(Answer, DirectionNeverExceedsTheOffer) {
  struct Case {
    Direction wanted, offered, answered;
  };
  const std::vector<Case> cases = {
      {Direction::send_recv, Direction::send_recv, Direction::send_recv},
      {Direction::send_recv, Direction::send_only, Direction::recv_only},
      {Direction::send_recv, Direction::recv_only, Direction::send_only},
      {Direction::send_recv, Direction::inactive, Direction::inactive},
      {Direction::send_only, Direction::send_recv, Direction::send_only},
      {Direction::send_only, Direction::send_only, Direction::inactive},
      {Direction::inactive, Direction::send_recv, Direction::inactive},
  };
  for (const Case& test : cases) {
    auto offer = basic_offer();
    offer.streams[0].direction = test.offered;
    Negotiator negotiator(policy());
    const auto answer = must_answer(negotiator, offer, test.wanted);
    EXPECT_EQ(answer.description.streams[0].direction, test.answered);
    EXPECT_EQ(answer.plan.direction, test.answered);
  }
}

TEST(Answer, PacketTimeIsWhatThePeerWants) {
  struct Case {
    unsigned ptime, maxptime, result;
  };
  const std::vector<Case> cases = {{0, 0, 20},          {20, 0, 20},   {10, 0, 10},  {30, 0, 30},
                                   {60, 0, 60},         {120, 0, 120}, {5, 0, 20},   {121, 0, 20},
                                   {25, 0, 20},         {40, 30, 30},  {20, 10, 10}, {20, 1, 20},
                                   {4000000000U, 0, 20}};
  for (const Case& test : cases) {
    auto offer = basic_offer();
    offer.streams[0].ptime_ms = test.ptime;
    offer.streams[0].maxptime_ms = test.maxptime;
    Negotiator negotiator(policy());
    EXPECT_EQ(must_answer(negotiator, offer).plan.ptime_ms, test.result) << test.ptime;
  }
}

TEST(Answer, EventsThatThePeerUnderstands) {
  struct Case {
    const char* list;
    uint16_t events;
  };
  const std::vector<Case> cases = {{"0-15", 0xffff},   {"0-16", 0xffff}, {"0-11", 0x0fff},
                                   {"0-9,11", 0x0bff}, {"1", 0x0002},    {"0-15,66,70", 0xffff},
                                   {"15-0", 0},        {"x", 0},         {"0-", 0},
                                   {"999", 0},         {"16", 0}};
  for (const Case& test : cases)
    EXPECT_EQ(parse_events(format(101, "telephone-event", 8000, 1, {{test.list, ""}})), test.events)
        << test.list;
  EXPECT_EQ(parse_events(format(101, "telephone-event")), 0xffff) << "RFC 4733 2.4.1";
}

TEST(Answer, NarrowEventsServeWhereTheClockHasNone) {
  const auto offer =
      describe({audio({format(96, "opus", 48000, 2), format(101, "telephone-event", 8000)})});
  Negotiator negotiator(policy());
  const auto answer = must_answer(negotiator, offer);
  ASSERT_TRUE(answer.plan.send_events);
  EXPECT_EQ(answer.plan.send_events->clock_rate, 8000U);
}

struct EncryptionCase {
  Encryption ours;
  bool protected_signalling;
  bool offered_keys;
  bool offered_secure_profile;
  const char* refusal;
  bool encrypted;
};

TEST(Encryption, Answers) {
  const std::vector<EncryptionCase> cases = {
      {Encryption::off, true, false, false, "", false},
      {Encryption::off, true, true, false, "", false},
      {Encryption::off, true, true, true, "INCOMPATIBLE_MEDIA", false},
      {Encryption::off, true, false, true, "INCOMPATIBLE_MEDIA", false},
      {Encryption::preferred, true, false, false, "", false},
      {Encryption::preferred, true, true, false, "", true},
      {Encryption::preferred, true, true, true, "", true},
      {Encryption::preferred, true, false, true, "INCOMPATIBLE_MEDIA", false},
      {Encryption::preferred, false, true, true, "", true},
      {Encryption::required, true, false, false, "ENCRYPTION_REQUIRED", false},
      {Encryption::required, true, true, false, "", true},
      {Encryption::required, true, true, true, "", true},
      {Encryption::required, true, false, true, "ENCRYPTION_REQUIRED", false},
      {Encryption::required, false, true, true, "ENCRYPTION_REQUIRED", false},
  };
  int number = 0;
  for (const EncryptionCase& test : cases) {
    auto offer = basic_offer();
    offer.streams[0].secure_profile = test.offered_secure_profile;
    if (test.offered_keys) offer.streams[0].transport.sdes = {crypto(7, gcm)};
    NegotiationPolicy rules = policy(test.ours);
    rules.signalling_protected = test.protected_signalling;
    EXPECT_EQ(refusal(offer, rules), test.refusal) << number;
    Negotiator negotiator(rules);
    if (const auto answer = negotiator.answer(offer, Direction::send_recv, local_transport())) {
      const auto& stream = answer->description.streams[0];
      EXPECT_EQ(answer->plan.keys.has_value(), test.encrypted) << number;
      EXPECT_EQ(stream.secure_profile, test.offered_secure_profile) << number;
      EXPECT_EQ(stream.transport.sdes.size(), test.encrypted ? 1U : 0U) << number;
      if (test.encrypted) {
        EXPECT_EQ(stream.transport.sdes[0].tag, 7U);
      }
    }
    ++number;
  }
}

TEST(Encryption, OffersByPolicy) {
  Negotiator off(policy(Encryption::off));
  EXPECT_TRUE(
      off.offer(Direction::send_recv, local_transport())->streams[0].transport.sdes.empty());
  Negotiator preferred(policy(Encryption::preferred));
  const auto open = preferred.offer(Direction::send_recv, local_transport())->streams[0];
  EXPECT_FALSE(open.secure_profile);
  ASSERT_EQ(open.transport.sdes.size(), 2U);
  EXPECT_EQ(open.transport.sdes[0].suite, "AES_CM_128_HMAC_SHA1_80");
  EXPECT_NE(open.transport.sdes[0].tag, open.transport.sdes[1].tag);
  Negotiator required(policy(Encryption::required));
  EXPECT_TRUE(required.offer(Direction::send_recv, local_transport())->streams[0].secure_profile);
  NegotiationPolicy exposed = policy(Encryption::required);
  exposed.signalling_protected = false;
  EXPECT_EQ(Negotiator(exposed).offer(Direction::send_recv, local_transport()).error().reason,
            "ENCRYPTION_REQUIRED");
}

TEST(Encryption, TheFirstKnownSuiteOfTheOfferIsTaken) {
  auto offer = basic_offer();
  model::SdesKey unknown = crypto(1, sha1_80);
  unknown.suite = "F8_128_HMAC_SHA1_80";
  model::SdesKey strange = crypto(2, sha1_80);
  strange.session_params = "UNENCRYPTED_SRTP";
  model::SdesKey broken = crypto(3, sha1_80);
  broken.key_params = base::Secret("inline:short");
  model::SdesKey tolerable = crypto(5, gcm);
  tolerable.session_params = "-NEW WSH=64";
  offer.streams[0].transport.sdes = {unknown, strange, broken, tolerable, crypto(6, sha1_80)};
  Negotiator negotiator(policy(Encryption::preferred));
  const auto answer = must_answer(negotiator, offer);
  ASSERT_TRUE(answer.plan.keys);
  EXPECT_EQ(answer.plan.keys->outbound.key.profile(), gcm);
  EXPECT_EQ(answer.description.streams[0].transport.sdes[0].tag, 5U);
}

}  // namespace
}  // namespace commd::engine
