#include "media/rtp/header_extension.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace commd::rtp {
namespace {

using testing::ElementsAre;

// A packet with this extension block; the view points into `storage`.
std::optional<RtpPacketView> packet_with(std::span<const uint8_t> block,
                                         std::array<uint8_t, 512>& storage) {
  const size_t size = write_packet(storage, {}, block, {});
  return RtpPacketView::parse({storage.data(), size});
}

class HeaderExtensionTest : public testing::Test {
 protected:
  RtpPacketView view(std::span<const uint8_t> block) { return *packet_with(block, storage_); }
  std::array<uint8_t, 512> storage_{};
};

TEST_F(HeaderExtensionTest, OneByteFormRoundTrip) {
  const std::array<uint8_t, 1> level{0x8A};
  const std::array<uint8_t, 16> sixteen{1, 2, 3};
  HeaderExtensionWriter writer;
  ASSERT_TRUE(writer.add(1, level));
  ASSERT_TRUE(writer.add(14, sixteen));
  const auto block = writer.block();
  EXPECT_EQ(block.size() % 4, 0u);
  EXPECT_EQ(block[0], 0xBE);
  const auto packet = view(block);
  EXPECT_THAT(*find_header_extension(packet, 1), ElementsAre(0x8A));
  EXPECT_EQ(find_header_extension(packet, 14)->size(), 16u);
  EXPECT_FALSE(find_header_extension(packet, 2));
}

TEST_F(HeaderExtensionTest, TwoByteFormWhenItMust) {
  const std::array<uint8_t, 17> seventeen{42};
  for (const auto& [id, size] : {std::pair{15, 1}, std::pair{1, 17}, std::pair{1, 0}}) {
    HeaderExtensionWriter writer;
    ASSERT_TRUE(writer.add(static_cast<uint8_t>(id),
                           std::span(seventeen).first(static_cast<size_t>(size))));
    const auto block = writer.block();
    EXPECT_EQ(block[0], 0x10);
    const auto packet = view(block);
    const auto found = find_header_extension(packet, static_cast<uint8_t>(id));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->size(), static_cast<size_t>(size));
  }
}

TEST_F(HeaderExtensionTest, WriterRefusesWhatDoesNotFit) {
  const std::vector<uint8_t> large(256);
  HeaderExtensionWriter writer;
  EXPECT_FALSE(writer.add(0, std::span(large).first(1)));
  EXPECT_FALSE(writer.add(1, large));
  EXPECT_FALSE(writer.add(1, std::span(large).first(120)));
  EXPECT_TRUE(writer.add(1, std::span(large).first(119)));
  EXPECT_FALSE(writer.add(2, std::span(large).first(1)));
  EXPECT_LE(writer.block().size(), HeaderExtensionWriter::max_block_size);
  writer.clear();
  EXPECT_TRUE(writer.block().empty());
}

TEST_F(HeaderExtensionTest, BrokenElementsEndTheWalk) {
  // Says nine bytes, has two.
  const std::array<uint8_t, 8> overrun{0xBE, 0xDE, 0, 1, 0x18, 1, 2, 0};
  EXPECT_FALSE(find_header_extension(view(overrun), 1));
  // 15 stops; what follows is not read.
  const std::array<uint8_t, 8> stopped{0xBE, 0xDE, 0, 1, 0xF0, 1, 0x10, 5};
  EXPECT_FALSE(find_header_extension(view(stopped), 1));
  const std::array<uint8_t, 8> two_byte{0x10, 0x00, 0, 1, 1, 3, 5, 5};
  EXPECT_FALSE(find_header_extension(view(two_byte), 1));
  const std::array<uint8_t, 8> unknown{0xAB, 0xCD, 0, 1, 0x10, 5, 0, 0};
  EXPECT_FALSE(find_header_extension(view(unknown), 1));
}

TEST_F(HeaderExtensionTest, PaddingIsSkipped) {
  const std::array<uint8_t, 8> padded{0xBE, 0xDE, 0, 1, 0, 0, 0x30, 9};
  EXPECT_THAT(*find_header_extension(view(padded), 3), ElementsAre(9));
}

TEST(AudioLevelTest, RoundTrip) {
  const uint8_t byte = encode_audio_level({true, 27});
  EXPECT_EQ(byte, 0x80 | 27);
  const auto level = parse_audio_level({&byte, 1});
  ASSERT_TRUE(level);
  EXPECT_TRUE(level->voice);
  EXPECT_EQ(level->attenuation, 27);
  EXPECT_FALSE(parse_audio_level({}));
}

}  // namespace
}  // namespace commd::rtp
