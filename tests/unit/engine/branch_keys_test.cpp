// The keys of a branch without sockets: what they let through, and with whom they are agreed on.
#include "media/engine/branch_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "media/rtp/packet.h"

namespace commd::engine {
namespace {

using State = BranchKeys::State;
using dtls::DtlsAssociation;
using dtls::DtlsIdentity;
using dtls::DtlsRole;
using dtls::DtlsState;
using Bytes = std::vector<uint8_t>;

// One each for the whole program: they cost a few milliseconds.
const DtlsIdentity& ours() {
  static const DtlsIdentity identity = *DtlsIdentity::generate();
  return identity;
}
const DtlsIdentity& theirs() {
  static const DtlsIdentity identity = *DtlsIdentity::generate();
  return identity;
}
const DtlsIdentity& strangers() {
  static const DtlsIdentity identity = *DtlsIdentity::generate();
  return identity;
}

SocketAddress at(uint16_t port) { return *SocketAddress::parse("198.51.100.1", port); }

MediaPlan dtls_plan(DtlsPlan::Role role) {
  MediaPlan plan;
  plan.dtls = DtlsPlan{role, "sha-256", theirs().fingerprint().bytes};
  return plan;
}

const zrtp::OwnHello& their_hello() {
  static const zrtp::OwnHello hello(zrtp::random_zid());
  return hello;
}

MediaPlan zrtp_plan() {
  auto memory = std::make_shared<model::ZrtpMemory>();
  memory->zid.assign(24, 'a');
  MediaPlan plan;
  plan.zrtp = ZrtpPlan{zrtp::ZrtpOptions::Manner::prompt, their_hello().hash(), zrtp_self(memory)};
  return plan;
}

class BranchKeysTest : public testing::Test, public HandshakeSink {
 protected:
  // An active far end, which has said hello.
  DtlsAssociation far_end(const DtlsIdentity& identity) {
    auto made = *DtlsAssociation::create(identity, {.role = DtlsRole::active});
    made.expect({ours().fingerprint()}, now_);
    made.start(now_);
    return made;
  }
  // One flight of it; and what we said. True: it is who was expected.
  bool flight_elsewhere(DtlsAssociation& far, const SocketAddress& source) {
    bool found = false;
    while (const auto datagram = far.take_datagram())
      found |= keys_.receive_elsewhere(*datagram, source, now_, *this);
    for (const Bytes& datagram : take_sent(source)) far.receive(datagram, now_);
    return found;
  }
  template <class Association>
  void flight(Association& far) {
    while (const auto datagram = far.take_datagram()) keys_.receive(*datagram, now_, *this);
    for (const Bytes& datagram : take_sent({})) far.receive(datagram, now_);
  }
  // The handshake to its end, whatever that is.
  bool shakes_hands_elsewhere(DtlsAssociation& far, const SocketAddress& source) {
    bool found = false;
    for (int i = 0; i < 6 && !found; ++i) found = flight_elsewhere(far, source);
    return found;
  }
  template <class Association>
  void shakes_hands(Association& far) {
    for (int i = 0; i < 6; ++i) flight(far);
  }
  std::vector<Bytes> take_sent(const SocketAddress& target) {
    return std::exchange(sent_[target.to_string()], {});
  }

  void wait(std::chrono::seconds time) {
    now_ += time;
    keys_.tick(now_, *this);
  }

  // Whether each of the four does its work with a packet.
  std::array<bool, 4> lets_through() {
    std::array<uint8_t, 200> buffer{};
    std::array<bool, 4> done{};
    const Bytes payload(160, 0x55);
    const size_t packet = rtp::write_packet(buffer, rtp::RtpHeader{}, {}, payload);
    size_t length = packet;
    done[0] = keys_.protect_rtp(buffer, length);
    length = packet;
    done[1] = keys_.unprotect_rtp(buffer, length);
    const std::array<uint8_t, 8> report{0x80, 201, 0, 1, 0, 0, 0, 1};
    std::copy(report.begin(), report.end(), buffer.begin());
    length = report.size();
    done[2] = keys_.protect_rtcp(buffer, length);
    std::copy(report.begin(), report.end(), buffer.begin());
    length = report.size();
    done[3] = keys_.unprotect_rtcp(buffer, length);
    return done;
  }

  base::MonoTime now_{std::chrono::hours(1)};
  srtp::SrtpLibrary library_;
  BranchKeys keys_{library_, &ours(), 1};

 private:
  void send_handshake(std::span<const uint8_t> datagram) override {
    sent_[""].emplace_back(datagram.begin(), datagram.end());
  }
  void send_handshake_to(std::span<const uint8_t> datagram, const SocketAddress& target) override {
    sent_[target.to_string()].emplace_back(datagram.begin(), datagram.end());
  }

  std::map<std::string, std::vector<Bytes>> sent_;
};

constexpr std::array nothing{false, false, false, false};

TEST_F(BranchKeysTest, NothingPassesWhileTheyArePending) {
  EXPECT_EQ(lets_through(), (std::array{true, true, true, true})) << "in the clear";
  ASSERT_TRUE(keys_.configure(dtls_plan(DtlsPlan::Role::passive), now_));
  EXPECT_EQ(keys_.state(), State::pending);
  EXPECT_EQ(lets_through(), nothing);
  auto far = far_end(theirs());
  flight(far);
  EXPECT_EQ(lets_through(), nothing) << "in the middle of the handshake";
  shakes_hands(far);
  ASSERT_EQ(keys_.state(), State::ready);
  EXPECT_EQ(lets_through(), (std::array{true, false, true, false})) << "clear ones are not read";
  // Another far end: agreed on anew.
  auto changed = dtls_plan(DtlsPlan::Role::passive);
  changed.dtls->fingerprint[0] ^= 1;
  ASSERT_TRUE(keys_.configure(changed, now_));
  EXPECT_EQ(lets_through(), nothing);
}

TEST_F(BranchKeysTest, NothingPassesAfterTheyHaveFailed) {
  ASSERT_TRUE(keys_.configure(dtls_plan(DtlsPlan::Role::passive), now_));
  auto liar = far_end(strangers());
  shakes_hands(liar);
  EXPECT_EQ(keys_.state(), State::failed);
  EXPECT_EQ(keys_.error().reason, "FINGERPRINT_MISMATCH");
  EXPECT_EQ(lets_through(), nothing);
  keys_.renew(now_);
  EXPECT_EQ(keys_.state(), State::failed) << "time makes no other of it";
}

TEST_F(BranchKeysTest, TheFarEndMayBeElsewhere) {
  ASSERT_TRUE(keys_.configure(dtls_plan(DtlsPlan::Role::passive), now_));
  auto far = far_end(theirs());
  EXPECT_TRUE(shakes_hands_elsewhere(far, at(5000)));
  EXPECT_EQ(keys_.state(), State::ready);
  EXPECT_EQ(far.state(), DtlsState::connected);
  EXPECT_EQ(keys_.refused(), 0U);
  EXPECT_FALSE(keys_.awaits_hello());
  keys_.tick(now_ + std::chrono::seconds(30), *this);
  EXPECT_EQ(keys_.state(), State::ready) << "the described address is not waited for";
}

TEST_F(BranchKeysTest, StrangersDisturbNoHandshake) {
  ASSERT_TRUE(keys_.configure(dtls_plan(DtlsPlan::Role::passive), now_));
  auto silent = far_end(strangers());
  auto liar = far_end(strangers());
  auto far = far_end(theirs());
  EXPECT_FALSE(flight_elsewhere(silent, at(6000)));
  EXPECT_FALSE(flight_elsewhere(far, at(5000)));
  EXPECT_FALSE(shakes_hands_elsewhere(liar, at(6001)));
  EXPECT_FALSE(keys_.knows(at(6001))) << "refused by its certificate";
  EXPECT_GT(keys_.refused(), 0U);
  EXPECT_EQ(keys_.state(), State::pending);
  EXPECT_TRUE(shakes_hands_elsewhere(far, at(5000)));
  EXPECT_EQ(keys_.state(), State::ready);
  EXPECT_FALSE(keys_.knows(at(6000))) << "nobody is waited for any more";
}

TEST_F(BranchKeysTest, TheDescribedAddressMayStillBeFirst) {
  ASSERT_TRUE(keys_.configure(dtls_plan(DtlsPlan::Role::passive), now_));
  auto stranger = far_end(strangers());
  auto far = far_end(theirs());
  flight_elsewhere(stranger, at(6000));
  shakes_hands(far);
  EXPECT_EQ(keys_.state(), State::ready);
  EXPECT_FALSE(keys_.knows(at(6000)));
  EXPECT_FALSE(shakes_hands_elsewhere(stranger, at(6000)));
}

TEST_F(BranchKeysTest, CallersAreFew) {
  ASSERT_TRUE(keys_.configure(dtls_plan(DtlsPlan::Role::passive), now_));
  for (uint16_t i = 0; i < 10; ++i) {
    auto silent = far_end(strangers());
    flight_elsewhere(silent, at(static_cast<uint16_t>(6000 + i)));
    EXPECT_EQ(keys_.knows(at(static_cast<uint16_t>(6000 + i))), i < DtlsCallers::most);
  }
  now_ += DtlsCallers::patience;
  keys_.tick(now_, *this);
  EXPECT_EQ(keys_.state(), State::pending);
  EXPECT_FALSE(keys_.knows(at(6000))) << "who says no more makes room";
  auto far = far_end(theirs());
  EXPECT_TRUE(shakes_hands_elsewhere(far, at(5000)));
}

TEST_F(BranchKeysTest, SoManyStrangersAndNoMore) {
  ASSERT_TRUE(keys_.configure(dtls_plan(DtlsPlan::Role::passive), now_));
  for (unsigned i = 0; i < DtlsCallers::most_ever; ++i) {
    auto liar = far_end(strangers());
    shakes_hands_elsewhere(liar, at(6000));
    EXPECT_EQ(liar.state(), DtlsState::closed) << i << ": it was told to go";
  }
  auto next = far_end(strangers());
  flight_elsewhere(next, at(6000));
  EXPECT_FALSE(keys_.knows(at(6000))) << "that would be work for nothing";
}

TEST_F(BranchKeysTest, OnlyAHelloMakesACaller) {
  ASSERT_TRUE(keys_.configure(dtls_plan(DtlsPlan::Role::passive), now_));
  const Bytes alert{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40};
  EXPECT_FALSE(keys_.receive_elsewhere(alert, at(6000), now_, *this));
  EXPECT_FALSE(keys_.knows(at(6000)));
  EXPECT_EQ(keys_.refused(), 1U);
  ASSERT_TRUE(keys_.configure(dtls_plan(DtlsPlan::Role::active), now_));
  auto far = far_end(theirs());
  flight_elsewhere(far, at(5000));
  EXPECT_FALSE(keys_.knows(at(5000))) << "who says hello ourselves waits for none";
}

TEST_F(BranchKeysTest, WhatCameTooLateBeforeTheAnswerBeginsAnewWithIt) {
  ASSERT_TRUE(keys_.configure(dtls_plan(DtlsPlan::Role::passive), now_));
  keys_.begin(now_);
  wait(std::chrono::seconds(21));
  ASSERT_EQ(keys_.state(), State::failed);
  keys_.renew(now_);
  EXPECT_EQ(keys_.state(), State::pending);
  EXPECT_EQ(lets_through(), nothing);
  auto far = far_end(theirs());
  shakes_hands(far);
  EXPECT_EQ(keys_.state(), State::ready);

  const MediaPlan plan = zrtp_plan();
  ASSERT_TRUE(keys_.configure(plan, now_));
  keys_.begin(now_);
  wait(std::chrono::seconds(21));
  ASSERT_EQ(keys_.state(), State::failed);
  take_sent({});
  keys_.renew(now_);
  EXPECT_EQ(keys_.state(), State::pending);
  zrtp::ZrtpAssociation caller(their_hello(), plan.zrtp->self->hello.hash(), {});
  caller.start(now_);
  shakes_hands(caller);
  EXPECT_EQ(keys_.state(), State::ready);
}

TEST_F(BranchKeysTest, WhatIsUnderWayHasAllItsTimeAgain) {
  for (const MediaPlan& plan : {dtls_plan(DtlsPlan::Role::passive), zrtp_plan()}) {
    ASSERT_TRUE(keys_.configure(plan, now_));
    keys_.begin(now_);
    wait(std::chrono::seconds(15));
    keys_.renew(now_);
    wait(std::chrono::seconds(15));
    EXPECT_EQ(keys_.state(), State::pending);
    wait(std::chrono::seconds(6));
    EXPECT_EQ(keys_.state(), State::failed) << "but no more than that";
  }
}

TEST_F(BranchKeysTest, KeysThatAreThereStay) {
  ASSERT_TRUE(keys_.configure(dtls_plan(DtlsPlan::Role::passive), now_));
  auto far = far_end(theirs());
  shakes_hands(far);
  ASSERT_EQ(keys_.state(), State::ready);
  keys_.renew(now_);
  EXPECT_EQ(keys_.state(), State::ready);
  EXPECT_TRUE(lets_through()[0]);
}

}  // namespace
}  // namespace commd::engine
