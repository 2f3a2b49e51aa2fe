#include "daemon/net/domain_name.h"

#include <gtest/gtest.h>

using namespace commd::net;

namespace {

std::string ascii(std::string_view name) {
  const auto result = ascii_domain(name);
  return result ? *result : result.error().reason;
}

TEST(DomainName, BecomesALabels) {
  EXPECT_EQ(ascii("Example.ORG."), "example.org");
  EXPECT_EQ(ascii("B\xc3\xbc"
                  "cher.example"),
            "xn--bcher-kva.example");
  // IDNA2008: the sharp s is a letter of its own.
  EXPECT_EQ(ascii("fa\xc3\x9f.de"), "xn--fa-hia.de");
  // Another full stop.
  EXPECT_EQ(ascii("a\xe3\x80\x82org"), "a.org");
  EXPECT_EQ(ascii("xn--bcher-kva.example"), "xn--bcher-kva.example");
}

TEST(DomainName, ServiceLabelsStay) {
  EXPECT_EQ(ascii("_xmpp-client._tcp.b\xc3\xbc"
                  "cher.example"),
            "_xmpp-client._tcp.xn--bcher-kva.example");
  EXPECT_EQ(ascii("_XMPP-Client._tcp.example.org"), "_xmpp-client._tcp.example.org");
}

TEST(DomainName, NonsenseIsRefusedInWords) {
  using namespace std::string_literals;
  for (const std::string& bad :
       {""s, "."s, "a..b"s, "a b"s, "a\0b.org"s, "\xff.org"s, std::string(64, 'a') + ".org",
        std::string(300, 'a'), "a@b"s, "1.2.3.4"s, "x/y"s, "_tcp.a..b"s})
    EXPECT_EQ(ascii(bad), "DOMAIN_INVALID") << bad;
  std::string longest;
  for (int i = 0; i < 62; ++i) longest += "abc.";
  EXPECT_EQ(ascii(longest + "abcde"), longest + "abcde");  // 253
  EXPECT_EQ(ascii(longest + "abcdef"), "DOMAIN_INVALID");
  const auto error = ascii_domain("a\x1b[31m.org").error();
  EXPECT_EQ(error.message.find('\x1b'), std::string::npos) << error.message;
  EXPECT_EQ(error.details.at("field"), "domain");
}

TEST(DomainName, LiteralsAreTold) {
  EXPECT_EQ(address_literal("192.0.2.7")->text(), "192.0.2.7");
  EXPECT_EQ(address_literal("[2001:DB8::1]")->text(), "2001:db8::1");
  EXPECT_EQ(address_literal("::1")->family(), Family::v6);
  for (const char* bad : {"[192.0.2.7]", "[::1", "1.2.3", "127.1", "example.org", ""})
    EXPECT_FALSE(address_literal(bad)) << bad;
  EXPECT_FALSE(address_literal(std::string_view("127.0.0.1\0x", 11)));
}

TEST(Endpoint, IsReadAsItIsWritten) {
  EXPECT_EQ(Endpoint::parse("127.0.0.1:5353", 53)->text(), "127.0.0.1:5353");
  EXPECT_EQ(Endpoint::parse("127.0.0.1", 53)->text(), "127.0.0.1:53");
  EXPECT_EQ(Endpoint::parse("[::1]:5353", 53)->text(), "[::1]:5353");
  EXPECT_EQ(Endpoint::parse("::1", 53)->text(), "[::1]:53");
  EXPECT_EQ(Endpoint::parse("[::1]", 53)->port, 53);
  for (const char* bad : {"", "x:1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "[::1]5",
                          "[127.0.0.1]:5", "127.0.0.1:1x", "[::1"})
    EXPECT_FALSE(Endpoint::parse(bad, 53)) << bad;
}

}  // namespace
