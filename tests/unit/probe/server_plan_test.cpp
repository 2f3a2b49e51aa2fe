#include "daemon/probe/server_plan.h"

#include <gmock/gmock.h>

namespace commd::probe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

model::Account account(const std::string& address) {
  model::Account made;
  made.address = address;
  made.protocol = address.starts_with("xmpp:") ? model::Protocol::xmpp : model::Protocol::sip;
  return made;
}

std::vector<std::string> services_of(const net::ServiceQuery& query) {
  std::vector<std::string> names;
  for (const net::Service& each : query.services) names.push_back(each.name);
  return names;
}

TEST(ServerPlanTest, XmppIsFoundByItsDomain) {
  const auto plan = plan_for(account("xmpp:alice@Bücher.example"));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->host, "xn--bcher-kva.example");
  EXPECT_THAT(services_of(plan->published), ElementsAre("_xmpps-client._tcp", "_xmpp-client._tcp"));
  EXPECT_THAT(services_of(plan->secure), ElementsAre("_xmpps-client._tcp", "_xmpp-client._tcp"));
  EXPECT_EQ(plan->certificate.domain, "xn--bcher-kva.example");
  EXPECT_TRUE(plan->certificate.xmpp);
}

TEST(ServerPlanTest, ANamedXmppServerIsCheckedForTheDomain) {
  model::Account made = account("xmpp:alice@example.org");
  made.settings.server = "im.example.net:5223";
  auto plan = plan_for(made);
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->published.services, IsEmpty());
  ASSERT_EQ(plan->secure_targets.size(), 1U);
  EXPECT_EQ(plan->secure_targets[0].host, "im.example.net");
  EXPECT_EQ(plan->secure_targets[0].tag, static_cast<int>(ServerPlan::Tls::direct));
  EXPECT_EQ(plan->certificate.domain, "example.org");
  made.settings.server = "192.0.2.1";
  plan = plan_for(made);
  EXPECT_TRUE(plan->literal);
  EXPECT_EQ(plan->secure_targets[0].port, 5222);
  EXPECT_EQ(plan->secure_targets[0].tag, static_cast<int>(ServerPlan::Tls::starttls));
}

TEST(ServerPlanTest, TheTransportOfXmppSaysWhichTls) {
  model::Account made = account("xmpp:alice@example.org");
  made.settings.transport = model::SipTransport::tcp;
  EXPECT_THAT(services_of(plan_for(made)->published), ElementsAre("_xmpp-client._tcp"));
  made.settings.transport = model::SipTransport::tls;
  EXPECT_THAT(services_of(plan_for(made)->secure), ElementsAre("_xmpps-client._tcp"));
  EXPECT_EQ(plan_for(made)->secure.fallback->port, 5223);
  made.settings.server = "192.0.2.1:7000";
  EXPECT_EQ(plan_for(made)->secure_targets[0].tag, static_cast<int>(ServerPlan::Tls::direct));
}

TEST(ServerPlanTest, SipAsksForWhatItsTransportAllows) {
  model::Account made = account("sip:alice@example.org");
  EXPECT_THAT(services_of(plan_for(made)->published),
              ElementsAre("_sips._tcp", "_sip._tcp", "_sip._udp"));
  EXPECT_THAT(services_of(plan_for(made)->secure), ElementsAre("_sips._tcp"));
  EXPECT_FALSE(plan_for(made)->secure.fallback);
  made.settings.transport = model::SipTransport::tls;
  EXPECT_THAT(services_of(plan_for(made)->published), ElementsAre("_sips._tcp"));
  EXPECT_EQ(plan_for(made)->secure.fallback->port, 5061);
  made.settings.transport = model::SipTransport::udp;
  EXPECT_THAT(services_of(plan_for(made)->published), ElementsAre("_sip._udp"));
  EXPECT_THAT(services_of(plan_for(made)->secure), IsEmpty());
  EXPECT_THAT(plan_for(made)->not_secure, HasSubstr("udp"));
}

TEST(ServerPlanTest, WhatIsInUseDecides) {
  model::Account made = account("sip:alice@example.org");
  made.state = model::AccountState::online;
  made.server_in_use = "udp example.org (192.0.2.1:5060)";
  EXPECT_THAT(plan_for(made)->not_secure, HasSubstr("udp"));
  made.server_in_use = "tls example.org (192.0.2.1:5061)";
  EXPECT_THAT(plan_for(made)->not_secure, IsEmpty());
  EXPECT_THAT(services_of(plan_for(made)->secure), ElementsAre("_sips._tcp"));
}

TEST(ServerPlanTest, AProxyGoesBeforeAServer) {
  model::Account made = account("sip:alice@example.org");
  made.settings.server = "registrar.example.org";
  made.settings.outbound_proxy = "sip:edge.example.net:5071;transport=tls";
  const auto plan = plan_for(made);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->host, "edge.example.net");
  ASSERT_EQ(plan->secure_targets.size(), 1U);
  EXPECT_EQ(plan->secure_targets[0].port, 5071);
  EXPECT_EQ(plan->certificate.domain, "edge.example.net");
}

TEST(ServerPlanTest, AnAddressLiteralIsNotLookedUp) {
  const auto plan = plan_for(account("sip:alice@192.0.2.1:5061"));
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->literal);
  EXPECT_THAT(plan->published.services, IsEmpty());
  EXPECT_EQ(plan->secure_targets[0].port, 5061);
}

}  // namespace
}  // namespace commd::probe
