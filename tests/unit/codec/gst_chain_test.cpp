#include "media/codec/gst_chain.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/unit/codec/audio.h"

namespace commd::codec {
namespace {

const ChainFormat any{"application/x-test", "ANY"};

std::optional<size_t> push(GstChain& chain, size_t size, std::span<uint8_t> out) {
  return chain.push(std::vector<uint8_t>(size, 7), {}, {}, out);
}

TEST(GstChain, RunsInTheCall) {
  const std::array<ChainElement, 2> elements{ChainElement{"identity", {}},
                                             ChainElement{"identity", {}}};
  const size_t threads = thread_count();
  const auto chain = GstChain::make(elements, any);
  ASSERT_TRUE(chain);
  std::array<uint8_t, 64> out;
  EXPECT_EQ(push(*chain, 48, out), 48u);
  EXPECT_EQ(push(*chain, 100, out), 64u);
  EXPECT_EQ(thread_count(), threads);
}

TEST(GstChain, AMissingElementIsNoChain) {
  const std::array<ChainElement, 1> elements{ChainElement{"nosuchelement", {}}};
  EXPECT_FALSE(GstChain::make(elements, any));
  EXPECT_FALSE(GstChain::make({}, any));
}

TEST(GstChain, ElementsThatDoNotFitAreNoChain) {
  const std::array<ChainElement, 2> elements{ChainElement{"gsmenc", {}},
                                             ChainElement{"avdec_g722", {}}};
  EXPECT_FALSE(GstChain::make(elements, any));
}

TEST(GstChain, AFailingElementEndsTheChainOnly) {
  const std::array<ChainElement, 1> elements{ChainElement{"identity", {{"error-after", "2"}}}};
  const auto chain = GstChain::make(elements, any);
  ASSERT_TRUE(chain);
  std::array<uint8_t, 64> out;
  EXPECT_TRUE(push(*chain, 8, out));
  EXPECT_FALSE(push(*chain, 8, out));
  EXPECT_FALSE(push(*chain, 8, out));
}

TEST(GstChain, AnotherFormatThanPromisedIsAnError) {
  const std::array<ChainElement, 1> elements{ChainElement{"identity", {}}};
  const auto chain = GstChain::make(elements, {"application/x-test", "application/x-other"});
  if (!chain) return;
  std::array<uint8_t, 64> out;
  EXPECT_FALSE(push(*chain, 8, out));
}

}  // namespace
}  // namespace commd::codec
