// Endpoints that move from one address of the machine to another: all of 127/8 are its own.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>
#include <sys/socket.h>

#include "daemon/sip/sip_flow.h"
#include "tests/unit/sip/certificates.h"
#include "tests/unit/sip/endpoint_fixture.h"

namespace commd::sip::test {
namespace {

using testing::ElementsAre;

std::string uri(const SipEndpoint& endpoint, const std::string& more = {}) {
  return "sip:" + endpoint.options().bind_address + ":" + std::to_string(endpoint.port()) + more;
}

class EndpointMove : public testing::Test {
 protected:
  base::Result<void> move(SipEndpoint& endpoint, const std::string& ip) {
    base::Result<void> result;
    sip_.run([&] { result = endpoint.move_to(ip); });
    return result;
  }
  EndpointFixture sip_;
};

// Takes everything and says nothing.
class Mute {
 public:
  Mute() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    bind(stream_.get(), reinterpret_cast<sockaddr*>(&address), length);
    getsockname(stream_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    bind(datagram_.get(), reinterpret_cast<sockaddr*>(&address), length);
    listen(stream_.get(), 8);
    port_ = ntohs(address.sin_port);
  }
  std::string uri(const std::string& more = {}) const {
    return "sip:127.0.0.1:" + std::to_string(port_) + more;
  }

 private:
  base::UniqueFd stream_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  base::UniqueFd datagram_{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  uint16_t port_ = 0;
};

TEST_F(EndpointMove, SpeaksFromTheNewAddressAndIsReachedThere) {
  SipEndpoint* a = *sip_.make({});
  SipEndpoint* b = *sip_.make({});
  const uint16_t port = a->port();
  for (const char* transport : {"", ";transport=tcp"})
    EXPECT_EQ(sip_.options(*a, uri(*b, transport)).status, 200);
  ASSERT_TRUE(move(*a, "127.0.0.2"));
  EXPECT_EQ(a->moves(), 1u);
  EXPECT_EQ(a->options().bind_address, "127.0.0.2");
  EXPECT_EQ(a->port(), port) << "it was free there, too";
  EXPECT_THAT(a->listening(), ElementsAre("udp 127.0.0.2:" + std::to_string(port),
                                          "tcp 127.0.0.2:" + std::to_string(port)));
  for (const char* transport : {"", ";transport=tcp"}) {
    EXPECT_EQ(sip_.options(*a, uri(*b, transport)).status, 200) << transport;
    EXPECT_EQ(sip_.asked().back().source.ip, "127.0.0.2") << transport;
    EXPECT_EQ(sip_.options(*b, uri(*a, transport)).status, 200) << transport;
  }
  EXPECT_TRUE(sip_.make({.port = port})) << "nobody listens there any more";
}

TEST_F(EndpointMove, TakesAnotherPortWhereItsOwnIsTaken) {
  SipEndpoint* a = *sip_.make({});
  ASSERT_TRUE(sip_.make({.bind_address = "127.0.0.2", .port = a->port()}));
  const uint16_t before = a->port();
  ASSERT_TRUE(move(*a, "127.0.0.2"));
  EXPECT_NE(a->port(), before);
  SipEndpoint* b = *sip_.make({});
  EXPECT_EQ(sip_.options(*b, uri(*a)).status, 200);
}

TEST_F(EndpointMove, StaysWhereItIsIfTheAddressIsNotOurs) {
  SipEndpoint* a = *sip_.make({});
  SipEndpoint* b = *sip_.make({});
  const auto moved = move(*a, "192.0.2.1");
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().reason, "ADDRESS_NOT_LOCAL");
  EXPECT_EQ(a->moves(), 0u);
  EXPECT_EQ(sip_.options(*a, uri(*b)).status, 200);
}

TEST_F(EndpointMove, GoesToTheOtherFamilyAndBack) {
  SipEndpoint* a = *sip_.make({});
  SipEndpoint* four = *sip_.make({});
  SipEndpoint* six = *sip_.make({.bind_address = "::1"});
  ASSERT_TRUE(move(*a, "::1"));
  EXPECT_EQ(sip_.options(*a, "sip:[::1]:" + std::to_string(six->port())).status, 200);
  ASSERT_TRUE(move(*a, "127.0.0.1"));
  EXPECT_EQ(sip_.options(*a, uri(*four)).status, 200);
}

TEST_F(EndpointMove, WhatHasNoAnswerYetEndsAtOnce) {
  const Mute mute;
  SipEndpoint* a = *sip_.make({});
  SipEndpoint* b = *sip_.make({});
  for (int i = 0; i < 8; ++i)
    for (const char* transport : {"", ";transport=tcp"}) sip_.send_options(*a, mute.uri(transport));
  // Nothing is on its way but what was sent before.
  EXPECT_EQ(sip_.options(*a, uri(*b)).status, 200);
  ASSERT_TRUE(move(*a, "127.0.0.2"));
  EXPECT_TRUE(sip_.wait_for_answers(17)) << "each with 503, long before its time is over";
  EXPECT_EQ(sip_.options(*a, uri(*b)).status, 200);
}

TEST_F(EndpointMove, AnAnswerThatIsStillToBeGivenLeavesFromThere) {
  SipEndpoint* a = *sip_.make({});
  SipEndpoint* b = *sip_.make({});
  sip_.keep_requests(true);
  sip_.send_options(*b, uri(*a));
  ASSERT_TRUE(sip_.wait_for_asked(1));
  ASSERT_TRUE(move(*a, "127.0.0.2"));
  sip_.keep_requests(false);
  EXPECT_TRUE(sip_.wait_for_answers(1));
}

TEST_F(EndpointMove, AConnectionThatIsHeldIsLetGo) {
  SipEndpoint* a = *sip_.make({});
  SipEndpoint* b = *sip_.make({});
  std::unique_ptr<SipFlow> flow;
  int lost = 0;
  sip_.run([&] {
    flow = SipFlow::take(*a, {"tcp", "127.0.0.1", "127.0.0.1", b->port()}, [&] { ++lost; });
    EXPECT_TRUE(flow->open());
  });
  ASSERT_TRUE(move(*a, "127.0.0.2"));
  sip_.run([&] { EXPECT_FALSE(flow->open()); });
  EXPECT_EQ(sip_.options(*a, uri(*b, ";transport=tcp")).status, 200);
  sip_.run([&] {
    EXPECT_EQ(lost, 0) << "whoever moves it knows";
    flow.reset();
  });
}

TEST_F(EndpointMove, MayBeDoneOverAndOver) {
  SipEndpoint* a = *sip_.make({});
  SipEndpoint* b = *sip_.make({});
  for (int i = 0; i < 20; ++i) {
    for (const char* transport : {"", ";transport=tcp"})
      EXPECT_EQ(sip_.options(*a, uri(*b, transport)).status, 200);
    ASSERT_TRUE(move(*a, "127.0.0." + std::to_string(2 + i % 3)));
  }
}

}  // namespace
}  // namespace commd::sip::test
