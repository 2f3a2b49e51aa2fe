// Calls whose codec comes from a plugin, and plugins that are not there or do not work.
#include <gtest/gtest.h>

#include <thread>

#include "tests/unit/engine/descriptions.h"
#include "tests/unit/engine/engine_fixture.h"

namespace commd::engine {
namespace {

using model::Direction;

// A codec whose plugin's file is there, as far as anybody knows, but does not work.
codec::CodecInfo broken() {
  codec::CodecInfo info;
  info.rtp_name = "G722";
  info.clock_rate = 16'000;  // no such codec is built
  info.sample_rate = 16'000;
  info.plugin = "broken";
  return info;
}

class PluginCallTest : public EngineTest {
 protected:
  void use(codec::CodecRegistry codecs) {
    a_.reset();
    b_.reset();
    engine_.reset();
    codecs_ = std::move(codecs);
    make_engine();
  }
  void use_broken() {
    std::vector<codec::CodecInfo> infos = {broken()};
    const auto direct = codec::CodecRegistry::direct();
    infos.insert(infos.end(), direct.codecs().begin(), direct.codecs().end());
    use(codec::CodecRegistry(infos));
  }
  bool both_hear() {
    return wait([&] { return devices_.ear("a").hears(1000) && devices_.ear("b").hears(440); });
  }
  bool offers(const model::SessionDescription& description, const std::string& name) {
    const auto& formats = description.streams[0].formats;
    return std::any_of(formats.begin(), formats.end(),
                       [&](const auto& format) { return format.name == name; });
  }
  // An offer of one codec from a peer on this machine.
  model::SessionDescription peer_offer(std::vector<model::PayloadFormat> formats) {
    auto stream = audio(std::move(formats));
    stream.transport.rtp = {"127.0.0.1", 40000};
    return describe({stream});
  }
};

TEST_F(PluginCallTest, EveryPluginCodecIsOfferedByNameAndAnsweredByDefault) {
  use(codec::CodecRegistry::installed());
  for (const std::string name : {"G722", "speex", "GSM"}) {
    SCOPED_TRACE(name);
    auto settings = config({name});
    settings.capture = tone(440);
    settings.playback = ear("a");
    a_ = engine_->open("a", settings, events_a_);
    settings.codecs = model::default_codecs();
    settings.capture = tone(1000);
    settings.playback = ear("b");
    b_ = engine_->open("b", settings, events_b_);
    connect();
    EXPECT_TRUE(both_hear());
    EXPECT_TRUE(events_a_.failures.empty());
    EXPECT_TRUE(events_b_.codec.starts_with(name)) << events_b_.codec;
    // Held and resumed with the codec that they have in common.
    negotiate(*b_, *a_, Direction::send_only);
    EXPECT_TRUE(wait([&] { return devices_.ear("a").hears_nothing(); }));
    negotiate(*b_, *a_);
    EXPECT_TRUE(both_hear());
    a_.reset();
    b_.reset();
  }
}

TEST_F(PluginCallTest, WhatIsOfferedByDefaultIsLoadedWhenThePeerChoosesIt) {
  use(codec::CodecRegistry::installed());
  open_talkers(config(model::default_codecs()));
  auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  ASSERT_TRUE(offers(*offered, "G722"));
  auto& formats = offered->streams[0].formats;
  std::stable_partition(formats.begin(), formats.end(),
                        [](const auto& format) { return format.name == "G722"; });
  const auto answered = answer(*b_, *offered);
  ASSERT_TRUE(answered);
  ASSERT_TRUE(apply(*a_, "b", *answered));
  a_->choose_branch(model::BranchId("b"));
  a_->transmit(ports::Transmit::live);
  b_->transmit(ports::Transmit::live);
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(events_a_.codec, "G722/8000");
}

TEST_F(PluginCallTest, ABrokenPluginIsNotOffered) {
  use_broken();
  a_ = engine_->open("a", config({"G722", "PCMU"}), events_a_);
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  EXPECT_FALSE(offers(*offered, "G722"));
  EXPECT_TRUE(offers(*offered, "PCMU"));
  const auto codecs = engine_->codecs();
  EXPECT_EQ(std::count(codecs.begin(), codecs.end(), "G722"), 0) << "status tells the truth";
}

TEST_F(PluginCallTest, NothingButABrokenPluginIsSaid) {
  use_broken();
  a_ = engine_->open("a", config({"G722"}), events_a_);
  const auto first = offer(*a_);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().reason, "CODEC_UNAVAILABLE");
  const auto second = offer(*a_);
  ASSERT_FALSE(second) << "and said again";
  EXPECT_EQ(second.error().reason, "CODEC_UNAVAILABLE");
}

TEST_F(PluginCallTest, ABrokenPluginGivesWayToTheNextCodec) {
  use_broken();
  const auto both = peer_offer({format(97, "G722", 16000), format(0, "PCMU")});
  const auto alone = peer_offer({format(97, "G722", 16000)});
  ASSERT_TRUE(engine_->acceptable(alone, config(model::default_codecs())));
  a_ = engine_->open("a", config(model::default_codecs()), events_a_);
  b_ = engine_->open("b", config(model::default_codecs()), events_b_);
  const auto answered = answer(*a_, both);
  ASSERT_TRUE(answered);
  EXPECT_FALSE(offers(*answered, "G722"));
  EXPECT_TRUE(wait([&] { return events_a_.codec == "PCMU/8000"; }));
  const auto refused = answer(*b_, alone);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "CODEC_UNAVAILABLE");
  EXPECT_FALSE(refused.error().message.empty());
  EXPECT_FALSE(engine_->acceptable(alone, config(model::default_codecs()))) << "known by now";
}

TEST_F(PluginCallTest, WhatIsAskedWhileItLoadsIsDoneInOrder) {
  use_broken();
  a_ = engine_->open("a", config(model::default_codecs()), events_a_);
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  std::vector<std::string> order;
  const auto note = [&](std::string what) {
    return [&order, what](const base::Result<void>& result) {
      order.push_back(what + (result ? "" : " refused"));
    };
  };
  a_->apply_answer(model::BranchId("one"), peer_offer({format(97, "G722", 16000)}), note("one"));
  a_->apply_answer(model::BranchId("two"), peer_offer({format(0, "PCMU")}), note("two"));
  a_->choose_branch(model::BranchId("two"));
  a_->rollback();
  a_->apply_answer(model::BranchId("three"), peer_offer({format(8, "PCMA")}), note("three"));
  EXPECT_TRUE(wait([&] { return order.size() == 3; }));
  EXPECT_EQ(order, (std::vector<std::string>{"one refused", "two", "three refused"}));
}

TEST_F(PluginCallTest, TheCallMayEndWhileItsCodecIsLoaded) {
  use(codec::CodecRegistry::installed());
  a_ = engine_->open("a", config({"GSM"}), events_a_);
  bool called = false;
  a_->offer(Direction::send_recv, [&](const auto&) { called = true; });
  a_.reset();
  b_ = engine_->open("b", config({"GSM"}), events_b_);
  EXPECT_TRUE(offer(*b_)) << "who waits for the same plugin is served";
  EXPECT_FALSE(called);
}

TEST_F(PluginCallTest, TheEngineMayEndWhileACodecIsLoaded) {
  use(codec::CodecRegistry::installed());
  a_ = engine_->open("a", config({"speex"}), events_a_);
  bool called = false;
  a_->offer(Direction::send_recv, [&](const auto&) { called = true; });
  a_.reset();
  engine_.reset();
  core_.run_posted();
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace commd::engine
