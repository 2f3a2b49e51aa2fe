#include <gtest/gtest.h>

#include "tests/unit/dtls/raw_peer.h"
#include "tests/unit/dtls/two_ends.h"

namespace commd::dtls {
namespace {

using namespace std::chrono_literals;
using srtp::SrtpProfile;

class ProfileTest : public testing::TestWithParam<SrtpProfile> {};

TEST_P(ProfileTest, GivesBothEndsTheSameKeys) {
  TwoEnds pair;
  pair.make({.role = DtlsRole::active, .profiles = {GetParam()}},
            {.role = DtlsRole::passive, .profiles = {GetParam()}});
  pair.expect_each_other();
  pair.start();
  EXPECT_EQ(pair.run(), 0ms);
  ASSERT_TRUE(pair.connected());
  expect_matching_keys(pair);
  EXPECT_EQ(pair.ends[0]->profile(), GetParam());
  EXPECT_EQ(pair.ends[0]->peer_fingerprint(), bob().fingerprint());
  EXPECT_EQ(pair.ends[1]->peer_fingerprint(), alice().fingerprint());
  EXPECT_FALSE(pair.ends[0]->deadline());
}

INSTANTIATE_TEST_SUITE_P(All, ProfileTest,
                         testing::Values(SrtpProfile::aead_aes_128_gcm,
                                         SrtpProfile::aead_aes_256_gcm,
                                         SrtpProfile::aes_cm_128_hmac_sha1_80,
                                         SrtpProfile::aes_cm_128_hmac_sha1_32));

TEST(DtlsAssociation, TheOrderOfThePassiveEndDecides) {
  TwoEnds pair;
  pair.make({.role = DtlsRole::active,
             .profiles = {SrtpProfile::aead_aes_128_gcm, SrtpProfile::aes_cm_128_hmac_sha1_80}},
            {.role = DtlsRole::passive,
             .profiles = {SrtpProfile::aes_cm_128_hmac_sha1_80, SrtpProfile::aead_aes_128_gcm}});
  pair.expect_each_other();
  pair.start();
  pair.run();
  ASSERT_TRUE(pair.connected());
  EXPECT_EQ(pair.ends[0]->profile(), SrtpProfile::aes_cm_128_hmac_sha1_80);
}

TEST(DtlsAssociation, OffersNoShortTagByItself) {
  for (const SrtpProfile profile : DtlsOptions{}.profiles) {
    EXPECT_NE(profile, SrtpProfile::aes_cm_128_hmac_sha1_32);
  }
}

TEST(DtlsAssociation, RefusesOptionsThatCannotBe) {
  for (const DtlsOptions& options :
       {DtlsOptions{.profiles = {}},
        DtlsOptions{.profiles = {SrtpProfile::aes_256_cm_hmac_sha1_80}}, DtlsOptions{.mtu = 100},
        DtlsOptions{.mtu = 70'000}, DtlsOptions{.patience = 0s}}) {
    const auto made = DtlsAssociation::create(alice(), options);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().reason, "DTLS_OPTIONS_INVALID");
  }
}

TEST(DtlsAssociation, SaysNothingBeforeItIsStarted) {
  TwoEnds pair;
  pair.make();
  pair.expect_each_other();
  pair.deliver();
  EXPECT_EQ(pair.sent, 0u);
  EXPECT_EQ(pair.state(0), DtlsState::idle);
  EXPECT_FALSE(pair.ends[0]->deadline());
}

TEST(DtlsAssociation, AnotherFingerprintIsRefusedByTheActiveEnd) {
  TwoEnds pair;
  pair.make();
  pair.ends[0]->expect({alice().fingerprint()}, pair.clock.now());
  pair.ends[1]->expect({alice().fingerprint()}, pair.clock.now());
  pair.start();
  pair.run();
  EXPECT_EQ(pair.state(0), DtlsState::failed);
  EXPECT_EQ(pair.ends[0]->error().reason, "FINGERPRINT_MISMATCH");
  EXPECT_FALSE(pair.ends[0]->keys());
  // The other one was content until it was told goodbye.
  EXPECT_EQ(pair.state(1), DtlsState::closed);
}

TEST(DtlsAssociation, AnotherFingerprintIsRefusedByThePassiveEnd) {
  TwoEnds pair;
  pair.make();
  pair.ends[0]->expect({bob().fingerprint()}, pair.clock.now());
  pair.ends[1]->expect({bob().fingerprint()}, pair.clock.now());
  pair.start();
  pair.run();
  EXPECT_EQ(pair.state(1), DtlsState::failed);
  EXPECT_EQ(pair.ends[1]->error().reason, "FINGERPRINT_MISMATCH");
  EXPECT_FALSE(pair.ends[1]->keys());
  EXPECT_EQ(pair.state(0), DtlsState::closed);
}

TEST(DtlsAssociation, KeysWaitForAFingerprintThatIsLate) {
  TwoEnds pair;
  pair.make();
  pair.start();
  pair.deliver();
  EXPECT_EQ(pair.state(0), DtlsState::connecting);
  EXPECT_EQ(pair.state(1), DtlsState::connecting);
  EXPECT_FALSE(pair.ends[0]->keys() || pair.ends[1]->keys());
  EXPECT_EQ(pair.ends[0]->peer_fingerprint(), bob().fingerprint());
  pair.clock.advance(5s);
  pair.ends[0]->expect({bob().fingerprint()}, pair.clock.now());
  EXPECT_EQ(pair.state(0), DtlsState::connected);
  pair.ends[1]->expect({bob().fingerprint()}, pair.clock.now());
  EXPECT_EQ(pair.ends[1]->error().reason, "FINGERPRINT_MISMATCH");
  EXPECT_FALSE(pair.ends[1]->keys());
}

TEST(DtlsAssociation, AFingerprintThatNeverComesIsAFailure) {
  TwoEnds pair;
  pair.make();
  pair.ends[0]->expect({bob().fingerprint()}, pair.clock.now());
  pair.start();
  EXPECT_EQ(pair.run(), 20s);
  EXPECT_EQ(pair.ends[1]->error().reason, "FINGERPRINT_MISSING");
  EXPECT_EQ(pair.state(1), DtlsState::failed);
}

TEST(DtlsAssociation, OneFingerprintOfTheStrongestHashMustMatch) {
  const Fingerprint wrong512{HashFunction::sha_512, Bytes(64, 1)};
  const auto outcome = [](std::vector<Fingerprint> expected) {
    TwoEnds pair;
    pair.make();
    pair.ends[0]->expect(std::move(expected), pair.clock.now());
    pair.ends[1]->expect({alice().fingerprint(HashFunction::sha_384)}, pair.clock.now());
    pair.start();
    pair.run();
    return pair.state(0);
  };
  EXPECT_EQ(outcome({bob().fingerprint(HashFunction::sha_512)}), DtlsState::connected);
  EXPECT_EQ(outcome({wrong512, bob().fingerprint(HashFunction::sha_512)}), DtlsState::connected);
  EXPECT_EQ(outcome({bob().fingerprint(), wrong512}), DtlsState::failed);
  EXPECT_EQ(outcome({alice().fingerprint(), bob().fingerprint()}), DtlsState::connected);
}

TEST(DtlsAssociation, WhatIsSaidLaterOfTheFarEndChangesNothing) {
  TwoEnds pair;
  pair.make();
  pair.expect_each_other();
  pair.ends[0]->expect({alice().fingerprint()}, pair.clock.now());
  pair.start();
  pair.run();
  EXPECT_TRUE(pair.connected());
}

TEST(DtlsAssociation, TwoActiveEndsFailInWords) {
  TwoEnds pair;
  pair.make({.role = DtlsRole::active}, {.role = DtlsRole::active});
  pair.expect_each_other();
  pair.start();
  EXPECT_EQ(pair.run(), 20s);
  for (const auto& end : pair.ends) {
    EXPECT_EQ(end->state(), DtlsState::failed);
    EXPECT_EQ(end->error().reason, "DTLS_TIMEOUT");
    EXPECT_EQ(end->error().details.at("cause"), "role_conflict");
  }
}

TEST(DtlsAssociation, TwoPassiveEndsFailInWords) {
  TwoEnds pair;
  pair.make({.role = DtlsRole::passive}, {.role = DtlsRole::passive, .patience = 7s});
  pair.expect_each_other();
  pair.start();
  EXPECT_EQ(pair.run(), 20s);
  EXPECT_EQ(pair.ends[1]->error().details.at("cause"), "silence");
  EXPECT_EQ(pair.sent, 0u);
}

TEST(DtlsAssociation, ProfilesMustHaveOneInCommon) {
  TwoEnds pair;
  pair.make({.role = DtlsRole::active, .profiles = {SrtpProfile::aead_aes_128_gcm}},
            {.role = DtlsRole::passive, .profiles = {SrtpProfile::aes_cm_128_hmac_sha1_80}});
  pair.expect_each_other();
  pair.start();
  pair.run();
  for (const auto& end : pair.ends) {
    EXPECT_EQ(end->state(), DtlsState::failed);
    EXPECT_EQ(end->error().reason, "DTLS_NO_SRTP");
    EXPECT_FALSE(end->keys());
  }
}

void use(const DtlsIdentity& identity, SSL_CTX* context) {
  const std::string certificate = identity.certificate_pem();
  const base::Secret key = identity.key_pem();
  const Bio first(BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())));
  const Certificate x509(PEM_read_bio_X509(first.get(), nullptr, nullptr, nullptr));
  const Bio second(BIO_new_mem_buf(key.reveal().data(), static_cast<int>(key.reveal().size())));
  const PrivateKey pkey(PEM_read_bio_PrivateKey(second.get(), nullptr, nullptr, nullptr));
  SSL_CTX_use_certificate(context, x509.get());
  SSL_CTX_use_PrivateKey(context, pkey.get());
}

// One of our ends against OpenSSL as it comes, until it is through or gives up.
DtlsAssociation against(RawPeer& peer, DtlsRole role) {
  test::FakeClock clock;
  DtlsAssociation ours = *DtlsAssociation::create(alice(), {.role = role});
  ours.expect({bob().fingerprint()}, clock.now());
  ours.start(clock.now());
  for (int i = 0; i < 200 && ours.state() == DtlsState::connecting; ++i) {
    peer.exchange(ours, clock.now());
    clock.advance(250ms);
    ours.tick(clock.now());
  }
  return ours;
}

TEST(DtlsAssociation, APeerWithoutSrtpIsRefused) {
  RawPeer server(RawPeer::Role::server, [](SSL_CTX* context) { use(bob(), context); });
  const DtlsAssociation active = against(server, DtlsRole::active);
  // A server that asks for no certificate is no peer of ours either, but SRTP is what
  // is missing.
  EXPECT_EQ(active.error().reason, "DTLS_NO_SRTP");
  RawPeer client(RawPeer::Role::client, [](SSL_CTX* context) { use(bob(), context); });
  const DtlsAssociation passive = against(client, DtlsRole::passive);
  EXPECT_EQ(passive.error().reason, "DTLS_NO_SRTP");
}

TEST(DtlsAssociation, APeerWithoutACertificateGetsNoKeys) {
  RawPeer client(RawPeer::Role::client, [](SSL_CTX* context) {
    SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AES128_CM_SHA1_80");
  });
  const DtlsAssociation passive = against(client, DtlsRole::passive);
  EXPECT_EQ(passive.state(), DtlsState::failed);
  EXPECT_EQ(passive.error().reason, "DTLS_TIMEOUT");
  EXPECT_EQ(passive.error().details.at("cause"), "handshake");
  EXPECT_FALSE(passive.keys());
}

TEST(DtlsAssociation, AnOldVersionIsNotSpoken) {
  for (const auto role : {RawPeer::Role::client, RawPeer::Role::server}) {
    RawPeer peer(role, [](SSL_CTX* context) {
      use(bob(), context);
      SSL_CTX_set_security_level(context, 0);
      SSL_CTX_set_min_proto_version(context, DTLS1_VERSION);
      SSL_CTX_set_max_proto_version(context, DTLS1_VERSION);
      SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AES128_CM_SHA1_80");
    });
    const DtlsAssociation ours =
        against(peer, role == RawPeer::Role::client ? DtlsRole::passive : DtlsRole::active);
    EXPECT_EQ(ours.error().reason, "DTLS_TIMEOUT");
  }
}

TEST(DtlsAssociation, NothingIsResumedOrRenegotiated) {
  RawPeer client(RawPeer::Role::client, [](SSL_CTX* context) {
    use(bob(), context);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AES128_CM_SHA1_80");
  });
  test::FakeClock clock;
  DtlsAssociation ours = *DtlsAssociation::create(alice(), {.role = DtlsRole::passive});
  ours.expect({bob().fingerprint()}, clock.now());
  ours.start(clock.now());
  for (int i = 0; i < 10 && !SSL_is_init_finished(client.ssl()); ++i) {
    client.exchange(ours, clock.now());
  }
  ASSERT_EQ(ours.state(), DtlsState::connected);
  const SSL_SESSION* session = SSL_get_session(client.ssl());
  EXPECT_EQ(SSL_SESSION_has_ticket(session), 0);
  unsigned id_size = 0;
  SSL_SESSION_get_id(session, &id_size);
  EXPECT_EQ(id_size, 0u);
  EXPECT_EQ(SSL_get_current_compression(client.ssl()), nullptr);
  const srtp::SrtpKey before = ours.keys()->outbound;
  SSL_renegotiate(client.ssl());
  for (int i = 0; i < 10; ++i) client.exchange(ours, clock.now());
  EXPECT_NE(SSL_do_handshake(client.ssl()), 1);  // it is told no, and may leave for that
  EXPECT_NE(ours.state(), DtlsState::failed);
  EXPECT_TRUE(ours.keys()->outbound == before);
}

TEST(DtlsAssociation, SaysGoodbye) {
  TwoEnds pair;
  pair.make();
  pair.expect_each_other();
  pair.start();
  pair.run();
  ASSERT_TRUE(pair.connected());
  pair.ends[0]->close();
  EXPECT_EQ(pair.state(0), DtlsState::closed);
  pair.deliver();
  EXPECT_EQ(pair.state(1), DtlsState::closed);
  expect_matching_keys(pair);
}

TEST(DtlsAssociation, CanBeMovedInAHandshake) {
  TwoEnds pair;
  pair.make();
  pair.expect_each_other();
  pair.start();
  DtlsAssociation elsewhere = std::move(*pair.ends[0]);
  pair.ends[0] = std::move(elsewhere);
  pair.run();
  EXPECT_TRUE(pair.connected());
}

TEST(DtlsAssociation, AnIdentityThatWasKeptIsKnownAgain) {
  const auto kept = DtlsIdentity::from_pem(bob().certificate_pem(), bob().key_pem());
  ASSERT_TRUE(kept);
  TwoEnds pair;
  pair.make();
  pair.ends[1] = *DtlsAssociation::create(*kept, {.role = DtlsRole::passive});
  pair.expect_each_other();
  pair.start();
  pair.run();
  EXPECT_TRUE(pair.connected());
}

}  // namespace
}  // namespace commd::dtls
