#include "daemon/discovery/options_ping.h"

#include <gmock/gmock.h>

namespace commd::discovery {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(OptionsPing, IsAWholeRequest) {
  const std::string text =
      options_ping("example.org", *net::Endpoint::parse("[2001:db8::1]:40000", 0), "t0ken");
  EXPECT_THAT(text, StartsWith("OPTIONS sip:example.org SIP/2.0\r\n"));
  EXPECT_THAT(text,
              HasSubstr("Via: SIP/2.0/UDP [2001:db8::1]:40000;rport;branch=z9hG4bKt0ken\r\n"));
  EXPECT_THAT(text, EndsWith("Content-Length: 0\r\n\r\n"));
}

TEST(OptionsPing, AnyResponseIsAnAnswer) {
  EXPECT_TRUE(is_sip_response("SIP/2.0 200 OK\r\n\r\n"));
  EXPECT_TRUE(is_sip_response("SIP/2.0 483"));
  for (const char* other : {"", "SIP/2.0", "SIP/2.0 ", "SIP/2.0 4", "SIP/2.0 ok!",
                            "HTTP/1.1 200 OK", "OPTIONS sip:a SIP/2.0\r\n\r\n"})
    EXPECT_FALSE(is_sip_response(other)) << other;
}

}  // namespace
}  // namespace commd::discovery
