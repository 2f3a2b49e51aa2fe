#include "media/rtp/emodel.h"

#include <gtest/gtest.h>

namespace commd::rtp {
namespace {

double mos(double loss, double delay, CodecImpairment codec = impairment::g711) {
  return call_quality(codec, loss, delay).mos;
}

TEST(EModel, KnownFigures) {
  EXPECT_NEAR(mos(0, 60), 4.38, 0.005);
  EXPECT_NEAR(mos(1, 60), 4.29, 0.005);
  EXPECT_NEAR(mos(5, 60), 3.86, 0.005);
  EXPECT_NEAR(mos(10, 150), 3.23, 0.005);
  EXPECT_NEAR(mos(0, 300), 3.71, 0.005);
}

TEST(EModel, WorseIsWorse) {
  EXPECT_GT(mos(0, 20), mos(2, 20));
  EXPECT_GT(mos(2, 20), mos(2, 200));
  EXPECT_GT(mos(2, 20), mos(2, 20, impairment::g711_unconcealed));
  EXPECT_GT(mos(0, 20), mos(0, 20, impairment::gsm));
}

TEST(EModel, WhatWasRepeatedIsHardlyLost) {
  EXPECT_DOUBLE_EQ(heard_loss_percent(100, 0, 1000), 10);
  EXPECT_DOUBLE_EQ(heard_loss_percent(100, 100, 1000), 2);
  EXPECT_DOUBLE_EQ(heard_loss_percent(100, 60, 1000), 5.2);
  // More repeated than gone: packets that came after all.
  EXPECT_DOUBLE_EQ(heard_loss_percent(100, 5000, 1000), 2);
  EXPECT_DOUBLE_EQ(heard_loss_percent(5000, 0, 1000), 100);
  EXPECT_DOUBLE_EQ(heard_loss_percent(0, 0, 0), 0);
}

TEST(EModel, AbsurdInputStaysInRange) {
  for (const auto& [loss, delay] : {std::pair{-5.0, -100.0}, std::pair{500.0, 1e9}}) {
    const auto quality = call_quality(impairment::speex, loss, delay);
    EXPECT_GE(quality.r, 0);
    EXPECT_LE(quality.r, 100);
    EXPECT_GE(quality.mos, 1);
    EXPECT_LE(quality.mos, 4.5);
  }
  EXPECT_DOUBLE_EQ(mos(100, 5000), 1);
}

}  // namespace
}  // namespace commd::rtp
