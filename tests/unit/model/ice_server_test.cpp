// The settings `stun` and `turn`: what they name, and the words for what they do not.
#include "daemon/model/ice_server.h"

#include <gtest/gtest.h>

#include <string>

namespace commd::model {
namespace {

using Kind = IceServer::Kind;
using Transport = IceServer::Transport;

IceServer server(Kind kind, Transport transport, const std::string& host, uint16_t port) {
  IceServer out;
  out.kind = kind;
  out.transport = transport;
  out.host = host;
  out.port = port;
  return out;
}

std::string complaint(const base::Result<std::vector<IceServer>>& result, const char* field) {
  if (result) return {};
  EXPECT_EQ(result.error().code, base::Code::invalid_argument);
  EXPECT_EQ(result.error().details.at("field"), field);
  return result.error().message;
}

TEST(IceServer, NothingIsNone) {
  for (const char* nothing : {"", " "}) {
    EXPECT_TRUE(parse_stun_setting(nothing)->empty());
    EXPECT_TRUE(parse_turn_setting(nothing)->empty());
  }
}

TEST(IceServer, ReadsStun) {
  const auto read = parse_stun_setting(
      "stun.example.org, stun2.example.org:3479,stun:192.0.2.1,[2001:db8::1]:19302,turn:19302");
  ASSERT_TRUE(read) << read.error().message;
  const std::vector<IceServer> expected = {
      server(Kind::stun, Transport::udp, "stun.example.org", 3478),
      server(Kind::stun, Transport::udp, "stun2.example.org", 3479),
      server(Kind::stun, Transport::udp, "192.0.2.1", 3478),
      server(Kind::stun, Transport::udp, "2001:db8::1", 19302),
      server(Kind::stun, Transport::udp, "turn", 19302)};  // a host of that name
  EXPECT_EQ(*read, expected);
  EXPECT_FALSE(expected[0].relays());
}

TEST(IceServer, ReadsTurn) {
  const auto read = parse_turn_setting(
      "turn:relay.example.org,turn:relay.example.org:3479?transport=udp,"
      "turn:192.0.2.1?transport=tcp, "
      "turns:relay.example.org,turns:[2001:db8::1]:443?transport=tcp");
  ASSERT_TRUE(read) << read.error().message;
  const std::vector<IceServer> expected = {
      server(Kind::turn, Transport::udp, "relay.example.org", 3478),
      server(Kind::turn, Transport::udp, "relay.example.org", 3479),
      server(Kind::turn, Transport::tcp, "192.0.2.1", 3478),
      server(Kind::turns, Transport::tcp, "relay.example.org", 5349),
      server(Kind::turns, Transport::tcp, "2001:db8::1", 443)};
  EXPECT_EQ(*read, expected);
  EXPECT_TRUE(expected[0].relays() && expected[3].relays());
}

TEST(IceServer, SaysWhatIsWrongAndTheRemedy) {
  for (const char* wrong : {",",
                            "a,",
                            "a,,b",
                            "a:0",
                            "a:65536",
                            "a:x",
                            "a b",
                            "stun:",
                            "stuns:a",
                            "turn:a",
                            "turns:a",
                            "http://a",
                            "stun://a",
                            "224.0.0.1",
                            "0.0.0.0",
                            "::",
                            "255.255.255.255",
                            "a\nb",
                            "a\x1b[1m",
                            "a?transport=udp",
                            "1,2,3,4,5,6,7,8,9"})
    EXPECT_NE(complaint(parse_stun_setting(wrong), "stun").find("for example stun="),
              std::string::npos)
        << wrong;
  for (const char* wrong :
       {",", "a", "a:3478", "stun:a", "turn:", "turn://a", "turn:a?",
        "turn:a?transport=", "turn:a?transport=tls", "turn:a?transport=udp&x=y",
        "turns:a?transport=udp", "turn:a:0", "turn:ff02::1", "TURN:a", "turn:a,b", "turn:3478"})
    EXPECT_NE(complaint(parse_turn_setting(wrong), "turn").find("for example turn="),
              std::string::npos)
        << wrong;
  EXPECT_NE(complaint(parse_stun_setting("turn:relay.example.org"), "stun").find("`turn`"),
            std::string::npos);
}

// A line of a log, or of a terminal.
TEST(IceServer, NeverRepeatsAPasswordOrControls) {
  for (const char* wrong : {"turn:bob:hunter2@relay.example.org", "turn:a,turn:hunter2@a",
                            "hunter2@a", "turn:a,bob:hunter2@"}) {
    const auto read = parse_turn_setting(wrong);
    ASSERT_FALSE(read) << wrong;
    EXPECT_NE(read.error().message.find("turn_username"), std::string::npos) << wrong;
    EXPECT_EQ(read.error().message.find("hunter2"), std::string::npos);
    EXPECT_FALSE(read.error().details.contains("value"));
  }
  const auto controls = parse_turn_setting("turn:a\x1b[31m");
  ASSERT_FALSE(controls);
  EXPECT_EQ(controls.error().message.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace commd::model
