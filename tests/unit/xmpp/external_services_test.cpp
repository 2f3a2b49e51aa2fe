// Servers for STUN and TURN as the own server names them, and nobody else.
#include <gmock/gmock.h>

#include "daemon/xmpp/external_services.h"
#include "daemon/xmpp/message_stanza.h"
#include "daemon/xmpp/namespaces.h"
#include "tests/unit/xmpp/dino_stanzas.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp::test {
namespace {

using Kind = ExternalService::Kind;
using Transport = ExternalService::Transport;

const base::WallTime now = *parse_stamp("2026-11-22T11:16:49Z");

std::string services(const std::string& inner) {
  return "<iq type='result' id='1' from='lab.test'><services xmlns='urn:xmpp:extdisco:2'>" + inner +
         "</services></iq>";
}

struct ExternalServicesTest : testing::Test {
  ExternalServices known{*Jid::parse("alice@lab.test")};
  size_t usable(base::WallTime at = now) const { return known.usable(at).size(); }
};

TEST_F(ExternalServicesTest, AreAskedOfTheOwnServer) {
  const Stanza iq = known.request();
  EXPECT_EQ(iq.to(), "lab.test");
  EXPECT_EQ(iq.type(), "get");
  EXPECT_TRUE(iq.child("services", ns::kExternalServices));
}

TEST_F(ExternalServicesTest, ComeWithCredentialsThatEnd) {
  known.take_services(stanza_of(dino::services));
  const auto usable = known.usable(now);
  ASSERT_EQ(usable.size(), 2U);
  EXPECT_EQ(usable[0].kind, Kind::stun);
  EXPECT_EQ(usable[0].host, "10.77.0.1");
  EXPECT_EQ(usable[0].port, 23488);
  EXPECT_FALSE(usable[0].expire_time);
  EXPECT_EQ(usable[1].kind, Kind::turn);
  EXPECT_EQ(usable[1].transport, Transport::udp);
  EXPECT_EQ(usable[1].username, "1795432609");
  EXPECT_FALSE(usable[1].password.empty());
  ASSERT_TRUE(usable[1].expire_time);
  EXPECT_EQ(*usable[1].expire_time, *parse_stamp("2026-11-23T11:16:49Z"));
  EXPECT_EQ(known.renew_time(), *parse_stamp("2026-11-23T11:15:49Z"));
  EXPECT_EQ(known.usable(*parse_stamp("2026-11-23T11:16:00Z")).size(), 1U);
  EXPECT_FALSE(known.credentials_request());
}

TEST_F(ExternalServicesTest, WhatGoesWithoutSaying) {
  known.take_services(stanza_of(services(
      "<service type='stun' host='STUN.lab.test'/><service type='turns' host='2001:db8::1' "
      "username='u' password='p'/><service type='turn' host='a.test' port='80' transport='tcp' "
      "username='u' password='p'/>")));
  const auto usable = known.usable(now);
  ASSERT_EQ(usable.size(), 3U);
  EXPECT_EQ(usable[0].host, "stun.lab.test");
  EXPECT_EQ(usable[0].port, 3478);
  EXPECT_EQ(usable[1].port, 5349);
  EXPECT_EQ(usable[1].transport, Transport::tcp);
  EXPECT_EQ(usable[2].port, 80);
}

TEST_F(ExternalServicesTest, WhatIsNoneIsLeftOut) {
  std::string inner;
  for (const char* bad :
       {"type='ftp' host='a.test'", "type='stun'", "type='stun' host=''", "type='stun' host='a b'",
        "type='stun' host='a.test:80'", "type='stun' host='224.0.0.1'",
        "type='stun' host='0.0.0.0'", "type='stun' host='a.test' port='0'",
        "type='stun' host='a.test' port='70000'", "type='stun' host='a.test' transport='tls'",
        "type='turn' host='a.test'",
        "type='turn' host='a.test' username='u' password='p' expires='soon'",
        "type='turn' host='a.test' username='u&#10;' password='p'"})
    inner += std::string("<service ") + bad + "/>";
  known.take_services(stanza_of(services(inner)));
  EXPECT_EQ(usable(), 0U);
  std::string many;
  for (int i = 0; i < 100; ++i)
    many += "<service type='stun' host='a.test' port='" + std::to_string(1000 + i) + "'/>";
  known.take_services(stanza_of(services(many)));
  EXPECT_EQ(usable(), ExternalServices::most_services);
}

TEST_F(ExternalServicesTest, CredentialsAreAskedForWhereTheyLack) {
  known.take_services(stanza_of(services(
      "<service type='turn' host='a.test' port='3478' restricted='true'/>"
      "<service type='turn' host='b.test' restricted='1'/><service type='stun' host='c.test'/>")));
  EXPECT_EQ(usable(), 1U);
  const auto first = known.credentials_request();
  ASSERT_TRUE(first);
  const Element asked =
      first->child("credentials", ns::kExternalServices).child("service", ns::kExternalServices);
  EXPECT_EQ(asked.attribute("host"), "a.test");
  EXPECT_EQ(asked.attribute("type"), "turn");
  const auto second = known.credentials_request();
  ASSERT_TRUE(second);
  EXPECT_FALSE(known.credentials_request());
  known.take_credentials(stanza_of(
      "<iq type='result' id='1' from='lab.test'><credentials xmlns='urn:xmpp:extdisco:2'><service "
      "host='a.test' type='turn' username='u' password='p' expires='2026-11-22T12:00:00Z'/>"
      "<service host='new.test' type='turn' username='u' password='p'/></credentials></iq>"));
  ASSERT_EQ(usable(), 2U);
  EXPECT_EQ(known.usable(now)[0].username, "u");
  EXPECT_TRUE(known.usable(now)[0].expire_time);
}

std::string push(const std::string& inner, const std::string& from = "from='lab.test'") {
  return "<iq type='set' id='2' " + from + "><services xmlns='urn:xmpp:extdisco:2'>" + inner +
         "</services></iq>";
}

TEST_F(ExternalServicesTest, NewsComeFromTheOwnServerAlone) {
  const std::string evil = "<service type='stun' host='evil.test'/>";
  EXPECT_FALSE(known.take_push(stanza_of(push(evil)))) << "nobody has asked";
  known.take_services(stanza_of(services("<service type='stun' host='a.test'/>")));
  for (const char* from : {"from='eve@lab.test'", "from='lab.test.evil.test'", "from='evil.test'",
                           "from='alice@lab.test/other'", "from='lab.test/x'"})
    EXPECT_FALSE(known.take_push(stanza_of(push(evil, from)))) << from;
  EXPECT_EQ(usable(), 1U);
  for (const char* from : {"from='lab.test'", "", "from='alice@lab.test'"})
    EXPECT_TRUE(known.take_push(stanza_of(push("<service type='stun' host='b.test'/>", from))));
  EXPECT_EQ(usable(), 2U) << "the same, again";
}

TEST_F(ExternalServicesTest, NewsChangeAndRemove) {
  known.take_services(stanza_of(
      services("<service type='turn' host='a.test' username='u' password='p'/>"
               "<service type='turn' host='a.test' transport='tcp' username='u' password='p'/>")));
  EXPECT_TRUE(known.take_push(stanza_of(
      push("<service action='modify' type='turn' host='a.test' username='new' password='p'/>"))));
  auto now_known = known.usable(now);
  ASSERT_EQ(now_known.size(), 2U);
  EXPECT_EQ(now_known[1].username, "new");
  EXPECT_EQ(now_known[0].transport, Transport::tcp);
  EXPECT_TRUE(known.take_push(
      stanza_of(push("<service action='remove' type='turn' host='a.test' transport='tcp'/>"))));
  EXPECT_EQ(usable(), 1U);
  // As the XEP's example has it.
  EXPECT_TRUE(
      known.take_push(stanza_of(push("<service action='delete' type='turn' host='a.test'/>"))));
  EXPECT_EQ(usable(), 0U);
  EXPECT_FALSE(known.renew_time());
}

}  // namespace
}  // namespace commd::xmpp::test
