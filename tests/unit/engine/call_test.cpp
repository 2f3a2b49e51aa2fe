// Whole calls between two sessions of one engine, over real sockets.
#include <gtest/gtest.h>

#include "tests/unit/engine/engine_fixture.h"

namespace commd::engine {
namespace {

class CallTest : public EngineTest {};

TEST_F(CallTest, TonesArriveBothWays) {
  open_talkers(config());
  connect();
  EXPECT_TRUE(wait([&] { return devices_.ear("a").hears(1000) && devices_.ear("b").hears(440); }));
  EXPECT_EQ(events_a_.flowing, std::vector<std::string>{"b"});
  EXPECT_EQ(events_a_.codec, "PCMU/8000");
  EXPECT_LT(devices_.ear("a").amplitude(440), 500) << "nobody hears himself";
}

}  // namespace
}  // namespace commd::engine
