#include "daemon/xmpp/component_negotiator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/xmpp/namespaces.h"
#include "tests/unit/xmpp/login_fixture.h"

namespace commd::xmpp {
namespace {

using test::kHeader;
using test::Login;
using testing::HasSubstr;

TEST(StreamError, HostsAndPorts) {
  EXPECT_EQ(parse_host_port("Example.ORG"), (HostPort{"example.org", 0}));
  EXPECT_EQ(parse_host_port("example.org:5222"), (HostPort{"example.org", 5222}));
  EXPECT_EQ(parse_host_port("[2001:db8::1]:9222"), (HostPort{"2001:db8::1", 9222}));
  EXPECT_EQ(parse_host_port("[::1]"), (HostPort{"::1", 0}));
  EXPECT_EQ(parse_host_port("2001:db8::1"), (HostPort{"2001:db8::1", 0}));
  EXPECT_EQ(parse_host_port("192.0.2.1:1"), (HostPort{"192.0.2.1", 1}));
  for (const char* broken : {"", ":", ":5222", "a:", "a:0", "a:65536", "a:-1", "a:1x", "a b", "a/b",
                             "[::1", "[]", "[1.2.3.4]:1", "[::1]5222", "a:1:2", "user@host"})
    EXPECT_FALSE(parse_host_port(broken)) << broken;
  EXPECT_FALSE(parse_host_port(std::string_view("a\0b", 3)));
}

// ---- components ------------------------------------------------------------------------------

const std::string kComponentHeader =
    "<stream:stream xmlns='jabber:component:accept' "
    "xmlns:stream='http://etherx.jabber.org/streams' from='gw.example.org' id='3BF96D32'>";

struct ComponentLogin {
  ComponentLogin() {
    negotiator.start();
    take();
  }
  void server(const std::string& bytes) {
    sent.clear();
    negotiator.received(bytes);
    take();
  }
  void take() {
    for (LoginAction& action : negotiator.take_actions()) {
      if (auto* bytes = std::get_if<SendBytes>(&action)) sent += bytes->bytes;
      if (std::holds_alternative<Ready>(action)) ready = true;
      if (auto* failed = std::get_if<Failed>(&action)) reason = failed->error.reason;
    }
  }
  StreamManagement management;
  ComponentNegotiator negotiator{*Jid::parse("gw.example.org"), base::Secret("secret"), management};
  std::string sent, reason;
  bool ready = false;
};

TEST(ComponentNegotiator, LogsIn) {
  ComponentLogin login;
  EXPECT_EQ(Login::attribute_of(login.sent, "to"), "gw.example.org");
  EXPECT_THAT(login.sent, HasSubstr("xmlns='jabber:component:accept'"));
  login.server(kComponentHeader);
  EXPECT_EQ(login.sent, "<handshake>b09ea9b3b7f586be8a08d0a3dd7466f110aeb136</handshake>");
  login.server("<handshake/><message from='a@b' to='gw.example.org'/>");
  EXPECT_TRUE(login.ready);
  const auto event = login.negotiator.take_reader()->next();
  ASSERT_TRUE(event && *event);
  EXPECT_TRUE(std::get<Stanza>(**event).is("message", ns::kClient));
}

TEST(ComponentNegotiator, Fails) {
  ComponentLogin refused;
  refused.server(kComponentHeader +
                 "<stream:error><not-authorized "
                 "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
  EXPECT_EQ(refused.reason, "COMPONENT_SECRET_REFUSED");
  ComponentLogin client;
  client.server(kHeader);
  EXPECT_EQ(client.reason, "NOT_XMPP");
  ComponentLogin anonymous;
  anonymous.server(
      "<stream:stream xmlns='jabber:component:accept' "
      "xmlns:stream='http://etherx.jabber.org/streams'>");
  EXPECT_EQ(anonymous.reason, "NOT_XMPP") << "a handshake without an id could be replayed";
  ComponentLogin early;
  early.server(kComponentHeader + "<message/>");
  EXPECT_EQ(early.reason, "LOGIN_UNEXPECTED");
  ComponentLogin broken;
  broken.server(kComponentHeader + "<!DOCTYPE");
  EXPECT_EQ(broken.reason, "XML_DOCTYPE");
  ComponentLogin closed;
  closed.negotiator.closed();
  closed.take();
  EXPECT_EQ(closed.reason, "CONNECTION_CLOSED");
}

}  // namespace
}  // namespace commd::xmpp
