// With an implementation that shares nothing with ours but the RFC.
#include <gtest/gtest.h>

#include "tests/unit/zrtp/bzrtp_peer.h"
#include "tests/unit/zrtp/two_ends.h"

namespace commd::zrtp {
namespace {

using Manner = ZrtpOptions::Manner;

Bytes bytes(View view) { return {view.begin(), view.end()}; }

// Us and them, from call to call.
struct Meeting {
  Phone phone;
  BzrtpMemory memory;
  BzrtpPeer::Wishes wishes{};
  Manner manner = Manner::prompt;
  bool contention = false;
  std::unique_ptr<BzrtpPeer> peer;
  std::optional<ZrtpAssociation> end;
  base::MonoTime now{std::chrono::hours(1)};
  bool initiated = false;

  void exchange() {
    bool busy = true;
    while (busy) {
      busy = false;
      std::vector<Bytes> way;
      while (auto datagram = end->take_datagram()) way.push_back(std::move(*datagram));
      std::vector<Bytes> back;
      while (auto datagram = peer->take_datagram()) back.push_back(std::move(*datagram));
      busy = !way.empty() || !back.empty();
      for (const Bytes& datagram : way) {
        initiated = initiated || type_of(datagram) == MessageType::dh_part2;
        peer->receive(datagram);
      }
      for (const Bytes& datagram : back) end->receive(datagram, now);
    }
  }
  void call() {
    const OwnHello own(phone.zid, phone.offered);
    peer = std::make_unique<BzrtpPeer>(memory, wishes);
    ZrtpOptions options;
    options.manner = manner;
    options.remembered = [this](const Zid& zid) { return phone.of(zid); };
    end.emplace(own, *read_signalled_hash(peer->signalled()), options);
    peer->expect(own.signalled());
    peer->start();
    end->start(now);
    uint64_t milliseconds = 1000;
    for (int step = 0; step < 2000; ++step) {
      exchange();
      if (peer->secured && end->state() == ZrtpState::secured) break;
      now += std::chrono::milliseconds(10);
      end->tick(now);
      peer->tick(milliseconds += 10);
    }
  }
  void expect_agreed() {
    ASSERT_TRUE(peer->secured);
    ASSERT_EQ(end->state(), ZrtpState::secured) << end->error().message;
    EXPECT_EQ(peer->sas, end->outcome()->sas);
    EXPECT_EQ(peer->own_key, bytes(end->keys()->inbound.reveal()));
    EXPECT_EQ(peer->peer_key, bytes(end->keys()->outbound.reveal()));
  }
};

TEST(ZrtpInterop, EveryAgreementAndCipherInBothRoles) {
  for (const Manner manner : {Manner::prompt, Manner::patient}) {
    for (const uint8_t agreement :
         {ZRTP_KEYAGREEMENT_X255, ZRTP_KEYAGREEMENT_X448, ZRTP_KEYAGREEMENT_DH3k}) {
      for (const uint8_t cipher : {ZRTP_CIPHER_AES1, ZRTP_CIPHER_AES3}) {
        Meeting meeting;
        meeting.manner = manner;
        meeting.wishes.agreements = {agreement};
        meeting.wishes.ciphers = {cipher};
        meeting.call();
        meeting.expect_agreed();
        EXPECT_EQ(meeting.end->outcome()->choice.cipher,
                  cipher == ZRTP_CIPHER_AES3 ? Cipher::aes3 : Cipher::aes1);
        EXPECT_EQ(meeting.end->outcome()->client.substr(0, 5), "BZRTP");
        EXPECT_FALSE(meeting.initiated && manner == Manner::patient);
      }
    }
  }
}

TEST(ZrtpInterop, ShortTags) {
  Meeting meeting;
  meeting.manner = Manner::patient;
  meeting.wishes.tags = {ZRTP_AUTHTAG_HS32};
  meeting.call();
  meeting.expect_agreed();
  EXPECT_EQ(meeting.end->keys()->outbound.profile(), srtp::SrtpProfile::aes_256_cm_hmac_sha1_32);
}

TEST(ZrtpInterop, SecretsAreKeptFromCallToCall) {
  Meeting meeting;
  meeting.call();
  meeting.expect_agreed();
  const Zid them = meeting.end->outcome()->peer;
  meeting.phone.keep(*meeting.end->outcome());
  meeting.peer->verify();
  meeting.phone.memory.at(them).verified = true;
  for (int round = 0; round < 3; ++round) {
    meeting.manner = round % 2 == 0 ? Manner::patient : Manner::prompt;
    meeting.call();
    meeting.expect_agreed();
    EXPECT_EQ(meeting.end->outcome()->peer, them);
    EXPECT_TRUE(meeting.end->outcome()->verified);
    EXPECT_TRUE(meeting.end->outcome()->peer_verified);
    EXPECT_TRUE(meeting.peer->verified);
    EXPECT_FALSE(meeting.peer->mismatch);
    meeting.phone.keep(*meeting.end->outcome());
  }
}

TEST(ZrtpInterop, AForgottenSecretIsAMismatchThereAndHere) {
  for (const Manner manner : {Manner::prompt, Manner::patient}) {
    Meeting meeting;
    meeting.call();
    meeting.expect_agreed();
    meeting.phone.memory.clear();
    meeting.manner = manner;
    meeting.call();
    meeting.expect_agreed();
    EXPECT_TRUE(meeting.peer->mismatch);
    EXPECT_FALSE(meeting.end->outcome()->mismatch);
    // And the other way round.
    Meeting other;
    other.call();
    other.expect_agreed();
    Remembered wrong = other.end->outcome()->next;
    wrong.rs1 = RetainedSecret();
    wrong.verified = true;
    other.phone.memory[other.end->outcome()->peer] = wrong;
    other.manner = manner;
    other.call();
    other.expect_agreed();
    EXPECT_TRUE(other.end->outcome()->mismatch);
    EXPECT_FALSE(other.end->outcome()->verified);
  }
}

}  // namespace
}  // namespace commd::zrtp
