#include "daemon/base/redact.h"

#include <gtest/gtest.h>

namespace commd::base {
namespace {

TEST(RedactSip, HidesCredentialsAndKeys) {
  EXPECT_EQ(
      redact_sip("INVITE sip:b@c SIP/2.0\r\n"
                 "Authorization: Digest username=\"a\", response=\"6629\"\r\n"
                 "proxy-authorization:Digest response=\"6629\"\r\n"
                 "WWW-Authenticate: Digest nonce=\"n\"\r\n"
                 "To: <sip:b@c>\r\n"
                 "\r\n"
                 "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1\r\n"
                 "a=ice-pwd:asd88fgpdd777uzjYhagZg\r\n"
                 "a=rtpmap:0 PCMU/8000\r\n"),
      "INVITE sip:b@c SIP/2.0\r\n"
      "Authorization: [redacted]\r\n"
      "proxy-authorization: [redacted]\r\n"
      "WWW-Authenticate: [redacted]\r\n"
      "To: <sip:b@c>\r\n"
      "\r\n"
      "a=crypto:[redacted]\r\n"
      "a=ice-pwd:[redacted]\r\n"
      "a=rtpmap:0 PCMU/8000\r\n");
}

TEST(RedactSip, HidesFoldedLines) {
  EXPECT_EQ(
      redact_sip(
          "Authorization: Digest\r\n response=\"6629\",\r\n\tcnonce=\"c\"\r\nTo: x\r\n y\r\n"),
      "Authorization: [redacted]\r\nTo: x\r\n y\r\n");
}

TEST(RedactSip, ABareCarriageReturnHidesNothing) {
  EXPECT_EQ(redact_sip("To: x\rAuthorization: Digest r=\"6629\"\rFrom: y\n"),
            "To: x\rAuthorization: [redacted]\rFrom: y\n");
}

TEST(RedactSip, HidesPasswordsOfUris) {
  EXPECT_EQ(redact_sip("To: <sip:alice:secret@example.org>, <SIPS:bob:s2@example.org:5061>\n"),
            "To: <sip:alice:[redacted]@example.org>, <SIPS:bob:[redacted]@example.org:5061>\n");
  EXPECT_EQ(redact_sip("Contact: <sip:alice@192.0.2.1:5060;transport=tcp>"),
            "Contact: <sip:alice@192.0.2.1:5060;transport=tcp>");
  EXPECT_EQ(redact_sip("Route: <sip:example.org:5060;lr>, <sip:a@b>"),
            "Route: <sip:example.org:5060;lr>, <sip:a@b>");
}

TEST(RedactSip, WorksAtTheEndOfText) {
  EXPECT_EQ(redact_sip("Authorization"), "Authorization: [redacted]");
  EXPECT_EQ(redact_sip("a=crypto:1 X inline:k"), "a=crypto:[redacted]");
  EXPECT_EQ(redact_sip(""), "");
  EXPECT_EQ(redact_sip("sip:"), "sip:");
  EXPECT_EQ(redact_sip("sip:@"), "sip:@");
  EXPECT_EQ(redact_sip("\r\n\r\n"), "\r\n\r\n");
}

}  // namespace
}  // namespace commd::base
