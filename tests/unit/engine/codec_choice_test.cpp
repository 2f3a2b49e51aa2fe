// What is offered, answered and loaded of the codecs that we have.
#include <gtest/gtest.h>

#include "tests/unit/engine/descriptions.h"

namespace commd::engine {
namespace {

using model::Direction;

CodecCapability plugin(CodecCapability codec) {
  codec.plugin = true;
  return codec;
}

CodecCapability spare(CodecCapability codec) {
  codec.offered = false;
  return codec;
}

CodecCapability gsm() { return spare(plugin(codec("GSM", 8000, 3))); }
CodecCapability speex() { return spare(plugin(codec("speex", 16000))); }
CodecCapability l16() { return spare(codec("L16", 16000)); }

// As an account has it that leaves the choice to us.
NegotiationPolicy our_choice() {
  NegotiationPolicy result = policy();
  result.codecs = {opus(), plugin(g722()), pcmu(), pcma(), speex(), gsm(), l16()};
  return result;
}

std::string names(const std::vector<model::PayloadFormat>& formats) {
  std::string result;
  for (const auto& format : formats)
    if (!is_telephone_event(format)) result += (result.empty() ? "" : " ") + format.name;
  return result;
}

std::string names(const std::vector<NegotiatedFormat>& formats) {
  std::vector<model::PayloadFormat> inner;
  for (const auto& format : formats) inner.push_back(format.format);
  return names(inner);
}

struct OfferCase {
  const char* what;
  std::vector<model::PayloadFormat> offered;
  const char* answered;
  const char* loaded;
};

TEST(CodecChoice, Answers) {
  const auto pcmu0 = format(0, "PCMU");
  const auto g722_9 = format(9, "G722");
  const auto gsm3 = format(3, "GSM");
  const auto speex97 = format(97, "speex", 16000);
  const std::vector<OfferCase> cases = {
      {"the peer's order", {pcmu0, format(96, "opus", 48000, 2)}, "PCMU opus", ""},
      {"wideband that the peer prefers", {g722_9, pcmu0}, "G722 PCMU", "G722"},
      {"a plugin that would not be used", {pcmu0, g722_9}, "PCMU", ""},
      {"wideband alone", {g722_9}, "G722", "G722"},
      {"what we would not offer comes last", {gsm3, pcmu0}, "PCMU", ""},
      {"and serves where nothing else is", {gsm3}, "GSM", "GSM"},
      {"one plugin is enough", {speex97, gsm3}, "speex", "speex"},
      {"what is spare and direct too", {format(97, "L16", 16000)}, "L16", ""},
      {"one that we do not have", {format(18, "G729")}, "", ""},
  };
  for (const OfferCase& test : cases) {
    SCOPED_TRACE(test.what);
    const auto offer = describe({audio(test.offered)});
    Negotiator negotiator(our_choice());
    EXPECT_EQ(names(negotiator.plugins_to_answer(offer)), test.loaded);
    EXPECT_EQ(negotiator.acceptable(offer).has_value(), *test.answered != '\0');
    const auto answer = negotiator.answer(offer, Direction::send_recv, local_transport());
    EXPECT_EQ(answer ? names(answer->description.streams[0].formats) : "", test.answered);
    // No packet makes us load what was not answered.
    EXPECT_EQ(answer ? names(answer->plan.receive) : "", test.answered);
  }
}

TEST(CodecChoice, OffersOnlyWhatIsOursToOffer) {
  Negotiator negotiator(our_choice());
  EXPECT_EQ(names(negotiator.plugins_to_offer()), "G722");
  const auto offer = negotiator.offer(Direction::send_recv, local_transport());
  ASSERT_TRUE(offer);
  EXPECT_EQ(names(offer->streams[0].formats), "opus G722 PCMU PCMA");
}

TEST(CodecChoice, LoadsWhatThePeersAnswerHasChosen) {
  struct Case {
    std::vector<model::PayloadFormat> answered;
    const char* loaded;
    const char* received;
  };
  const std::vector<Case> cases = {
      {{format(0, "PCMU")}, "", "opus PCMU PCMA"},
      {{format(9, "G722")}, "G722", "opus G722 PCMU PCMA"},
      // Both were offered, so the peer may send either.
      {{format(0, "PCMU"), format(9, "G722")}, "G722", "opus G722 PCMU PCMA"},
      // Never offered, so it is nobody's choice.
      {{format(0, "PCMU"), format(3, "GSM")}, "", "opus PCMU PCMA"},
  };
  for (const Case& test : cases) {
    Negotiator negotiator(our_choice());
    ASSERT_TRUE(negotiator.offer(Direction::send_recv, local_transport()));
    const auto answer = describe({audio(test.answered)});
    EXPECT_EQ(names(negotiator.plugins_in_answer(answer)), test.loaded);
    const auto plan = negotiator.apply_answer(answer);
    ASSERT_TRUE(plan);
    EXPECT_EQ(names(plan->receive), test.received);
  }
}

TEST(CodecChoice, AnAnswerWithNothingWeOfferedIsRefused) {
  Negotiator negotiator(our_choice());
  ASSERT_TRUE(negotiator.offer(Direction::send_recv, local_transport()));
  const auto plan = negotiator.apply_answer(describe({audio({format(3, "GSM")})}));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().reason, "INCOMPATIBLE_MEDIA");
}

TEST(CodecChoice, WhatWasLeftOutIsNotOfferedAnsweredOrReceived) {
  Negotiator negotiator(our_choice());
  ASSERT_TRUE(negotiator.offer(Direction::send_recv, local_transport()));
  negotiator.leave_out("g722");
  EXPECT_FALSE(negotiator.apply_answer(describe({audio({format(9, "G722")})})));
  const auto plan =
      negotiator.apply_answer(describe({audio({format(9, "G722"), format(0, "PCMU")})}));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->send.format.name, "PCMU");
  EXPECT_EQ(names(plan->receive), "opus PCMU PCMA");
  Negotiator callee(our_choice());
  callee.leave_out("G722");
  EXPECT_FALSE(callee.acceptable(describe({audio({format(9, "G722")})})));
}

// A call that lives by a codec of last resort must be able to be held and resumed.
TEST(CodecChoice, WhatWasAgreedOnIsOfferedAgain) {
  Negotiator negotiator(our_choice());
  must_answer(negotiator, describe({audio({format(3, "GSM")})}));
  const auto again = negotiator.offer(Direction::send_only, local_transport());
  ASSERT_TRUE(again);
  EXPECT_EQ(names(again->streams[0].formats), "opus G722 PCMU PCMA GSM");
  const auto plan = negotiator.apply_answer(describe({audio({format(3, "GSM")})}));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->send.format.name, "GSM");
}

}  // namespace
}  // namespace commd::engine
