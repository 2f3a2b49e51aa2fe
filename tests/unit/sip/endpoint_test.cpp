// Endpoints on loopback, and what strangers may send to them.
#include "daemon/sip/sip_endpoint.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>
#include <sys/socket.h>

#include <chrono>

#include "tests/unit/sip/endpoint_fixture.h"

namespace commd::sip::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// A bare UDP socket that talks to one endpoint.
class Stranger {
 public:
  explicit Stranger(uint16_t port) : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to);
    const timeval patience{10, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in self{};
    socklen_t length = sizeof self;
    getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&self), &length);
    port_ = ntohs(self.sin_port);
  }
  uint16_t port() const { return port_; }
  void send(const std::string& datagram) { ::send(fd_.get(), datagram.data(), datagram.size(), 0); }
  std::string receive() {
    std::string text(65536, '\0');
    const ssize_t size = recv(fd_.get(), text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : size);
    return text;
  }
  // The answer to this very request; others before it are skipped.
  std::string ask(const std::string& id, const std::string& more = {}) {
    send(request(id, more));
    for (;;) {
      const std::string answer = receive();
      if (answer.empty() || answer.find("Call-ID: " + id + "\r\n") != std::string::npos)
        return answer;
    }
  }
  std::string request(const std::string& id, const std::string& more = {}) const {
    return "OPTIONS sip:me@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:" +
           std::to_string(port_) + ";branch=z9hG4bK" + id +
           "\r\nFrom: <sip:a@b.test>;tag=1\r\nTo: <sip:me@127.0.0.1>\r\nCall-ID: " + id +
           "\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n" + more + "Content-Length: 0\r\n\r\n";
  }

 private:
  base::UniqueFd fd_;
  uint16_t port_ = 0;
};

TEST(SipEndpoint, FindsOnePortForUdpAndTcpAndSaysWhich) {
  EndpointFixture sip;
  const auto made = sip.make({});
  ASSERT_TRUE(made) << made.error().message;
  const std::string port = std::to_string((*made)->port());
  EXPECT_NE(port, "0");
  EXPECT_THAT((*made)->listening(), ElementsAre("udp 127.0.0.1:" + port, "tcp 127.0.0.1:" + port));
}

TEST(SipEndpoint, ListensOnIp6) {
  EndpointFixture sip;
  const auto made = sip.make({.bind_address = "::1"});
  ASSERT_TRUE(made) << made.error().message;
  const std::string port = std::to_string((*made)->port());
  EXPECT_THAT((*made)->listening(), ElementsAre("udp [::1]:" + port, "tcp [::1]:" + port));
  const auto other = sip.make({.bind_address = "::1"});
  ASSERT_TRUE(other);
  EXPECT_EQ(sip.options(**other, "sip:[::1]:" + port).status, 200);
  EXPECT_EQ(sip.asked().at(0).source.ip, "::1");
}

TEST(SipEndpoint, SaysThatAPortIsTaken) {
  EndpointFixture sip;
  const auto first = sip.make({});
  ASSERT_TRUE(first);
  const auto second = sip.make({.port = (*first)->port()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason, "PORT_IN_USE");
  EXPECT_EQ(second.error().details.at("port"), std::to_string((*first)->port()));
}

TEST(SipEndpoint, SaysThatAPortIsTakenForUdpAlone) {
  const base::UniqueFd holder(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(bind(holder.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  getsockname(holder.get(), reinterpret_cast<sockaddr*>(&address), &length);
  EndpointFixture sip;
  const auto made = sip.make({.port = ntohs(address.sin_port)});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().reason, "PORT_IN_USE");
}

TEST(SipEndpoint, SaysThatAnAddressIsNotOurs) {
  EndpointFixture sip;
  const auto made = sip.make({.bind_address = "192.0.2.1"});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().reason, "ADDRESS_NOT_LOCAL");
}

TEST(SipEndpoint, TlsWithoutTrustIsRefused) {
  EndpointFixture sip;
  EXPECT_FALSE(sip.make({.transport = TransportClass::tls}));
}

TEST(SipEndpoint, TalksOverUdpAndTcpAndKnowsTheSource) {
  EndpointFixture sip;
  SipEndpoint* a = *sip.make({});
  SipEndpoint* b = *sip.make({.user_agent = "commd-test/1"});
  const std::string to = "sip:127.0.0.1:" + std::to_string(b->port());
  EXPECT_EQ(sip.options(*a, to).status, 200);
  EXPECT_EQ(sip.options(*a, to + ";transport=tcp").status, 200);
  ASSERT_EQ(sip.asked().size(), 2u);
  EXPECT_EQ(sip.asked()[0].source.ip, "127.0.0.1");
  EXPECT_EQ(sip.asked()[0].source.port, a->port());
  EXPECT_EQ(sip.asked()[1].source.ip, "127.0.0.1");
  EXPECT_NE(sip.asked()[1].source.port, a->port());
}

TEST(SipEndpoint, TwoEndpointsCallEachOtherAndThemselvesOnOneLoop) {
  EndpointFixture sip;
  SipEndpoint* a = *sip.make({});
  const std::string self = "sip:127.0.0.1:" + std::to_string(a->port());
  EXPECT_EQ(sip.options(*a, self).status, 200);
}

TEST(SipEndpoint, RefusedConnectionIsReportedAtOnce) {
  EndpointFixture sip;
  SipEndpoint* a = *sip.make({});
  uint16_t closed = 0;
  {
    SipEndpoint* gone = *sip.make({});
    closed = gone->port() == 65535 ? 1 : gone->port();
  }
  const base::UniqueFd holder(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(bind(holder.get(), reinterpret_cast<sockaddr*>(&address), length), 0);  // no listen()
  getsockname(holder.get(), reinterpret_cast<sockaddr*>(&address), &length);
  closed = ntohs(address.sin_port);
  const auto answer = sip.options(*a, "sip:127.0.0.1:" + std::to_string(closed) + ";transport=tcp");
  EXPECT_EQ(answer.status, 503);
}

// One bad datagram never changes how the next is read.
TEST(SipEndpoint, IsNotDeafAfterBadDatagrams) {
  EndpointFixture sip;
  SipEndpoint* endpoint = *sip.make({});
  Stranger stranger(endpoint->port());
  const std::string good = stranger.request("x");
  std::vector<std::string> bad = {
      "",
      std::string(1, '\0'),
      "\r\n\r\n",
      std::string(60000, 'A'),
      std::string("\0\1\0\0", 4),
      "INVITE",
      "SIP/2.0 200 OK\r\n\r\n",
      good.substr(0, good.size() / 2),
      "OPTIONS sip:me SIP/2.0\r\nContent-Length: 99999999999\r\n\r\n",
      "OPTIONS sip:me SIP/9.9\r\n\r\n",
      std::string(20, '\xff'),
      "\x16\x03\x01\x02",
      "OPTIONS sip:me SIP/2.0\r\n" + std::string(60000, ' ') + "\r\n\r\n"};
  // A STUN binding request: the library's own STUN server must not answer.
  bad.push_back(std::string("\x00\x01\x00\x00\x21\x12\xa4\x42", 8) + std::string(12, 'a'));
  int count = 0;
  for (const std::string& datagram : bad) {
    stranger.send(datagram);
    EXPECT_THAT(stranger.ask("id" + std::to_string(++count)), StartsWith("SIP/2.0 200"))
        << "after datagram " << count;
  }
}

TEST(SipEndpoint, NeverAnswersStun) {
  EndpointFixture sip;
  SipEndpoint* endpoint = *sip.make({});
  Stranger stranger(endpoint->port());
  stranger.send(std::string("\x00\x01\x00\x00\x21\x12\xa4\x42", 8) + std::string(12, 'a'));
  stranger.send(stranger.request("after"));
  EXPECT_THAT(stranger.receive(), StartsWith("SIP/2.0 200"));
}

TEST(SipEndpoint, LongRequestLineCostsLittle) {
  EndpointFixture sip;
  SipEndpoint* endpoint = *sip.make({});
  Stranger stranger(endpoint->port());
  for (const char* piece : {"a", ";a", "%41", ".", "?a=b", "&", "@", ":", " "}) {
    std::string line = "OPTIONS sip:";
    while (line.size() < 60'000) line += piece;
    const auto before = sip.work();
    stranger.send(line + " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1\r\n\r\n");
    EXPECT_THAT(stranger.ask("after"), StartsWith("SIP/2.0 200"));
    EXPECT_LT(sip.work() - before, 20ms) << piece;
  }
}

// A stream that sends what cannot be a message, or too much of one, is cut off;
// others go on.
TEST(SipEndpoint, StreamOfRubbishIsCutOff) {
  EndpointFixture sip;
  SipEndpoint* endpoint = *sip.make({});
  SipEndpoint* other = *sip.make({});
  const std::string good = "OPTIONS sip:me@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1\r\n";
  for (const std::string& rubbish :
       {good + std::string(300'000, 'X'), std::string(300'000, 'X'), good + [] {
          std::string fields;
          while (fields.size() < 300'000) fields += "X: y\r\n";
          return fields;
        }()}) {
    const base::UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(endpoint->port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    const timeval patience{10, 0};
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    send(fd.get(), rubbish.data(), rubbish.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    char reply[8192];
    ssize_t size = 0;
    while ((size = recv(fd.get(), reply, sizeof reply, 0)) > 0) {
    }
    EXPECT_TRUE(size == 0 || errno == ECONNRESET) << errno;
    const auto answer =
        sip.options(*other, "sip:127.0.0.1:" + std::to_string(endpoint->port()) + ";transport=tcp");
    EXPECT_EQ(answer.status, 200);
  }
}

struct Bomb {
  const char* name;
  const char* first;
  const char* again;
  const char* last;
};

class HeaderBomb : public testing::TestWithParam<Bomb> {};

TEST_P(HeaderBomb, CostsLittle) {
  EndpointFixture sip;
  SipEndpoint* endpoint = *sip.make({});
  Stranger stranger(endpoint->port());
  std::string many = GetParam().first;
  while (many.size() < 62'000) many += GetParam().again;
  many += GetParam().last;
  std::string bomb = stranger.request("bomb", many);
  const auto before = sip.work();
  stranger.send(bomb);
  EXPECT_THAT(stranger.ask("after"), StartsWith("SIP/2.0 200"));
  const auto took = sip.work() - before;
  RecordProperty("microseconds", std::to_string(took / 1us));
  EXPECT_LT(took, 20ms);
}

INSTANTIATE_TEST_SUITE_P(
    Sip, HeaderBomb,
    testing::Values(
        Bomb{"unknown", "", "X:\r\n", ""}, Bomb{"contact", "", "m:<s:a>\r\n", ""},
        Bomb{"contacts", "", "m:<s:a>,<s:a>,<s:a>,<s:a>,<s:a>,<s:a>,<s:a>\r\n", ""},
        Bomb{"one_contact", "m:<s:a>", ",<s:a>", "\r\n"},
        Bomb{"via", "", "v:SIP/2.0/UDP a\r\n", ""},
        Bomb{"vias", "v:SIP/2.0/UDP a", ",SIP/2.0/UDP a", "\r\n"},
        Bomb{"route", "", "Route:<sip:a>\r\n", ""}, Bomb{"folded", "", "X: a\r\n b\r\n c\r\n", ""},
        Bomb{"much_folded", "X: a", "\r\n b", "\r\n"}, Bomb{"empty_items", "k:", ",", "\r\n"},
        Bomb{"accept", "", "Accept:a/b\r\n", ""}, Bomb{"params", "", "m:<s:a>;a;b;c;d;e;f\r\n", ""},
        Bomb{"many_params", "m:<s:a>", ";a", "\r\n"}, Bomb{"uri_params", "m:<sip:a", ";a", ">\r\n"},
        Bomb{"uri_headers", "m:<sip:a?a=b", "&a=b", ">\r\n"},
        Bomb{"quotes", "m:\"", "\\\"", "\"<sip:a>\r\n"}, Bomb{"open_quote", "m:\"", "a", "\r\n"},
        Bomb{"comments", "User-Agent:", "(", "\r\n"},
        Bomb{"auth", "Authorization: Digest a=b", ",a=b", "\r\n"},
        Bomb{"percent", "m:<sip:", "%41", "@a>\r\n"}, Bomb{"call_id", "", "i:x\r\n", ""},
        Bomb{"from", "", "f:<s:a>\r\n", ""}, Bomb{"spaces", "X: a", " ", "\r\n"}),
    [](const auto& bomb) { return std::string(bomb.param.name); });

}  // namespace
}  // namespace commd::sip::test
