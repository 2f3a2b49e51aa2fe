#include "daemon/sip/registrar_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace commd::sip {
namespace {

using enum model::SipTransport;
using testing::ElementsAre;

model::Account account(const std::string& address, const std::string& server = {},
                       const std::string& proxy = {}, model::SipTransport transport = automatic) {
  model::Account made;
  made.address = address;
  made.settings.server = server;
  made.settings.outbound_proxy = proxy;
  made.settings.transport = transport;
  return made;
}

RegistrarTarget target(const model::Account& of) {
  const auto found = registrar_target(of);
  EXPECT_TRUE(found) << found.error().message;
  return found.value_or(RegistrarTarget{});
}

TEST(RegistrarTarget, IsTheDomainOfTheAddress) {
  const RegistrarTarget found = target(account("sip:alice@Example.org"));
  EXPECT_EQ(found.user, "alice");
  EXPECT_EQ(found.address, "sip:alice@example.org");
  EXPECT_EQ(found.request_uri, "sip:example.org");
  EXPECT_EQ(found.first, (Hop{"example.org", 0, automatic}));
  EXPECT_FALSE(found.via_proxy);
  EXPECT_THAT(found.own_names, ElementsAre("example.org"));
}

TEST(RegistrarTarget, OfAServerKeepsTheDomainInTheRequest) {
  const RegistrarTarget found = target(account("sip:alice@example.org", "pbx.example.net:5070"));
  EXPECT_EQ(found.request_uri, "sip:example.org");
  EXPECT_EQ(found.first, (Hop{"pbx.example.net", 5070, automatic}));
  EXPECT_THAT(found.own_names, ElementsAre("example.org", "pbx.example.net"));
}

TEST(RegistrarTarget, SecureAddressesAndThePortOfTlsMeanTls) {
  EXPECT_EQ(target(account("sips:alice@example.org")).first.transport, tls);
  EXPECT_EQ(target(account("sips:alice@example.org", "", "", udp)).first.transport, tls);
  EXPECT_EQ(target(account("sip:alice@example.org", "pbx:5061")).first.transport, tls);
  EXPECT_EQ(target(account("sip:alice@example.org", "pbx:5061", "", tcp)).first.transport, tcp);
  EXPECT_EQ(target(account("sip:alice@example.org", "", "", tcp)).first.transport, tcp);
}

TEST(RegistrarTarget, OfAnOutboundProxyNamesTheServerBehindIt) {
  const RegistrarTarget found =
      target(account("sip:alice@example.org", "pbx:5070", "<sip:edge.example.org;transport=tcp>"));
  EXPECT_TRUE(found.via_proxy);
  EXPECT_EQ(found.first, (Hop{"edge.example.org", 0, tcp}));
  EXPECT_EQ(found.server_route, "<sip:pbx:5070;lr>");
  EXPECT_THAT(found.own_names, ElementsAre("example.org", "pbx", "edge.example.org"));
  EXPECT_EQ(target(account("sip:a@b.test", "", "edge.test:5060")).first,
            (Hop{"edge.test", 5060, automatic}));
  EXPECT_EQ(target(account("sip:a@b.test", "", "sips:edge.test")).first.transport, tls);
}

TEST(RegistrarTarget, SpeaksOfIpv6WithAndWithoutBrackets) {
  const RegistrarTarget found = target(account("sip:alice@[2001:db8::1]", "[2001:db8::2]:5070"));
  EXPECT_EQ(found.request_uri, "sip:[2001:db8::1]");
  EXPECT_EQ(found.first, (Hop{"2001:db8::2", 5070, automatic}));
  EXPECT_EQ(hop_uri(found.first, tcp), "sip:[2001:db8::2]:5070;transport=tcp");
  EXPECT_EQ(target(account("sip:alice@a.test", "2001:db8::2")).first.host, "2001:db8::2");
}

TEST(RegistrarTarget, KnowsLocalhostWithoutANameServer) {
  EXPECT_EQ(target(account("sip:alice@a.test", "localhost:5070")).first,
            (Hop{"127.0.0.1", 5070, automatic}));
}

TEST(RegistrarTarget, NamesTheSettingThatIsWrong) {
  const auto reason = [](const model::Account& of) { return registrar_target(of).error().reason; };
  for (const char* address :
       {"", "alice", "sip:example.org", "tel:+4930", "sip:alice@", "sip:a@b@c"})
    EXPECT_EQ(reason(account(address)), "ADDRESS_INVALID") << address;
  for (const char* server : {":5060", "a b", "a:0", "a:70000", "[::1", "sip:pbx", "a\r\nb"})
    EXPECT_EQ(reason(account("sip:a@b.test", server)), "SERVER_INVALID") << server;
  for (const char* proxy : {"sip:", "http://x", "<sip:a", "sip:a;lr>\r\nX: y"})
    EXPECT_EQ(reason(account("sip:a@b.test", "", proxy)), "OUTBOUND_PROXY_INVALID") << proxy;
}

TEST(RegistrarTarget, WritesHops) {
  EXPECT_EQ(hop_uri({"a.test", 0, automatic}, automatic), "sip:a.test");
  EXPECT_EQ(hop_uri({"a.test", 5062, automatic}, udp), "sip:a.test:5062;transport=udp");
  EXPECT_EQ(hop_route({"a.test", 0, automatic}, tls), "<sip:a.test;transport=tls;lr>");
}

}  // namespace
}  // namespace commd::sip
