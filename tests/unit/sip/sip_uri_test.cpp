#include "daemon/sip/sip_uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace commd::sip {
namespace {

std::string canonical(std::string_view text) {
  const auto uri = parse_uri(text);
  return uri ? uri->to_string() : "error: " + uri.error().message;
}

std::string dialled(std::string_view text) {
  const auto uri = parse_dialled(text, "example.org");
  return uri ? uri->to_string() : "error: " + uri.error().reason;
}

TEST(SipUri, WritesOneCanonicalForm) {
  EXPECT_EQ(canonical("sip:alice@example.org"), "sip:alice@example.org");
  EXPECT_EQ(canonical("SIP:Alice@EXAMPLE.org"), "sip:Alice@example.org");
  EXPECT_EQ(canonical("sips:%61lice@example.org:5061"), "sips:alice@example.org:5061");
  EXPECT_EQ(canonical("sip:example.org"), "sip:example.org");
  EXPECT_EQ(canonical("sip:example.org."), "sip:example.org");
  EXPECT_EQ(canonical("sip:a@[2001:DB8::1]:5060;transport=TCP"),
            "sip:a@[2001:db8::1]:5060;transport=TCP");
  EXPECT_EQ(canonical("sip:a@192.0.2.1;lr;ttl=1?Subject=x%20y&Replaces=1%3Bto-tag%3D2"),
            "sip:a@192.0.2.1;lr;ttl=1?subject=x%20y&replaces=1%3Bto-tag%3D2");
  EXPECT_EQ(canonical("sip:+49-30;phone-context=x@example.org;user=phone"),
            "sip:+49-30;phone-context=x@example.org;user=phone");
  EXPECT_EQ(canonical("sip:j%C3%B6rg@example.org"), "sip:j%C3%B6rg@example.org");
  EXPECT_EQ(canonical("sip:j\u00f6rg@example.org"), "sip:j%C3%B6rg@example.org");
  EXPECT_EQ(canonical("sip:a%40b@example.org"), "sip:a%40b@example.org");
}

TEST(SipUri, GivesItsParts) {
  const SipUri uri = *parse_uri("sip:bob%20b@h.example:5080;Transport=TLS;x?Replaces=a%3Bb");
  EXPECT_EQ(uri.user, "bob b");
  EXPECT_EQ(uri.host, "h.example");
  EXPECT_EQ(uri.port, 5080);
  EXPECT_EQ(uri.transport(), "tls");
  EXPECT_EQ(uri.parameter("x"), "");
  EXPECT_EQ(uri.header("replaces"), "a;b");
  EXPECT_EQ(uri.address(), "sip:bob%20b@h.example:5080");
}

TEST(SipUri, NormalisesTelephoneNumbers) {
  EXPECT_EQ(canonical("tel:+49-(30)-12.34"), "tel:+49301234");
  EXPECT_EQ(canonical("tel:*21#;phone-context=example.org"), "tel:*21#;phone-context=example.org");
  EXPECT_EQ(reached_at(*parse_uri("tel:+1-201-555-0123"), "example.org").to_string(),
            "sip:+12015550123@example.org;user=phone");
  EXPECT_EQ(reached_at(*parse_uri("sip:a@b"), "example.org").to_string(), "sip:a@b");
}

TEST(SipUri, RefusesWhatIsNoAddress) {
  for (const char* text : {"",
                           "sip:",
                           "sip:@example.org",
                           "alice@example.org",
                           "http://a",
                           "sip:a@",
                           "sip:a@b@c",
                           "sip:a:secret@example.org",
                           "sip:a@example..org",
                           "sip:a@-x.org",
                           "sip:a@b:0",
                           "sip:a@b:65536",
                           "sip:a@b:",
                           "sip:a@b:5060x",
                           "sip:a@[::1",
                           "sip:a@[zz]",
                           "sip:a@[::1]x",
                           "sip:a@::1::2",
                           "sip:%0d%0aX@b",
                           "sip:%zz@b",
                           "sip:%4",
                           "sip:%ff@b",
                           "sip:a b@c",
                           "sip:<a@b>",
                           "sip:a@b;=x",
                           "sip:a@b;;x",
                           "sip:\x01@b",
                           "sip:a@b\u00e4",
                           "tel:",
                           "tel:+",
                           "tel:abc",
                           "tel:12x",
                           "tel:1+2",
                           "sip:a\"@b",
                           "im:a@b"}) {
    const auto uri = parse_uri(text);
    ASSERT_FALSE(uri) << text << " -> " << uri->to_string();
    EXPECT_EQ(uri.error().reason, "INVALID_ADDRESS") << text;
  }
  EXPECT_FALSE(parse_uri("sip:" + std::string(9000, 'a') + "@b"));
  EXPECT_FALSE(parse_uri("sip:a@" + std::string(300, 'a')));
  std::string many = "sip:a@b";
  for (int i = 0; i < 100; ++i) many += ";p";
  EXPECT_FALSE(parse_uri(many));
}

TEST(SipUri, UnderstandsWhatPeopleType) {
  EXPECT_EQ(dialled("bob"), "sip:bob@example.org");
  EXPECT_EQ(dialled("  bob \n"), "sip:bob@example.org");
  EXPECT_EQ(dialled("bob@other.org"), "sip:bob@other.org");
  EXPECT_EQ(dialled("bob@other.org:5080"), "sip:bob@other.org:5080");
  EXPECT_EQ(dialled("+49 (30) 12-34"), "sip:+49301234@example.org");
  EXPECT_EQ(dialled("*43#"), "sip:*43%23@example.org");
  EXPECT_EQ(dialled("110"), "sip:110@example.org");
  EXPECT_EQ(dialled("tel:+49 30 1234"), "tel:+49301234");
  EXPECT_EQ(dialled("SIPS:bob@other.org"), "sips:bob@other.org");
  EXPECT_EQ(dialled("joe smith"), "sip:joe%20smith@example.org");
  EXPECT_EQ(dialled("a:b"), "sip:a%3Ab@example.org");
  for (const char* text : {"", "  ", "---", "+", "()", "bob@", "@b", "a@b@c", "sip:", "bob@x y"})
    EXPECT_EQ(dialled(text), "error: INVALID_ADDRESS") << text;
}

TEST(HostPort, TakesEveryForm) {
  const auto expect = [](const char* text, const char* host, uint16_t port) {
    const auto result = parse_host_port(text);
    ASSERT_TRUE(result) << text;
    EXPECT_EQ(result->host, host);
    EXPECT_EQ(result->port, port);
  };
  expect("Example.ORG", "example.org", 0);
  expect("example.org:5061", "example.org", 5061);
  expect("192.0.2.1:5060", "192.0.2.1", 5060);
  expect("[2001:db8::1]:5060", "2001:db8::1", 5060);
  expect("2001:DB8::1", "2001:db8::1", 0);
  for (const char* text :
       {"", ":5060", "a..", ".", "a:b", "a:99999", "[::1]5060", "[a]:1", "a b", "a,b", "a/b"})
    EXPECT_FALSE(parse_host_port(text)) << text;
  for (const char* text : {"::8", "[::8]", "192.0.2.1"})
    EXPECT_FALSE(parse_host_port(text + std::string("\0]", 2))) << text;
  EXPECT_EQ(bracketed("2001:db8::1"), "[2001:db8::1]");
  EXPECT_EQ(bracketed("192.0.2.1"), "192.0.2.1");
  EXPECT_TRUE(is_ip_literal("::1"));
  EXPECT_FALSE(is_ip_literal("example.org"));
}

}  // namespace
}  // namespace commd::sip
