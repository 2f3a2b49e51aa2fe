#include "daemon/net/certificate_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/certificates.h"

namespace commd::net {
namespace {

using testing::ElementsAre;

TEST(CertificateNames, WildcardsAreTheWholeLeftMostLabel) {
  EXPECT_TRUE(dns_name_matches("Example.org", "example.ORG"));
  EXPECT_TRUE(dns_name_matches("*.example.org", "chat.example.org"));
  for (const char* pattern :
       {"*.example.org", "*", "*.org", "c*.example.org", "*t.example.org", "chat.*.org", "*.*.org",
        "**.example.org", "xn--*.example.org", "example.org.", ".example.org", ""})
    for (const char* name : {"example.org", "a.chat.example.org", "chat.example.net"})
      EXPECT_FALSE(dns_name_matches(pattern, name)) << pattern << " " << name;
  for (const char* pattern : {"*", "*.org", "c*.example.org", "*t.example.org", "chat.*.org"})
    EXPECT_FALSE(dns_name_matches(pattern, "chat.example.org")) << pattern;
  EXPECT_FALSE(dns_name_matches("*.org", "example.org"));
  EXPECT_FALSE(dns_name_matches(std::string_view("example.org\0.evil.test", 22), "example.org"));
}

CertificateNames names_in(const std::string& alternative_names) {
  const auto identity = commd::test::make_identity(
      {.common_name = "cn.test", .alternative_names = alternative_names}, nullptr);
  return names_of(identity.certificate.get());
}

TEST(CertificateNames, AreReadFromTheCertificate) {
  const CertificateNames names = names_in(
      "DNS:a.test,DNS:*.b.test,IP:192.0.2.1,IP:2001:db8::1,email:x@a.test,"
      "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-client.a.test,"
      "otherName:1.3.6.1.5.5.7.8.5;UTF8:chat.test");
  EXPECT_THAT(names.dns, ElementsAre("a.test", "*.b.test"));
  ASSERT_EQ(names.addresses.size(), 2U);
  EXPECT_EQ(names.addresses[1].text(), "2001:db8::1");
  EXPECT_THAT(names.services, ElementsAre("_xmpp-client.a.test"));
  EXPECT_THAT(names.xmpp, ElementsAre("chat.test"));
}

TEST(CertificateNames, AddressesMatchAddressesAlone) {
  EXPECT_TRUE(matches(names_in("IP:192.0.2.1"), {"192.0.2.1", {}, false}));
  EXPECT_TRUE(matches(names_in("IP:::1"), {"[::1]", {}, false}));
  EXPECT_FALSE(matches(names_in("IP:192.0.2.1"), {"192.0.2.2", {}, false}));
  EXPECT_FALSE(matches(names_in("DNS:192.0.2.1"), {"192.0.2.1", {}, false}));
}

TEST(CertificateNames, TheCommonNameDoesNotCount) {
  EXPECT_FALSE(matches(names_in(""), {"cn.test", {}, false}));
  EXPECT_FALSE(matches(names_in("DNS:a.test"), {"cn.test", {}, false}));
}

TEST(CertificateNames, ServiceNamesCountForTheirServiceAlone) {
  const auto names = names_in("otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-client.a.test");
  EXPECT_TRUE(matches(names, {"a.test", {"_xmpps-client", "_xmpp-client"}, false}));
  EXPECT_FALSE(matches(names, {"a.test", {}, true}));
  EXPECT_FALSE(matches(names, {"a.test", {"_xmpp-server"}, false}));
  EXPECT_FALSE(matches(names, {"b.a.test", {"_xmpp-client"}, false}));
}

TEST(CertificateNames, XmppAddressesCountWhereTheyAreAskedFor) {
  const CertificateNames names{{},
                               {},
                               {},
                               {"B\xc3\xbc"
                                "cher.test"}};
  EXPECT_TRUE(matches(names, {"xn--bcher-kva.test", {}, true}));
  EXPECT_FALSE(matches(names, {"xn--bcher-kva.test", {}, false}));
  EXPECT_FALSE(matches(names, {"cher.test", {}, true}));
}

TEST(CertificateNames, ACertificateOfManyNamesIsRead) {
  std::string many = "DNS:n0.test";
  for (int i = 1; i < 1200; ++i) many += ",DNS:n" + std::to_string(i) + ".test";
  EXPECT_EQ(names_in(many).dns.size(), 1000U);
}

}  // namespace
}  // namespace commd::net
