#include "media/gst/device_lookup.h"

#include <gtest/gtest.h>

#include <optional>

namespace commd::gst {
namespace {

using Kind = model::Device::Kind;

class LookupTest : public testing::Test {
 protected:
  void ask(const std::string& source, const std::string& sink) {
    lookup_.ask({model::AudioSource::Kind::device, 0, source, false},
                {model::AudioSink::Kind::device, sink},
                [this](base::Result<void> result) { answer_ = std::move(result); });
  }

  const std::vector<model::Device> devices_ = {
      {"mic", "Microphone", Kind::capture, true, false},
      {"speakers", "Speakers", Kind::playback, true, false}};
  DeviceLookup lookup_;
  std::optional<base::Result<void>> answer_;
};

TEST_F(LookupTest, NamesOfTheirKindAreFound) {
  ask("mic", "speakers");
  EXPECT_FALSE(answer_);
  lookup_.answer(devices_);
  ASSERT_TRUE(answer_);
  EXPECT_TRUE(*answer_);
}

TEST_F(LookupTest, ALoudspeakerIsNoMicrophone) {
  ask("speakers", "");
  lookup_.answer(devices_);
  ASSERT_TRUE(answer_ && !*answer_);
  EXPECT_EQ((*answer_).error().code, base::Code::not_found);
  EXPECT_EQ((*answer_).error().reason, "DEVICE_NOT_FOUND");
  EXPECT_EQ((*answer_).error().message,
            "capture: the sound server has no microphone named \"speakers\"; it has: pulse:mic");
}

TEST_F(LookupTest, DefaultsAndTheServersOwnWordsPass) {
  ask("", "@DEFAULT_SINK@");
  lookup_.answer({});
  ASSERT_TRUE(answer_);
  EXPECT_TRUE(*answer_);
}

TEST_F(LookupTest, WithoutAServerAllPass) {
  ask("headset", "headset");
  lookup_.pass();
  ASSERT_TRUE(answer_);
  EXPECT_TRUE(*answer_);
}

TEST_F(LookupTest, WithoutDevicesNoneIsNamed) {
  ask("", "speakers");
  lookup_.answer({});
  ASSERT_TRUE(answer_ && !*answer_);
  EXPECT_EQ((*answer_).error().details.at("candidates"), "none");
}

TEST_F(LookupTest, AQuestionMayBeAskedWithinAnAnswer) {
  int answers = 0;
  lookup_.ask({}, {}, [&](const base::Result<void>&) {
    ++answers;
    lookup_.ask({}, {}, [&](const base::Result<void>&) { ++answers; });
  });
  lookup_.answer(devices_);
  EXPECT_EQ(answers, 1);
  lookup_.answer(devices_);
  EXPECT_EQ(answers, 2);
}

}  // namespace
}  // namespace commd::gst
