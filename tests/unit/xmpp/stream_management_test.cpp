#include "daemon/xmpp/stream_management.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr base::MonoTime kStart{};
constexpr char kRequest[] = "<r xmlns='urn:xmpp:sm:3'/>";

Stanza sm(const char* name, const std::string& h = "") {
  Stanza element(name, ns::kStreamManagement);
  if (!h.empty()) element.set("h", h);
  return element;
}

Stanza enabled() {
  Stanza element = sm("enabled");
  element.set("id", "stream'1").set("resume", "true").set("location", "[::1]:5222");
  return element;
}

Stanza resumed(const std::string& h, const std::string& id = "stream'1") {
  Stanza element = sm("resumed", h);
  element.set("previd", id);
  return element;
}

StreamManagement fresh(const SmLimits& limits = {}) {
  StreamManagement state(limits);
  state.enabled(enabled(), "a@b/c");
  return state;
}

// Queues messages "<m1/>", "<m2/>" ... with these tags.
void submit(StreamManagement& state, uint64_t from, uint64_t to,
            StanzaKind kind = StanzaKind::message) {
  for (uint64_t tag = from; tag <= to; ++tag)
    ASSERT_TRUE(state.submit({tag, kind, "<m" + std::to_string(tag) + "/>"}));
}

std::vector<uint64_t> tags_of(const std::vector<OutgoingStanza>& stanzas) {
  std::vector<uint64_t> tags;
  for (const OutgoingStanza& each : stanzas) tags.push_back(each.tag);
  return tags;
}

// ---- sending and acknowledging -----------------------------------------------------------

TEST(StreamManagement, SendsInOrderAndKeepsUntilAcknowledged) {
  StreamManagement state = fresh();
  submit(state, 1, 3);
  EXPECT_EQ(state.output(kStart).bytes, "<m1/><m2/><m3/>");
  EXPECT_EQ(state.output(kStart).bytes, "") << "once";
  EXPECT_EQ(state.in_flight(), 3U);
  EXPECT_THAT(*state.acked(sm("a", "2"), kStart), ElementsAre(1U, 2U));
  EXPECT_THAT(*state.acked(sm("a", "2"), kStart), IsEmpty());
  EXPECT_THAT(*state.acked(sm("a", "3"), kStart), ElementsAre(3U));
  EXPECT_EQ(state.queued(), 0U);
  EXPECT_EQ(state.bytes_in_flight(), 0U);
}

TEST(StreamManagement, SendsNothingWithoutAStream) {
  StreamManagement state;
  submit(state, 1, 2);
  EXPECT_EQ(state.output(kStart).bytes, "");
  state.enabled(enabled(), "a@b/c");
  EXPECT_EQ(state.output(kStart).bytes, "<m1/><m2/>");
  state.disconnected();
  submit(state, 3, 3);
  EXPECT_EQ(state.output(kStart).bytes, "");
  EXPECT_EQ(state.queued(), 3U);
}

TEST(StreamManagement, AServerWithoutItGetsAllAtOnce) {
  StreamManagement state(SmLimits{.bytes_in_flight = 1});
  submit(state, 1, 3);
  state.started_without();
  const SmOutput out = state.output(kStart);
  EXPECT_EQ(out.bytes, "<m1/><m2/><m3/>");
  EXPECT_THAT(out.unprotected, ElementsAre(1U, 2U, 3U));
  EXPECT_EQ(state.queued(), 0U);
  EXPECT_FALSE(state.deadline());
  state.handled();
  state.ack_requested();
  EXPECT_EQ(state.output(kStart).bytes, "");
  EXPECT_FALSE(state.can_resume());
}

TEST(StreamManagement, AcksThatCannotBeAreRefused) {
  StreamManagement state = fresh();
  submit(state, 1, 3);
  state.output(kStart);
  EXPECT_EQ(state.acked(sm("a", "4"), kStart).error().reason, "SM_ACK_TOO_HIGH");
  EXPECT_EQ(state.acked(sm("a", "4294967295"), kStart).error().reason, "SM_ACK_TOO_HIGH");
  for (const char* h : {"", "x", "-1", "1x", " 1", "4294967296"})
    EXPECT_EQ(state.acked(sm("a", h), kStart).error().reason, "SM_ACK_INVALID") << h;
  EXPECT_EQ(state.queued(), 3U) << "nothing was lost by them";
  EXPECT_EQ(state.too_high_error("4'"),
            "<handled-count-too-high xmlns='urn:xmpp:sm:3' h='4&apos;' send-count='3'/>");
  ASSERT_TRUE(state.acked(sm("a", "2"), kStart));
  EXPECT_EQ(state.acked(sm("a", "1"), kStart).error().reason, "SM_ACK_TOO_HIGH") << "backwards";
}

TEST(StreamManagement, WhatWaitsCannotBeAcknowledged) {
  StreamManagement state = fresh(SmLimits{.stanzas_in_flight = 2});
  submit(state, 1, 3);
  state.output(kStart);
  EXPECT_FALSE(state.acked(sm("a", "3"), kStart));
  EXPECT_TRUE(state.acked(sm("a", "2"), kStart));
}

TEST(StreamManagement, AnswersWithWhatWasHandled) {
  StreamManagement state = fresh();
  state.handled();
  state.handled();
  EXPECT_EQ(state.output(kStart).bytes, "") << "not asked";
  state.ack_requested();
  state.ack_requested();
  EXPECT_EQ(state.output(kStart).bytes, "<a xmlns='urn:xmpp:sm:3' h='2'/>");
  for (int i = 0; i < 100; ++i) state.handled();
  EXPECT_EQ(state.output(kStart).bytes, "<a xmlns='urn:xmpp:sm:3' h='102'/>")
      << "before the server's queue is full";
}

// ---- the window ----------------------------------------------------------------------------

TEST(StreamManagement, BytesInFlightAreBounded) {
  StreamManagement state = fresh();
  const std::string large(100 * 1024, 'x');
  for (uint64_t tag = 1; tag <= 300; ++tag)
    if (!state.submit({tag, StanzaKind::message, large})) break;
  size_t sent = 0, most = 0, rounds = 0;
  while (state.queued() > 0 && ++rounds < 1000) {
    state.output(kStart);
    state.written(kStart);
    most = std::max(most, state.bytes_in_flight());
    sent += state.in_flight();
    ASSERT_TRUE(state.acked(sm("a", std::to_string(sent)), kStart));
  }
  EXPECT_EQ(state.queued(), 0U);
  EXPECT_GT(sent, 150U);
  EXPECT_LE(most, 256U * 1024);
}

TEST(StreamManagement, AStanzaLargerThanTheWindowGoesAlone) {
  StreamManagement state = fresh(SmLimits{.bytes_in_flight = 10});
  ASSERT_TRUE(state.submit({1, StanzaKind::message, "<a>123456789</a>"}));
  submit(state, 2, 2);
  EXPECT_EQ(state.output(kStart).bytes, std::string("<a>123456789</a>") + kRequest);
  ASSERT_TRUE(state.acked(sm("a", "1"), kStart));
  EXPECT_EQ(state.output(kStart).bytes, "<m2/>");
}

TEST(StreamManagement, AFullWindowAsksAtOnce) {
  StreamManagement state = fresh(SmLimits{.stanzas_in_flight = 2});
  submit(state, 1, 3);
  EXPECT_EQ(state.output(kStart).bytes, std::string("<m1/><m2/>") + kRequest);
}

TEST(StreamManagement, TheQueueIsBounded) {
  StreamManagement state = fresh(SmLimits{.queued_bytes = 12});
  submit(state, 1, 2);
  EXPECT_EQ(state.submit({3, StanzaKind::message, "<m3/>"}).error().reason, "OUTBOX_FULL");
  state.output(kStart);
  ASSERT_TRUE(state.acked(sm("a", "1"), kStart));
  EXPECT_TRUE(state.submit({3, StanzaKind::message, "<m3/>"}));
}

// ---- asking, and the watchdog ----------------------------------------------------------------

TEST(StreamManagement, AsksAfterFiftyStanzas) {
  StreamManagement state = fresh();
  submit(state, 1, 49);
  EXPECT_THAT(state.output(kStart).bytes, Not(HasSubstr(kRequest)));
  submit(state, 50, 50);
  EXPECT_EQ(state.output(kStart).bytes, std::string("<m50/>") + kRequest);
  submit(state, 51, 150);
  EXPECT_THAT(state.output(kStart).bytes, Not(HasSubstr(kRequest))) << "one at a time";
}

TEST(StreamManagement, AsksAfterHalfASecond) {
  StreamManagement state = fresh();
  EXPECT_FALSE(state.deadline()) << "idle: no timer";
  submit(state, 1, 1);
  state.output(kStart);
  EXPECT_EQ(state.deadline(), kStart + 500ms);
  EXPECT_EQ(state.expired(kStart + 499ms), SmVerdict::nothing);
  EXPECT_EQ(state.expired(kStart + 500ms), SmVerdict::output);
  EXPECT_EQ(state.output(kStart + 500ms).bytes, kRequest);
  ASSERT_TRUE(state.acked(sm("a", "1"), kStart));
  EXPECT_FALSE(state.deadline()) << "idle again";
}

TEST(StreamManagement, StanzasSentAfterTheRequestAreAskedAboutLater) {
  StreamManagement state = fresh();
  submit(state, 1, 50);
  state.output(kStart);
  state.written(kStart);
  submit(state, 51, 51);
  state.output(kStart + 1s);
  ASSERT_TRUE(state.acked(sm("a", "50"), kStart + 2s));
  EXPECT_EQ(state.deadline(), kStart + 1s + 500ms);
  EXPECT_EQ(state.expired(kStart + 2s), SmVerdict::output);
}

TEST(StreamManagement, AnAnswerThatAcknowledgesNothingDoesNotStopTheStream) {
  StreamManagement state = fresh(SmLimits{.stanzas_in_flight = 1});
  submit(state, 1, 2);
  state.output(kStart);
  state.written(kStart);
  ASSERT_TRUE(state.acked(sm("a", "0"), kStart + 1s));
  ASSERT_TRUE(state.deadline());
  EXPECT_EQ(state.expired(*state.deadline()), SmVerdict::output);
  EXPECT_EQ(state.output(kStart + 2s).bytes, kRequest);
}

TEST(StreamManagement, TheClockStartsWhenTheRequestHasLeft) {
  StreamManagement state = fresh();
  submit(state, 1, 50);
  state.output(kStart);
  EXPECT_EQ(state.expired(kStart + 59s), SmVerdict::nothing) << "still being written";
  state.written(kStart + 59s);
  EXPECT_EQ(state.expired(kStart + 59s + 14s), SmVerdict::nothing);
  EXPECT_EQ(state.expired(kStart + 59s + 15s), SmVerdict::dead);
}

TEST(StreamManagement, AWriteThatNeverEndsIsADeadConnection) {
  StreamManagement state = fresh();
  submit(state, 1, 50);
  state.output(kStart);
  EXPECT_EQ(state.expired(kStart + 60s), SmVerdict::dead);
}

TEST(StreamManagement, AServerThatIsDeafAfterAResume) {
  StreamManagement state = fresh();
  submit(state, 1, 50);
  state.output(kStart);
  state.disconnected();
  EXPECT_FALSE(state.deadline()) << "no timer without a connection";
  ASSERT_TRUE(state.resumed(resumed("10")));
  EXPECT_THAT(state.output(kStart).bytes, HasSubstr("<m11/>"));
  EXPECT_EQ(state.expired(*state.deadline()), SmVerdict::output);
  state.output(kStart + 1s);
  state.written(kStart + 1s);
  EXPECT_EQ(state.expired(kStart + 16s), SmVerdict::deaf);
  const SmLoss loss = state.forget();
  EXPECT_FALSE(state.can_resume());
  EXPECT_EQ(loss.uncertain.size(), 40U);
  EXPECT_EQ(state.queued(), 40U);
}

TEST(StreamManagement, ItIsDeadAndNotDeafIfItEverAnswered) {
  StreamManagement state = fresh();
  submit(state, 1, 50);
  state.output(kStart);
  state.disconnected();
  ASSERT_TRUE(state.resumed(resumed("0")));
  EXPECT_THAT(state.output(kStart).bytes, HasSubstr(kRequest));
  state.written(kStart);
  ASSERT_TRUE(state.acked(sm("a", "50"), kStart));
  submit(state, 51, 100);
  state.output(kStart);
  state.written(kStart);
  EXPECT_EQ(state.expired(kStart + 15s), SmVerdict::dead);
}

// ---- resumption ------------------------------------------------------------------------------

TEST(StreamManagement, ResumesWhereItWas) {
  StreamManagement state = fresh();
  for (int i = 0; i < 7; ++i) state.handled();
  submit(state, 1, 5);
  state.output(kStart);
  state.disconnected();
  submit(state, 6, 6);
  EXPECT_TRUE(state.can_resume());
  EXPECT_EQ(state.jid(), "a@b/c");
  EXPECT_EQ(state.location(), "[::1]:5222");
  EXPECT_EQ(state.resume_request(), "<resume xmlns='urn:xmpp:sm:3' h='7' previd='stream&apos;1'/>");
  EXPECT_THAT(*state.resumed(resumed("2")), ElementsAre(1U, 2U));
  EXPECT_EQ(state.output(kStart).bytes, "<m3/><m4/><m5/><m6/>");
  EXPECT_THAT(*state.acked(sm("a", "6"), kStart), ElementsAre(3U, 4U, 5U, 6U));
  state.handled();
  EXPECT_EQ(state.handled_count(), 8U);
}

TEST(StreamManagement, AResumptionThatCannotBeIsRefused) {
  for (const auto& [h, id] : {std::pair{"2", "another"}, std::pair{"", "stream'1"},
                              std::pair{"x", "stream'1"}, std::pair{"6", "stream'1"}}) {
    StreamManagement state = fresh();
    submit(state, 1, 5);
    state.output(kStart);
    state.disconnected();
    EXPECT_FALSE(state.resumed(resumed(h, id))) << h << " " << id;
    EXPECT_FALSE(state.active());
    EXPECT_EQ(state.forget().uncertain.size(), 5U);
  }
}

TEST(StreamManagement, AFailedResumptionKeepsMessagesThatLastAlone) {
  StreamManagement state = fresh();
  submit(state, 1, 2);
  submit(state, 3, 3, StanzaKind::presence);
  submit(state, 4, 4, StanzaKind::iq);
  submit(state, 5, 5);
  state.output(kStart);
  state.disconnected();
  submit(state, 6, 6);
  submit(state, 7, 7, StanzaKind::iq);
  submit(state, 8, 8, StanzaKind::passing);
  const SmLoss loss = state.resume_failed(sm("failed", "1"));
  EXPECT_THAT(loss.acked, ElementsAre(1U));
  EXPECT_THAT(tags_of(loss.dropped), ElementsAre(3U, 4U, 7U, 8U));
  EXPECT_THAT(loss.uncertain, ElementsAre(2U, 5U)) << "6 was never sent";
  EXPECT_FALSE(state.can_resume());
  state.enabled(enabled(), "a@b/d");
  EXPECT_EQ(state.output(kStart).bytes, "<m2/><m5/><m6/>");
  EXPECT_THAT(*state.acked(sm("a", "3"), kStart), ElementsAre(2U, 5U, 6U));
  EXPECT_EQ(state.handled_count(), 0U);
}

TEST(StreamManagement, WhatAFailureClaimsIsBelievedOnlyIfItCanBe) {
  StreamManagement state = fresh();
  submit(state, 1, 2);
  state.output(kStart);
  state.disconnected();
  const SmLoss loss = state.resume_failed(sm("failed", "9"));
  EXPECT_THAT(loss.acked, IsEmpty());
  EXPECT_THAT(loss.uncertain, ElementsAre(1U, 2U));
}

TEST(StreamManagement, NotResumableWithoutTheServersWord) {
  StreamManagement state;
  Stanza answer = sm("enabled");
  answer.set("id", "x");
  state.enabled(answer, "a@b/c");
  EXPECT_TRUE(state.active());
  EXPECT_FALSE(state.can_resume());
  answer.set("resume", "1");
  state.enabled(answer, "a@b/c");
  EXPECT_TRUE(state.can_resume());
  answer.set("id", std::string(5000, 'x'));
  state.enabled(answer, "a@b/c");
  EXPECT_FALSE(state.can_resume());
}

// ---- over restarts -----------------------------------------------------------------------------

TEST(StreamManagement, SurvivesARestart) {
  StreamManagement state = fresh();
  for (int i = 0; i < 3; ++i) state.handled();
  submit(state, 1, 4);
  submit(state, 5, 5, StanzaKind::iq);
  state.output(kStart);
  ASSERT_TRUE(state.acked(sm("a", "1"), kStart));
  const std::string saved = state.save();
  auto loaded = StreamManagement::load(saved);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->save(), saved);
  EXPECT_FALSE(loaded->active());
  EXPECT_EQ(loaded->resume_request(),
            "<resume xmlns='urn:xmpp:sm:3' h='3' previd='stream&apos;1'/>");
  EXPECT_THAT(*loaded->resumed(resumed("3")), ElementsAre(2U, 3U));
  EXPECT_EQ(loaded->output(kStart).bytes, "<m4/><m5/>");
}

TEST(StreamManagement, CountersWrap) {
  // A stream that has sent and handled 2^32 - 2 stanzas, made by hand.
  StreamManagement state = fresh();
  submit(state, 1, 4);
  std::string saved = state.save();
  const std::string counters("\0\0\0\0\0\0\0\0\0\0\0\4", 12);
  const size_t at = saved.find(counters);
  ASSERT_NE(at, std::string::npos);
  saved.replace(at, 8, "\xff\xff\xff\xfe\xff\xff\xff\xfe");
  auto loaded = StreamManagement::load(saved);
  ASSERT_TRUE(loaded);
  EXPECT_THAT(*loaded->resumed(resumed("4294967295")), ElementsAre(1U));
  loaded->output(kStart);
  EXPECT_THAT(*loaded->acked(sm("a", "1"), kStart), ElementsAre(2U, 3U));
  for (int i = 0; i < 3; ++i) loaded->handled();
  EXPECT_EQ(loaded->handled_count(), 1U);
}

TEST(StreamManagement, GarbageIsNoState) {
  StreamManagement state = fresh();
  submit(state, 1, 4);
  const std::string saved = state.save();
  for (size_t size = 0; size < saved.size(); ++size)
    EXPECT_FALSE(StreamManagement::load(saved.substr(0, size))) << size;
  EXPECT_FALSE(StreamManagement::load(saved + "x"));
  std::string newer = saved;
  newer[8] = 2;
  EXPECT_EQ(StreamManagement::load(newer).error().reason, "SM_STATE_UNREADABLE");
}

// ---- a property: whatever is cut, each message arrives once and in order
// ---------------------------

// A server that handles what it is sent up to a cut, and knows how far it came.
class Peer {
 public:
  void receive(const std::string& bytes, size_t cut) {
    size_t at = 0;
    while (at < std::min(cut, bytes.size())) {
      const size_t end = bytes.find('>', at);
      if (end == bytes.npos || end >= cut) return;
      const std::string item = bytes.substr(at, end + 1 - at);
      at = end + 1;
      if (item.starts_with("<r ")) ++requests;
      if (!item.starts_with("<m")) continue;
      ++handled;
      received.push_back(std::stoull(item.substr(2)));
    }
  }
  uint32_t handled = 0;
  size_t requests = 0;
  std::vector<uint64_t> received;
};

TEST(StreamManagement, NothingIsLostAndNothingTwiceOverAnyCuts) {
  std::mt19937 random(20240607);
  for (int round = 0; round < 200; ++round) {
    StreamManagement state = fresh(SmLimits{.bytes_in_flight = 200, .stanzas_in_flight = 20});
    Peer peer;
    base::MonoTime now = kStart;
    uint64_t submitted = 0;
    std::set<uint64_t> acknowledged;
    const auto note = [&](const std::vector<uint64_t>& tags) {
      for (const uint64_t tag : tags) EXPECT_TRUE(acknowledged.insert(tag).second) << tag;
    };
    for (int step = 0; step < 400; ++step) {
      now += 100ms;
      const uint64_t more = submitted < 300 ? random() % 4 : 0;
      submit(state, submitted + 1, submitted + more);
      submitted += more;
      const std::string bytes = state.output(now).bytes;
      const bool cut = step < 350 && random() % 20 == 0;
      const size_t asked = peer.requests;
      peer.receive(bytes, cut ? random() % (bytes.size() + 1) : bytes.size());
      if (cut) {
        state.disconnected();
        if (random() % 2 == 0)
          state = *StreamManagement::load(
              state.save(), SmLimits{.bytes_in_flight = 200, .stanzas_in_flight = 20});
        note(*state.resumed(resumed(std::to_string(peer.handled))));
        continue;
      }
      state.written(now);
      if (peer.requests > asked) note(*state.acked(sm("a", std::to_string(peer.handled)), now));
      ASSERT_NE(state.expired(now), SmVerdict::dead);
    }
    EXPECT_EQ(state.queued(), 0U);
    ASSERT_EQ(peer.received.size(), submitted);
    for (uint64_t i = 0; i < submitted; ++i) ASSERT_EQ(peer.received[i], i + 1);
    EXPECT_EQ(acknowledged.size(), submitted);
  }
}

}  // namespace
}  // namespace commd::xmpp
