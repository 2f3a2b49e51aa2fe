// RFC 3994: whether somebody types.
#include "daemon/sip/is_composing.h"

#include <gtest/gtest.h>

#include <string>

namespace commd::sip {
namespace {

using std::chrono::seconds;

std::string document(const std::string& inside) {
  return "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\">" + inside +
         "</isComposing>";
}

TEST(IsComposing, ReadsTheStateAndHowLongItHolds) {
  EXPECT_EQ(read_is_composing(document("<state>active</state><refresh>90</refresh>")),
            (IsComposing{true, seconds(90)}));
  EXPECT_EQ(read_is_composing(document("<state> active\n</state>")),
            (IsComposing{true, seconds(120)}));
  EXPECT_FALSE(read_is_composing(document("<state>idle</state>"))->active);
  EXPECT_FALSE(read_is_composing(document("<state>dreaming</state>"))->active);
}

TEST(IsComposing, BoundsHowLongItHolds) {
  const auto refresh = [](const std::string& text) {
    return read_is_composing(document("<state>active</state><refresh>" + text + "</refresh>"))
        ->refresh;
  };
  EXPECT_EQ(refresh("1"), seconds(10));
  EXPECT_EQ(refresh("4000000000"), seconds(600));
  EXPECT_EQ(refresh("99999999999999"), seconds(120));
  EXPECT_EQ(refresh("x"), seconds(120));
}

TEST(IsComposing, RefusesWhatIsNone) {
  for (const std::string& body :
       {std::string(), std::string("active"), std::string("<isComposing/>"), document(""),
        "<!DOCTYPE a>" + document("<state>active</state>")})
    EXPECT_FALSE(read_is_composing(body)) << body;
}

TEST(IsComposing, WhatIsWrittenReadsTheSame) {
  for (const IsComposing& each : {IsComposing{true, seconds(60)}, IsComposing{false, seconds(120)}})
    EXPECT_EQ(read_is_composing(write_is_composing(each)), each);
}

}  // namespace
}  // namespace commd::sip
