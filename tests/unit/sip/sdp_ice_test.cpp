// ICE in SDP: what is read of it, what is left out one by one, and what reads as it was written.
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

#include "daemon/sip/sdp.h"
#include "daemon/sip/sdp_ice.h"

namespace commd::sip {
namespace {

using model::IceCandidate;
using model::IceParameters;
using model::SessionDescription;
using model::StreamDescription;
using Transport = IceCandidate::Transport;
using Type = IceCandidate::Type;

const std::string kUfrag = "9uB6";
const std::string kPassword = "YH75Fviy6338Vbrhrlp8Yh";
const std::string kCredentials = "a=ice-ufrag:" + kUfrag + "\r\na=ice-pwd:" + kPassword + "\r\n";
const std::string kHost = "a=candidate:1 1 UDP 2130706431 192.0.2.9 30000 typ host\r\n";

base::Result<ParsedSdp> parse(const std::string& media, const std::string& session = {}) {
  return parse_sdp("v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n" +
                   session + media);
}

StreamDescription audio(const std::string& attributes, const std::string& session = {},
                        const std::string& port = "30000") {
  const auto parsed = parse("m=audio " + port + " RTP/AVP 0\r\n" + attributes, session);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? parsed->description.streams.at(0) : StreamDescription();
}

std::string repeated(const std::string& text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(SdpIce, ReadsCandidatesOfEveryKind) {
  const StreamDescription stream = audio(
      kCredentials + kHost +
      "a=candidate:2 2 udp 1694498815 198.51.100.1 45664 typ srflx raddr 10.0.1.1 rport 8998\r\n"
      "a=candidate:a+/ 1 UDP 1862270975 2001:db8::1 50000 typ prflx raddr :: rport 9\r\n"
      "a=candidate:4 1 UDP 1 203.0.113.5 49200 typ relay generation 0 raddr 198.51.100.1 rport "
      "45664 network-id 2 network-cost 10\r\n"
      "a=candidate:5 1 tcp 1518280447 192.0.2.9 9 typ host tcptype active\r\n"
      "a=candidate:6 1 TCP 1518214911 192.0.2.9 40000 typ host tcptype passive ufrag x\r\n"
      "a=candidate:7 1 TCP 1518151935 192.0.2.9 40001 typ host tcptype so\r\n"
      "a=ice-options:ice2 trickle\r\na=end-of-candidates\r\na=remote-candidates:1 192.0.2.1 9\r\n");
  ASSERT_TRUE(stream.transport.ice);
  const IceParameters& ice = *stream.transport.ice;
  EXPECT_EQ(ice.ufrag, kUfrag);
  EXPECT_EQ(ice.password.reveal(), kPassword);
  EXPECT_TRUE(ice.trickle && ice.end_of_candidates);
  EXPECT_FALSE(ice.lite);
  const std::vector<IceCandidate> expected = {
      {"1", 1, Transport::udp, 2130706431, {"192.0.2.9", 30000}, Type::host, {}},
      {"2",
       2,
       Transport::udp,
       1694498815,
       {"198.51.100.1", 45664},
       Type::server_reflexive,
       {"10.0.1.1", 8998}},
      {"a+/", 1, Transport::udp, 1862270975, {"2001:db8::1", 50000}, Type::peer_reflexive, {}},
      {"4", 1, Transport::udp, 1, {"203.0.113.5", 49200}, Type::relayed, {"198.51.100.1", 45664}},
      {"5", 1, Transport::tcp_active, 1518280447, {"192.0.2.9", 9}, Type::host, {}},
      {"6", 1, Transport::tcp_passive, 1518214911, {"192.0.2.9", 40000}, Type::host, {}},
      {"7", 1, Transport::tcp_so, 1518151935, {"192.0.2.9", 40001}, Type::host, {}}};
  EXPECT_EQ(ice.candidates, expected);
}

// Each is left out; those around it stay.
TEST(SdpIce, LeavesOutCandidatesThatCannotBeUsed) {
  for (const char* wrong : {
           "",
           "1",
           "1 1 UDP 1 192.0.2.9",
           "1 1 UDP 1 192.0.2.9 30000",
           "1 1 UDP 1 192.0.2.9 30000 host",
           "1 1 UDP 1 192.0.2.9 30000 typ",
           "1 1 UDP 1 192.0.2.9 30000 typ elsewhere",
           "1 1 UDP 1 192.0.2.9 30000 TYP host",
           "1 0 UDP 1 192.0.2.9 30000 typ host",
           "1 257 UDP 1 192.0.2.9 30000 typ host",
           "1 x UDP 1 192.0.2.9 30000 typ host",
           "1 1 SCTP 1 192.0.2.9 30000 typ host",
           "1 1 TLS 1 192.0.2.9 30000 typ host tcptype passive",
           "1 1 UDP 0 192.0.2.9 30000 typ host",
           "1 1 UDP 2147483648 192.0.2.9 30000 typ host",
           "1 1 UDP 99999999999999999999 192.0.2.9 30000 typ host",
           "1 1 UDP -1 192.0.2.9 30000 typ host",
           "1 1 UDP 1 192.0.2.9 0 typ host",
           "1 1 UDP 1 192.0.2.9 9 typ host",
           "1 1 UDP 1 192.0.2.9 1023 typ host",
           "1 1 UDP 1 192.0.2.9 65536 typ host",
           "1 1 UDP 1 192.0.2.9 -1 typ host",
           "1 1 TCP 1 192.0.2.9 30000 typ host",
           "1 1 TCP 1 192.0.2.9 30000 typ host tcptype both",
           "1 1 TCP 1 192.0.2.9 9 typ host tcptype passive",
           "f_1 1 UDP 1 192.0.2.9 30000 typ host",
           "123456789012345678901234567890123 1 UDP 1 192.0.2.9 30000 typ host",
           "1 1 UDP 1 6a5ad2a5-3c1d-4d8c-9d5e-2b4f3f7d1f9e.local 30000 typ host",
           "1 1 UDP 1 media.example.org 30000 typ host",
           "1 1 UDP 1 0.0.0.0 30000 typ host",
           "1 1 UDP 1 :: 30000 typ host",
           "1 1 UDP 1 224.0.0.1 30000 typ host",
           "1 1 UDP 1 255.255.255.255 30000 typ host",
           "1 1 UDP 1 240.0.0.1 30000 typ host",
           "1 1 UDP 1 ff02::1 30000 typ host",
           "1 1 UDP 1 ::ffff:192.0.2.9 30000 typ host",
           "1 1 UDP 1 fe80::1%eth0 30000 typ host",
           "1 1 UDP 1 127.1 30000 typ host",
           "1 1 UDP 1 0x7f.1 30000 typ host",
           "\xff 1 UDP 1 192.0.2.9 30000 typ host",
       }) {
    EXPECT_FALSE(read_candidate(wrong)) << wrong;
    const auto stream = audio(kCredentials + "a=candidate:" + wrong + "\r\n" + kHost +
                              "a=candidate:" + wrong + "\r\n");
    ASSERT_TRUE(stream.transport.ice) << wrong;
    ASSERT_EQ(stream.transport.ice->candidates.size(), 1u) << wrong;
    EXPECT_EQ(stream.transport.ice->candidates[0].priority, 2130706431u);
  }
}

TEST(SdpIce, SkipsExtensionsAndWhatIsHidden) {
  const std::string begin = "1 1 UDP 7 198.51.100.1 30000 typ srflx ";
  for (const char* hidden :
       {"", "raddr 0.0.0.0 rport 9", "raddr 10.0.0.1 rport 0", "raddr 10.0.0.1", "rport 8998",
        "raddr x.local rport 8998", "raddr 224.0.0.1 rport 8998", "raddr 10.0.0.1 rport 65536", "x",
        "x y", "x raddr 10.0.0.1 rport 8998"}) {
    const auto candidate = read_candidate(begin + hidden);
    ASSERT_TRUE(candidate) << hidden;
    EXPECT_EQ(candidate->related, model::TransportAddress{}) << hidden;
  }
  const model::TransportAddress related{"10.0.0.1", 8998};
  EXPECT_EQ(read_candidate(begin + "x y rport 8998 raddr 10.0.0.1 z")->related, related);
  // Of a host there is none.
  EXPECT_FALSE(
      read_candidate("1 1 UDP 7 198.51.100.1 30000 typ host raddr 10.0.0.1 rport 8998")->related);
}

TEST(SdpIce, IsBounded) {
  std::string many;
  for (int i = 0; i < 200; ++i)
    many += "a=candidate:1 1 UDP " + std::to_string(1000 - i) + " 192.0.2.9 30000 typ host\r\n";
  const auto stream = audio(kCredentials + many);
  ASSERT_TRUE(stream.transport.ice);
  EXPECT_EQ(stream.transport.ice->candidates.size(), max_candidates);
  EXPECT_EQ(stream.transport.ice->candidates.front().priority, 1000u);
}

TEST(SdpIce, TheSessionSpeaksForStreamsWithoutTheirOwn) {
  const auto parsed = parse("m=audio 30000 RTP/AVP 0\r\n" + kHost +
                                "m=audio 30000 RTP/AVP 0\r\na=ice-ufrag:another\r\n"
                                "a=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa\r\na=ice-options:ice2\r\n" +
                                kHost,
                            kCredentials +
                                "a=ice-options:trickle\r\na=end-of-candidates\r\n"
                                "a=ice-lite\r\n");
  ASSERT_TRUE(parsed);
  const auto& streams = parsed->description.streams;
  ASSERT_TRUE(streams[0].transport.ice && streams[1].transport.ice);
  EXPECT_EQ(streams[0].transport.ice->ufrag, kUfrag);
  EXPECT_EQ(streams[1].transport.ice->ufrag, "another");
  EXPECT_TRUE(streams[0].transport.ice->trickle);
  EXPECT_FALSE(streams[1].transport.ice->trickle);
  for (const auto& stream : streams) {
    EXPECT_TRUE(stream.transport.ice->end_of_candidates);
    EXPECT_TRUE(stream.transport.ice->lite);
  }
  // It is the session's to say.
  EXPECT_FALSE(audio(kCredentials + kHost + "a=ice-lite\r\n").transport.ice->lite);
  EXPECT_FALSE(
      audio(kCredentials + kHost + "a=ice-options:trickled x-trickle\r\n").transport.ice->trickle);
}

// RFC 8839 section 5.4: 4 to 256 and 22 to 256 letters, digits, + and /.
TEST(SdpIce, CredentialsThatAreNoneAreNotUsed) {
  const auto with = [](const std::string& ufrag, const std::string& password) {
    return audio("a=ice-ufrag:" + ufrag + "\r\na=ice-pwd:" + password + "\r\n" + kHost)
        .transport.ice.has_value();
  };
  EXPECT_TRUE(with(std::string(4, 'u'), std::string(22, 'p')));
  EXPECT_TRUE(with(std::string(256, '+'), std::string(256, '/')));
  EXPECT_FALSE(with(std::string(3, 'u'), std::string(22, 'p')));
  EXPECT_FALSE(with(std::string(257, 'u'), std::string(22, 'p')));
  EXPECT_FALSE(with(std::string(4, 'u'), std::string(21, 'p')));
  EXPECT_FALSE(with(std::string(4, 'u'), std::string(257, 'p')));
  EXPECT_FALSE(with("uf ag", std::string(22, 'p')));
  EXPECT_FALSE(with("ufrag", "a password with blanks in"));
  EXPECT_FALSE(with("ufr\xc3\xa4g", std::string(22, 'p')));
  EXPECT_FALSE(audio("a=ice-ufrag:" + kUfrag + "\r\n" + kHost).transport.ice);
  EXPECT_FALSE(audio("a=ice-pwd:" + kPassword + "\r\n" + kHost).transport.ice);
  EXPECT_FALSE(audio("a=ice-options:trickle\r\n" + kHost).transport.ice);
}

// RFC 8840 section 4.1.1: an offer that will be filled, and not a hold.
TEST(SdpIce, TakesAnOfferWithoutAnAddress) {
  for (const char* connection :
       {"c=IN IP4 0.0.0.0\r\n", "c=IN IP6 ::\r\n", "c=IN IP4 192.0.2.1\r\n", ""}) {
    const StreamDescription stream =
        audio(connection + kCredentials + "a=ice-options:trickle\r\na=rtcp:9 IN IP4 0.0.0.0\r\n" +
                  "a=rtcp-mux\r\n",
              {}, "9");
    EXPECT_EQ(stream.transport.rtp, model::TransportAddress{}) << connection;
    EXPECT_EQ(stream.transport.rtcp, model::TransportAddress{});
    EXPECT_EQ(stream.direction, model::Direction::send_recv);
    EXPECT_FALSE(stream.rejected);
    ASSERT_TRUE(stream.transport.ice);
    EXPECT_TRUE(stream.transport.ice->candidates.empty());
  }
  // Without ICE it leads nowhere, and with it only to "discard".
  EXPECT_FALSE(parse("m=audio 9 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n"));
  EXPECT_FALSE(parse("m=audio 9 RTP/AVP 0\r\na=ice-ufrag:x\r\na=ice-pwd:y\r\n"));
  EXPECT_FALSE(parse("m=audio 53 RTP/AVP 0\r\n" + kCredentials));
  // The old way to hold stays one.
  const auto held = audio("c=IN IP4 0.0.0.0\r\n" + kCredentials + kHost);
  EXPECT_EQ(held.direction, model::Direction::send_only);
  EXPECT_TRUE(held.transport.ice);
}

// RFC 8839 section 3.2.5: who leads the media over a relay of his own has no part in ICE.
TEST(SdpIce, IsOffWhereTheAddressWasChangedOnTheWay) {
  EXPECT_TRUE(audio(kCredentials + kHost).transport.ice);
  EXPECT_FALSE(audio("c=IN IP4 192.0.2.77\r\n" + kCredentials + kHost).transport.ice);
  EXPECT_FALSE(audio(kCredentials + kHost, {}, "30002").transport.ice);
  EXPECT_FALSE(
      audio(kCredentials + "a=candidate:1 2 UDP 1 192.0.2.9 30000 typ host\r\n").transport.ice);
  EXPECT_FALSE(audio(kCredentials + "a=candidate:1 1 TCP 1 192.0.2.9 30000 typ host tcptype so\r\n")
                   .transport.ice);
  EXPECT_FALSE(audio(kCredentials).transport.ice);  // none of the kind will come
  EXPECT_TRUE(audio(kCredentials + "a=ice-options:trickle\r\n").transport.ice);
  EXPECT_FALSE(audio(kCredentials + kHost + "a=ice-mismatch\r\n").transport.ice);
  // One address, two spellings.
  EXPECT_TRUE(audio("c=IN IP6 2001:db8:0::1\r\n" + kCredentials +
                    "a=candidate:1 1 UDP 1 2001:DB8::1 30000 typ host\r\n")
                  .transport.ice);
}

// RFC 9143.
TEST(SdpIce, ABundledStreamNeedsNoAddress) {
  const auto parsed = parse(
      "m=audio 30000 RTP/AVP 0\r\na=mid:a\r\na=rtcp-mux-only\r\n"
      "m=audio 0 RTP/AVP 0\r\na=mid:b\r\na=bundle-only\r\n"
      "m=audio 9 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\na=mid:c\r\n"
      "m=audio 0 RTP/AVP 0\r\na=mid:d\r\n"
      "m=audio 0 RTP/AVP 0\r\na=mid:e\r\na=bundle-only\r\n",
      "a=group:BUNDLE a b c d\r\na=group:LS a e\r\n");
  ASSERT_TRUE(parsed) << parsed.error().message;
  const auto& streams = parsed->description.streams;
  EXPECT_TRUE(streams[0].transport.rtcp_mux);
  for (const size_t i : {1u, 2u}) {
    EXPECT_FALSE(streams[i].rejected) << i;
    EXPECT_EQ(streams[i].transport.rtp, model::TransportAddress{}) << i;
    EXPECT_EQ(streams[i].direction, model::Direction::send_recv) << i;
  }
  EXPECT_TRUE(streams[3].rejected);  // a refusal, in the bundle or not
  EXPECT_TRUE(streams[4].rejected);  // of no bundle
  EXPECT_EQ(streams[4].mid, "e");
  const auto first =
      parse("m=audio 0 RTP/AVP 0\r\na=mid:a\r\na=bundle-only\r\n", "a=group:BUNDLE a b\r\n");
  EXPECT_TRUE(first->description.streams[0].rejected);
}

TEST(SdpIce, WritesWhatPeersExpect) {
  StreamDescription stream;
  stream.formats = {{0, "PCMU", 8000, 1, {}, {}}};
  stream.transport.ice = IceParameters{kUfrag, base::Secret(kPassword), {}, true, true, true};
  stream.transport.ice->candidates = {
      {"1", 1, Transport::udp, 2130706431, {"192.0.2.1", 20000}, Type::host, {}},
      {"2", 1, Transport::udp, 7, {"2001:db8::2", 20001}, Type::server_reflexive, {}},
      {"3", 1, Transport::tcp_active, 5, {"192.0.2.1", 9}, Type::relayed, {"10.0.0.1", 20002}}};
  EXPECT_EQ(
      write_sdp({{stream}, {}}, {"42", 7}, "192.0.2.1"),
      "v=0\r\no=- 42 7 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=ice-lite\r\n"
      "m=audio 9 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"
      "a=ice-ufrag:9uB6\r\na=ice-pwd:YH75Fviy6338Vbrhrlp8Yh\r\na=ice-options:trickle\r\n"
      "a=candidate:1 1 UDP 2130706431 192.0.2.1 20000 typ host\r\n"
      "a=candidate:2 1 UDP 7 2001:db8::2 20001 typ srflx raddr :: rport 9\r\n"
      "a=candidate:3 1 TCP 5 192.0.2.1 9 typ relay raddr 10.0.0.1 rport 20002 tcptype active\r\n"
      "a=end-of-candidates\r\n");
  // No credentials yet (Jingle): there is nothing to tell.
  stream.transport.ice = IceParameters{};
  EXPECT_EQ(write_sdp({{stream}, {}}, {"42", 7}, "::1").find("ice"), std::string::npos);
  EXPECT_NE(write_sdp({{stream}, {}}, {"42", 7}, "::1").find("c=IN IP6 ::\r\n"), std::string::npos);
}

// Descriptions of all kinds, the same ones for the same seed.
class RandomIce {
 public:
  explicit RandomIce(unsigned seed) : random_(seed) {}

  SessionDescription make() {
    SessionDescription description;
    const bool lite = chance();
    const unsigned streams = 1 + number(3);
    for (unsigned i = 0; i < streams; ++i) description.streams.push_back(stream(i, lite));
    if (streams > 1 && chance()) bundle(description);
    return description;
  }

 private:
  unsigned number(unsigned below) { return std::uniform_int_distribution(0U, below - 1)(random_); }
  bool chance() { return number(2) == 0; }
  std::string word(unsigned shortest, unsigned longest) {
    static constexpr char letters[] = "abcXYZ0189+/";
    std::string text;
    for (unsigned left = shortest + number(longest - shortest + 1); left > 0; --left)
      text += letters[number(12)];
    return text;
  }
  model::TransportAddress address() {
    const auto port = static_cast<uint16_t>(1024 + number(64512));
    if (chance()) return {"2001:db8::" + std::to_string(1 + number(900)), port};
    return {"192.0.2." + std::to_string(1 + number(250)), port};
  }

  IceCandidate candidate() {
    IceCandidate out;
    out.foundation = word(1, 32);
    out.component = static_cast<uint16_t>(1 + number(256));
    out.transport = static_cast<Transport>(number(4));
    out.priority = 1 + number(INT32_MAX);
    out.address = address();
    if (out.transport == Transport::tcp_active && chance()) out.address.port = 9;
    out.type = static_cast<Type>(number(4));
    if (out.type != Type::host && chance()) out.related = address();
    return out;
  }

  void ice(model::TransportDescription& transport, bool lite) {
    IceParameters out{word(4, 256), base::Secret(word(22, 256)), {}, chance(), chance(), lite};
    for (unsigned left = number(max_candidates); left > 0; --left)
      out.candidates.push_back(candidate());
    if (chance()) {
      // The default one is among them, where there are any.
      out.candidates.push_back(candidate());
      out.candidates.back().component = 1;
      out.candidates.back().transport = Transport::udp;
      out.candidates.back().address = address();
      transport.rtp = out.candidates.back().address;
      if (chance()) transport.rtcp = {transport.rtp.ip, static_cast<uint16_t>(1024 + number(500))};
      if (transport.rtcp.port == transport.rtp.port + 1) transport.rtcp = {};
    }
    transport.ice = std::move(out);
  }

  StreamDescription stream(unsigned index, bool lite) {
    StreamDescription stream;
    stream.mid = "m" + std::to_string(index);
    stream.direction = static_cast<model::Direction>(number(4));
    stream.formats = {{0, "PCMU", 8000, 1, {}, {}}};
    stream.transport.rtcp_mux = chance();
    if (chance())
      ice(stream.transport, lite);
    else
      stream.transport.rtp = address();
    return stream;
  }

  // Those after the first need nothing of their own.
  void bundle(SessionDescription& description) {
    description.bundles.emplace_back();
    for (StreamDescription& stream : description.streams) {
      if (!description.bundles[0].empty() && chance()) {
        stream.transport.ice.reset();
        stream.transport.rtp = stream.transport.rtcp = {};
      }
      description.bundles[0].push_back(stream.mid);
    }
  }

  std::mt19937 random_;
};

TEST(SdpIce, ReadsAsItWasWritten) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    const SessionDescription description = RandomIce(seed).make();
    const std::string text =
        write_sdp(description, {"1", 1}, seed % 2 ? "192.0.2.1" : "2001:db8::1");
    const auto again = parse_sdp(text);
    ASSERT_TRUE(again) << again.error().message << "\n" << text;
    ASSERT_EQ(again->description, description) << seed << "\n" << text;
  }
}

// See SdpReader.IsLinear for the bound.
TEST(SdpIce, IsLinear) {
  const std::string media = "m=audio 9 RTP/AVP 0\r\n" + kCredentials;
  const std::string begin = "a=candidate:1 1 UDP 1 192.0.2.9 30000 typ srflx";
  std::string bundled = "a=group:BUNDLE";
  for (int i = 0; i < 32; ++i) bundled += " x" + std::to_string(i);
  for (const std::string& text :
       {media + repeated("a=candidate:1 1 UDP 1 x.local 30000 typ host\r\n", 500),
        media + begin + repeated(" raddr x", 8000), media + begin + repeated(" ", 60'000),
        media + "a=candidate:" + std::string(60'000, '1'),
        media + "a=ice-options:" + repeated("trickle ", 8000),
        media + "a=ice-pwd:" + std::string(60'000, 'p'),
        repeated(bundled + "\r\n", 32) +
            repeated("m=audio 0 RTP/AVP 0\r\na=mid:x31\r\na=bundle-only\r\n", 32) +
            repeated("a=mid:x31\r\n", 500)}) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 10; ++i) static_cast<void>(parse(text));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  }
}

}  // namespace
}  // namespace commd::sip
