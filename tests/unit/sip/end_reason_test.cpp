// What the end of a call is by a status, and by one that nobody has sent.
#include "daemon/sip/end_reason.h"

#include <gtest/gtest.h>

namespace commd::sip {
namespace {

using model::EndReason;

TEST(EndReason, OfAnAnswer) {
  const ports::LegEnd busy = end_of_status(486, "Busy Here");
  EXPECT_EQ(busy.reason, EndReason::busy);
  EXPECT_EQ(busy.by, model::EndedBy::remote);
  EXPECT_EQ(end_of_status(416, "Unsupported URI Scheme").reason, EndReason::not_found);
  const ports::LegEnd server = end_of_status(503, "Service Unavailable");
  EXPECT_EQ(server.reason, EndReason::unreachable);
  EXPECT_EQ(server.detail.sip_code, 503);
  EXPECT_EQ(server.detail.text, "Service Unavailable");
}

TEST(EndReason, OfOneThatNobodyHasSent) {
  const ports::LegEnd nobody = end_of_made_up(503, "Service Unavailable");
  EXPECT_EQ(nobody.reason, EndReason::unreachable);
  EXPECT_EQ(nobody.by, model::EndedBy::network);
  EXPECT_EQ(nobody.detail.sip_code, 0) << "nobody has said 503";
  EXPECT_EQ(nobody.detail.text, "nobody answers at that address");
  EXPECT_EQ(end_of_made_up(503, "DNS Error").detail.text, "DNS Error");
  const ports::LegEnd sips = end_of_made_up(416, "Unsupported URI Scheme");
  EXPECT_EQ(sips.reason, EndReason::unreachable);
  EXPECT_EQ(sips.detail.sip_code, 0);
  EXPECT_EQ(sips.detail.text, "no TLS for a sips: address");
  EXPECT_EQ(end_of_made_up(408, "Request Timeout").reason, EndReason::timeout);
}

}  // namespace
}  // namespace commd::sip
