#include "media/rtp/rtcp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace commd::rtp {
namespace {

using Form = RtcpReader::Form;

const ReportBlock block{7, 64, -3, 0x10001, 80, 0x11223344, 0x10000};

class RtcpTest : public testing::Test {
 protected:
  std::vector<uint8_t> bytes() const { return {builder_.bytes().begin(), builder_.bytes().end()}; }

  std::array<uint8_t, 1500> out_{};
  RtcpBuilder builder_{out_};
};

TEST_F(RtcpTest, CompoundRoundTrip) {
  builder_.sender_report(1, {0x0102030405060708, 99, 10, 1600}, {&block, 1});
  builder_.source_description(1, "abc@def");
  builder_.bye(1, "done");
  ASSERT_TRUE(builder_.ok());
  auto reader = RtcpReader::open(builder_.bytes());
  ASSERT_TRUE(reader);

  const auto first = reader->next();
  const auto& sr = std::get<SenderReport>(*first);
  EXPECT_EQ(sr.ssrc, 1u);
  EXPECT_EQ(sr.info.ntp_time, 0x0102030405060708u);
  EXPECT_EQ(sr.info.rtp_timestamp, 99u);
  EXPECT_EQ(sr.info.packets, 10u);
  EXPECT_EQ(sr.info.octets, 1600u);
  ASSERT_EQ(sr.blocks.size(), 1u);
  const auto read = sr.blocks[0];
  EXPECT_EQ(read.ssrc, 7u);
  EXPECT_EQ(read.fraction_lost, 64);
  EXPECT_EQ(read.cumulative_lost, -3);
  EXPECT_EQ(read.highest_sequence, 0x10001u);
  EXPECT_EQ(read.jitter, 80u);
  EXPECT_EQ(read.last_sr, 0x11223344u);
  EXPECT_EQ(read.delay_since_last_sr, 0x10000u);

  const auto second = reader->next();
  EXPECT_EQ(std::get<SourceDescription>(*second).cname, "abc@def");
  const auto third = reader->next();
  const auto& bye = std::get<Bye>(*third);
  EXPECT_TRUE(bye.names(1));
  EXPECT_FALSE(bye.names(2));
  EXPECT_EQ(bye.reason, "done");
  EXPECT_FALSE(reader->next());
  EXPECT_EQ(reader->malformed(), 0u);
}

TEST_F(RtcpTest, CnameOfEveryLengthRoundTrips) {
  for (size_t length = 0; length <= 255; ++length) {
    RtcpBuilder builder(out_);
    const std::string cname(length, 'x');
    builder.receiver_report(1, {});
    builder.source_description(1, cname);
    builder.bye(1, cname);
    auto reader = RtcpReader::open(builder.bytes());
    ASSERT_TRUE(reader) << length;
    reader->next();
    const auto sdes = reader->next();
    EXPECT_EQ(std::get<SourceDescription>(*sdes).cname, cname);
    const auto bye = reader->next();
    EXPECT_EQ(std::get<Bye>(*bye).reason, cname);
  }
}

TEST_F(RtcpTest, NackPacksIntoFewEntries) {
  const std::array<uint16_t, 5> missing{65534, 65535, 14, 15, 100};
  builder_.receiver_report(1, {});
  builder_.nack(1, 2, missing);
  builder_.picture_loss(1, 3);
  auto reader = RtcpReader::open(builder_.bytes());
  ASSERT_TRUE(reader);
  reader->next();
  const auto item = reader->next();
  const auto& nack = std::get<GenericNack>(*item);
  EXPECT_EQ(nack.sender_ssrc, 1u);
  EXPECT_EQ(nack.media_ssrc, 2u);
  ASSERT_EQ(nack.size(), 3u);
  EXPECT_EQ(nack[0].sequence, 65534);
  EXPECT_EQ(nack[0].following, 1 | 1 << 15);  // 65535 and 65534 + 16
  EXPECT_EQ(nack[1].sequence, 15);
  EXPECT_EQ(nack[2].sequence, 100);
  const auto pli = reader->next();
  EXPECT_EQ(std::get<PictureLossIndication>(*pli).media_ssrc, 3u);
}

TEST_F(RtcpTest, WhatDoesNotFitIsLeftOutWhole) {
  std::array<uint8_t, 30> small{};
  RtcpBuilder builder(small);
  builder.receiver_report(1, {});
  builder.receiver_report(1, {&block, 1});
  EXPECT_FALSE(builder.ok());
  EXPECT_EQ(builder.bytes().size(), 8u);
  EXPECT_TRUE(RtcpReader::open(builder.bytes()));
}

TEST_F(RtcpTest, AtMost31Blocks) {
  const std::vector<ReportBlock> blocks(40, block);
  builder_.receiver_report(1, blocks);
  auto reader = RtcpReader::open(builder_.bytes());
  const auto item = reader->next();
  EXPECT_EQ(std::get<ReceiverReport>(*item).blocks.size(), 31u);
}

TEST_F(RtcpTest, FramingIsCheckedToTheEnd) {
  builder_.receiver_report(1, {&block, 1});
  builder_.source_description(1, "c");
  const auto good = bytes();
  ASSERT_TRUE(RtcpReader::open(good));
  for (size_t size = 0; size < good.size(); ++size) {
    const bool whole_packet = size == 32;
    EXPECT_EQ(RtcpReader::open(std::span(good).first(size)).has_value(), whole_packet) << size;
  }
  auto bad = good;
  bad[32] = 0x41;  // the version of the second
  EXPECT_FALSE(RtcpReader::open(bad));
  bad = good;
  bad[35] = 0xFF;  // its length
  EXPECT_FALSE(RtcpReader::open(bad));
  EXPECT_FALSE(RtcpReader::open({}));
}

TEST_F(RtcpTest, ACompoundBeginsWithAReport) {
  builder_.picture_loss(1, 2);
  EXPECT_FALSE(RtcpReader::open(builder_.bytes()));
  EXPECT_TRUE(RtcpReader::open(builder_.bytes(), Form::reduced_size));
}

TEST_F(RtcpTest, PaddingOnlyInTheLast) {
  const std::vector<uint8_t> padded{0xA0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4};
  EXPECT_TRUE(RtcpReader::open(padded));
  auto twice = padded;
  twice.insert(twice.end(), padded.begin(), padded.end());
  EXPECT_FALSE(RtcpReader::open(twice));
  for (uint8_t count : {0, 3, 12, 255}) {
    auto bad = padded;
    bad.back() = count;
    EXPECT_FALSE(RtcpReader::open(bad)) << int{count};
  }
  auto whole = padded;
  whole.back() = 8;  // leaves no SSRC: framed, but not an RR
  auto reader = RtcpReader::open(whole);
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader->next());
  EXPECT_EQ(reader->malformed(), 1u);
}

TEST_F(RtcpTest, MalformedInsidesAreSkipped) {
  const std::vector<uint8_t> datagram{
      0x80, 201, 0, 1, 0, 0, 0, 1,                // RR
      0x85, 201, 0, 1, 0, 0, 0, 1,                // RR that claims five blocks
      0x81, 202, 0, 2, 0, 0, 0, 1, 1, 9, 'a', 0,  // SDES, an item beyond the end
      0x82, 203, 0, 1, 0, 0, 0, 1,                // BYE of two, has one
      0x81, 203, 0, 2, 0, 0, 0, 1, 9, 0, 0,   0,  // BYE, a reason beyond the end
      0x81, 205, 0, 1, 0, 0, 0, 1,                // NACK without its media SSRC
      0x80, 204, 0, 0,                            // APP: not ours
  };
  auto reader = RtcpReader::open(datagram);
  ASSERT_TRUE(reader);
  const auto first = reader->next();
  EXPECT_TRUE(std::holds_alternative<ReceiverReport>(*first));
  const auto last = reader->next();
  EXPECT_EQ(std::get<OtherRtcp>(*last).packet_type, 204);
  EXPECT_FALSE(reader->next());
  EXPECT_EQ(reader->malformed(), 5u);
}

}  // namespace
}  // namespace commd::rtp
