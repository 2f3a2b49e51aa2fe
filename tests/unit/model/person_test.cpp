#include "daemon/model/person.h"

#include <gtest/gtest.h>

namespace commd::model {
namespace {

std::string address(const std::string& typed) {
  const auto made = person_address(typed, "xmpp:");
  return made ? *made : "refused: " + made.error().details.at("field");
}

TEST(PersonAddress, TwoSpellingsAreOne) {
  EXPECT_EQ(address("XMPP:Bob@Example.org/phone"), "xmpp:bob@example.org");
  EXPECT_EQ(address("Bob@Example.ORG"), "xmpp:bob@example.org");
  EXPECT_EQ(address("sip:Bob@Example.org;transport=tls"), "sip:Bob@example.org");
  EXPECT_EQ(address("sips:bob@example.org?subject=x"), "sips:bob@example.org");
  EXPECT_EQ(address("mailto:Bob@Example.org"), "mailto:Bob@example.org");
  EXPECT_EQ(address("tel:+49-30-123;ext=4"), "tel:+4930123");
  EXPECT_EQ(address("+49 (30) 1234"), "tel:+49301234");
}

TEST(PersonAddress, RefusesWhatIsNone) {
  for (const char* wrong : {"", "bob", "xmpp:", "xmpp:@example.org", "sip:bob@", "tel:abc", "+",
                            "http://example.org", "a b@example.org", "xmpp:a<b@example.org"})
    EXPECT_EQ(address(wrong), "refused: address") << wrong;
  EXPECT_EQ(address(std::string(2000, 'a') + "@example.org"), "refused: address");
}

TEST(Folded, CaseAndBlanksDoNotCount) {
  EXPECT_EQ(folded("  Bob\t  Marley "), "bob marley");
  EXPECT_EQ(folded(""), "");
}

}  // namespace
}  // namespace commd::model
