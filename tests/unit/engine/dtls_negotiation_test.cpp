// DTLS-SRTP in offers and answers (RFC 5763, RFC 8122, RFC 8842).
#include <gtest/gtest.h>

#include "tests/unit/engine/descriptions.h"

namespace commd::engine {
namespace {

using model::Direction;
using model::DtlsParameters;
using model::Encryption;
using Setup = model::DtlsParameters::Setup;
using Role = DtlsPlan::Role;

NegotiationPolicy dtls_policy(Encryption encryption = Encryption::preferred) {
  NegotiationPolicy result = policy(encryption);
  result.fingerprint.assign(32, 0xA1);
  return result;
}

DtlsParameters dtls(Setup setup, uint8_t octet = 0xB2, const char* hash = "sha-256",
                    size_t size = 32) {
  return {hash, std::vector<uint8_t>(size, octet), setup};
}

model::SessionDescription dtls_offer(DtlsParameters parameters, bool secure_profile = false) {
  model::SessionDescription offer = basic_offer();
  offer.streams[0].transport.dtls = std::move(parameters);
  offer.streams[0].secure_profile = secure_profile;
  return offer;
}

TEST(DtlsAnswer, TheRoleFitsWhatThePeerLeaves) {
  for (const auto& [theirs, ours] :
       {std::pair{Setup::actpass, Setup::active}, std::pair{Setup::active, Setup::passive},
        std::pair{Setup::passive, Setup::active}}) {
    Negotiator negotiator(dtls_policy());
    const auto answer = must_answer(negotiator, dtls_offer(dtls(theirs)));
    const auto& transport = answer.description.streams[0].transport;
    ASSERT_TRUE(transport.dtls);
    EXPECT_EQ(transport.dtls->setup, ours);
    EXPECT_EQ(transport.dtls->fingerprint, std::vector<uint8_t>(32, 0xA1));
    ASSERT_TRUE(answer.plan.dtls);
    EXPECT_EQ(answer.plan.dtls->role, ours == Setup::active ? Role::active : Role::passive);
    EXPECT_EQ(answer.plan.dtls->fingerprint, std::vector<uint8_t>(32, 0xB2));
    EXPECT_FALSE(answer.plan.keys);
  }
}

struct Whereabouts {
  const char* described;
  const char* signalling;
  DtlsParameters::Setup ours;
};

// Our hello would be lost where only the peer can open the way.
TEST(DtlsAnswer, WhoIsBehindATranslatorSaysTheFirstHello) {
  for (const auto& [described, signalling, ours] :
       {Whereabouts{"10.0.0.9", "198.51.100.1", Setup::passive},
        Whereabouts{"10.0.0.9", "10.0.0.1", Setup::active},
        Whereabouts{"10.0.0.9", "", Setup::active},
        Whereabouts{"192.0.2.9", "198.51.100.1", Setup::active}}) {
    NegotiationPolicy policy = dtls_policy();
    policy.signalling = SocketAddress::parse(signalling, 0).value_or(SocketAddress());
    auto offer = dtls_offer(dtls(Setup::actpass));
    offer.streams[0].transport.rtp.ip = described;
    Negotiator negotiator(policy);
    const auto answer = must_answer(negotiator, offer);
    EXPECT_EQ(answer.description.streams[0].transport.dtls->setup, ours)
        << described << " " << signalling;
    EXPECT_EQ(answer.plan.dtls->role, ours == Setup::active ? Role::active : Role::passive);
    offer.streams[0].transport.dtls = dtls(Setup::passive);
    Negotiator told(policy);
    EXPECT_EQ(must_answer(told, offer).plan.dtls->role, Role::active) << "who insists gets it";
  }
}

TEST(DtlsAnswer, GoesBeforeKeysInTheSignalling) {
  Negotiator negotiator(dtls_policy());
  auto offer = dtls_offer(dtls(Setup::actpass));
  offer.streams[0].transport.sdes = {crypto(1, srtp::SrtpProfile::aes_cm_128_hmac_sha1_80)};
  const auto answer = must_answer(negotiator, offer);
  EXPECT_TRUE(answer.plan.dtls);
  EXPECT_FALSE(answer.plan.keys);
  EXPECT_TRUE(answer.description.streams[0].transport.sdes.empty());
}

TEST(DtlsAnswer, WeakOrBrokenFingerprintsAreNone) {
  for (const auto& weak : {dtls(Setup::actpass, 1, "sha-1", 20), dtls(Setup::actpass, 1, "md5", 16),
                           dtls(Setup::actpass, 1, "sha-256", 31), dtls(Setup::holdconn)}) {
    Negotiator open(dtls_policy());
    const auto answer = must_answer(open, dtls_offer(weak));
    EXPECT_FALSE(answer.plan.is_secure()) << weak.hash;
    EXPECT_FALSE(answer.description.streams[0].transport.dtls);
    Negotiator insisting(dtls_policy());
    const auto refused =
        insisting.answer(dtls_offer(weak, true), Direction::send_recv, local_transport());
    ASSERT_FALSE(refused) << weak.hash;
    EXPECT_EQ(refused.error().reason, "INCOMPATIBLE_MEDIA");
    Negotiator strict(dtls_policy(Encryption::required));
    EXPECT_FALSE(strict.acceptable(dtls_offer(weak)));
  }
  Negotiator negotiator(dtls_policy());
  EXPECT_TRUE(
      must_answer(negotiator, dtls_offer(dtls(Setup::actpass, 7, "sha-512", 64))).plan.dtls);
}

TEST(DtlsAnswer, OnlyWithAnIdentityAndWhereEncryptionIsOn) {
  Negotiator without(policy(Encryption::preferred));
  EXPECT_FALSE(must_answer(without, dtls_offer(dtls(Setup::actpass))).plan.dtls);
  Negotiator off(dtls_policy(Encryption::off));
  EXPECT_FALSE(must_answer(off, dtls_offer(dtls(Setup::actpass))).plan.dtls);
  EXPECT_FALSE(off.acceptable(dtls_offer(dtls(Setup::actpass), true)));
}

TEST(DtlsAnswer, RequiredIsSatisfiedByProtectedSignallingAlone) {
  NegotiationPolicy strict = dtls_policy(Encryption::required);
  EXPECT_TRUE(Negotiator(strict).acceptable(dtls_offer(dtls(Setup::actpass), true)));
  strict.signalling_protected = false;
  const auto refused = Negotiator(strict).acceptable(dtls_offer(dtls(Setup::actpass), true));
  ASSERT_FALSE(refused) << "a fingerprint that anybody could have changed proves nothing";
  EXPECT_EQ(refused.error().reason, "ENCRYPTION_REQUIRED");
}

TEST(DtlsAnswer, AnotherOfferKeepsWhatIsInUse) {
  Negotiator negotiator(dtls_policy());
  must_answer(negotiator, dtls_offer(dtls(Setup::passive)));
  const auto first = must_answer(negotiator, dtls_offer(dtls(Setup::active)));
  EXPECT_EQ(first.plan.dtls->role, Role::passive);
  const auto again = must_answer(negotiator, dtls_offer(dtls(Setup::actpass)));
  EXPECT_EQ(again.plan.dtls->role, Role::passive) << "whoever is passive stays it";
  EXPECT_EQ(again.description.streams[0].transport.dtls->setup, Setup::passive);
}

TEST(DtlsAnswer, AKeyInUseIsNotReplacedInTheMiddleOfACall) {
  Negotiator negotiator(dtls_policy());
  auto offer = basic_offer();
  offer.streams[0].transport.sdes = {crypto(1, srtp::SrtpProfile::aes_cm_128_hmac_sha1_80)};
  const auto first = must_answer(negotiator, offer);
  ASSERT_TRUE(first.plan.keys);
  offer.streams[0].transport.dtls = dtls(Setup::actpass);
  const auto again = must_answer(negotiator, offer);
  EXPECT_TRUE(again.plan.keys);
  EXPECT_FALSE(again.plan.dtls);
}

struct Offered {
  Negotiator negotiator;
  model::SessionDescription description;
};

Offered offered(NegotiationPolicy policy = dtls_policy()) {
  Offered result{Negotiator(std::move(policy)), {}};
  const auto made = result.negotiator.offer(Direction::send_recv, local_transport());
  EXPECT_TRUE(made);
  if (made) result.description = *made;
  return result;
}

model::SessionDescription answer_to(const model::SessionDescription& offer) {
  auto answer = basic_offer();
  answer.streams[0].mid = offer.streams[0].mid;
  answer.streams[0].secure_profile = offer.streams[0].secure_profile;
  return answer;
}

TEST(DtlsOffer, LeavesTheRoleAndStandsBesideKeys) {
  auto [negotiator, description] = offered();
  const auto& transport = description.streams[0].transport;
  ASSERT_TRUE(transport.dtls);
  EXPECT_EQ(transport.dtls->setup, Setup::actpass);
  EXPECT_EQ(transport.dtls->hash, "sha-256");
  EXPECT_FALSE(transport.sdes.empty());
  EXPECT_FALSE(description.streams[0].secure_profile);
}

TEST(DtlsOffer, TheAnswerDecides) {
  for (const auto& [theirs, ours] :
       {std::pair{Setup::active, Role::passive}, std::pair{Setup::passive, Role::active},
        std::pair{Setup::actpass, Role::passive}}) {
    auto [negotiator, description] = offered();
    auto answer = answer_to(description);
    answer.streams[0].transport.dtls = dtls(theirs);
    const auto plan = negotiator.apply_answer(answer);
    ASSERT_TRUE(plan);
    ASSERT_TRUE(plan->dtls);
    EXPECT_EQ(plan->dtls->role, ours);
    EXPECT_FALSE(plan->keys);
  }
  auto [negotiator, description] = offered();
  auto answer = answer_to(description);
  answer.streams[0].transport.sdes = {
      crypto(description.streams[0].transport.sdes[0].tag,
             *srtp::profile_of_suite(description.streams[0].transport.sdes[0].suite))};
  const auto plan = negotiator.apply_answer(answer);
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->keys);
  EXPECT_FALSE(plan->dtls);
}

TEST(DtlsOffer, AnAnswerThatWasNotAskedForIsRefused) {
  NegotiationPolicy without = policy(Encryption::preferred);
  Offered clear = offered(without);
  auto answer = answer_to(clear.description);
  answer.streams[0].transport.dtls = dtls(Setup::active);
  const auto plan = clear.negotiator.apply_answer(answer);
  ASSERT_TRUE(plan);
  EXPECT_FALSE(plan->dtls) << "without an identity it is as if it were not there";
}

TEST(DtlsOffer, AStrippedAnswerIsNotTakenWhereEncryptionIsRequired) {
  auto [negotiator, description] = offered(dtls_policy(Encryption::required));
  EXPECT_TRUE(description.streams[0].secure_profile);
  const auto plan = negotiator.apply_answer(answer_to(description));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().reason, "ENCRYPTION_REQUIRED");
}

TEST(DtlsOffer, ALaterOneOffersWhatIsInUse) {
  auto [negotiator, description] = offered();
  auto answer = answer_to(description);
  answer.streams[0].transport.dtls = dtls(Setup::active);
  ASSERT_TRUE(negotiator.apply_answer(answer));
  const auto again = negotiator.offer(Direction::send_only, local_transport());
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->streams[0].transport.dtls);
  EXPECT_TRUE(again->streams[0].transport.sdes.empty());

  Offered keyed = offered();
  auto by_key = answer_to(keyed.description);
  by_key.streams[0].transport.sdes = {
      crypto(keyed.description.streams[0].transport.sdes[0].tag,
             *srtp::profile_of_suite(keyed.description.streams[0].transport.sdes[0].suite))};
  ASSERT_TRUE(keyed.negotiator.apply_answer(by_key));
  const auto later = keyed.negotiator.offer(Direction::send_recv, local_transport());
  ASSERT_TRUE(later);
  EXPECT_FALSE(later->streams[0].transport.dtls);
}

TEST(DtlsOffer, EachBranchOfAForkedCallHasItsOwn) {
  auto [negotiator, description] = offered();
  auto first = answer_to(description);
  first.streams[0].transport.dtls = dtls(Setup::active, 0x01);
  auto second = answer_to(description);
  second.streams[0].transport.dtls = dtls(Setup::passive, 0x02);
  const auto one = negotiator.apply_answer(first);
  const auto two = negotiator.apply_answer(second);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->dtls->fingerprint[0], 0x01);
  EXPECT_EQ(one->dtls->role, Role::passive);
  EXPECT_EQ(two->dtls->fingerprint[0], 0x02);
  EXPECT_EQ(two->dtls->role, Role::active);
}

}  // namespace
}  // namespace commd::engine
