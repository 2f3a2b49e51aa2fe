// Handshakes over a network that loses, repeats, reorders and cuts.
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <map>
#include <string>

#include "media/dtls/handles.h"
#include "tests/unit/dtls/raw_peer.h"
#include "tests/unit/dtls/two_ends.h"

namespace commd::dtls {
namespace {

using namespace std::chrono_literals;

constexpr size_t small_mtu = 296;  // many datagrams a flight

void make_with_mtu(TwoEnds& pair, size_t mtu) {
  pair.make({.role = DtlsRole::active, .mtu = mtu}, {.role = DtlsRole::passive, .mtu = mtu});
  pair.expect_each_other();
}

class LossTest : public testing::TestWithParam<size_t> {};

TEST_P(LossTest, AnyOneDatagramMayBeLost) {
  size_t touched = 0;
  for (size_t lost = 1; lost <= 12; ++lost) {
    TwoEnds pair;
    make_with_mtu(pair, GetParam());
    size_t count = 0;
    pair.wire = [&](int, const Bytes& datagram) {
      if (++count != lost) return std::vector<Bytes>{datagram};
      ++touched;
      return std::vector<Bytes>{};
    };
    pair.start();
    const auto took = pair.run();
    EXPECT_TRUE(pair.connected()) << "lost " << lost;
    EXPECT_LE(took, DtlsAssociation::first_resend + 1ms) << "lost " << lost;
    expect_matching_keys(pair);
  }
  EXPECT_GE(touched, GetParam() == small_mtu ? 7u : 4u);
}

TEST_P(LossTest, AWholeSecondMayBeLost) {
  TwoEnds pair;
  make_with_mtu(pair, GetParam());
  const base::MonoTime begin = pair.clock.now();
  pair.wire = [&](int, const Bytes& datagram) {
    return pair.clock.now() < begin + 1s ? std::vector<Bytes>{} : std::vector<Bytes>{datagram};
  };
  pair.start();
  const auto took = pair.run();
  EXPECT_TRUE(pair.connected());
  EXPECT_GE(took, 1s);
  EXPECT_LE(took, 2s);
}

TEST_P(LossTest, EverythingMayComeTwice) {
  TwoEnds pair;
  make_with_mtu(pair, GetParam());
  pair.wire = [](int, const Bytes& datagram) { return std::vector<Bytes>{datagram, datagram}; };
  pair.start();
  EXPECT_EQ(pair.run(), 0ms);
  ASSERT_TRUE(pair.connected());
  expect_matching_keys(pair);
  EXPECT_EQ(pair.ends[1]->restarts(), 0u);
}

TEST_P(LossTest, NeighboursMayChangePlaces) {
  TwoEnds pair;
  make_with_mtu(pair, GetParam());
  std::map<int, Bytes> held;
  pair.wire = [&](int from, const Bytes& datagram) {
    if (!held.contains(from)) {
      held[from] = datagram;
      return std::vector<Bytes>{};
    }
    std::vector<Bytes> both{datagram, held[from]};
    held.erase(from);
    return both;
  };
  pair.start();
  const auto took = pair.run();
  ASSERT_TRUE(pair.connected());
  expect_matching_keys(pair);
  EXPECT_LE(took, 3s);
}

INSTANTIATE_TEST_SUITE_P(Mtu, LossTest, testing::Values(small_mtu, 1200));

TEST(DtlsNetwork, WhatIsLostIsSentAgainLessAndLessOften) {
  TwoEnds pair;
  pair.make();
  pair.wire = [](int, const Bytes&) { return std::vector<Bytes>{}; };
  pair.start();
  pair.run();
  // At 0, 0.25, 0.75, 1.75, 3.75, 7.75, 11.75, 15.75 and 19.75 s of 20.
  EXPECT_EQ(pair.sent, 9u);
  EXPECT_EQ(pair.ends[0]->error().details.at("cause"), "silence");
}

// A certificate that fits into no datagram.
DtlsIdentity large_identity() {
  const PrivateKey key(EVP_RSA_gen(2048));
  const Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86'400);
  X509_set_pubkey(certificate.get(), key.get());
  const std::string name(60, 'x');
  for (int i = 0; i < 20; ++i) {
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "OU", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.data()), -1, -1, 0);
  }
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const auto text = [](const auto& write) {
    const Bio bio(BIO_new(BIO_s_mem()));
    write(bio.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return std::string(data, static_cast<size_t>(size));
  };
  const std::string pem = text([&](BIO* bio) { PEM_write_bio_X509(bio, certificate.get()); });
  const std::string secret = text([&](BIO* bio) {
    PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return *DtlsIdentity::from_pem(pem, base::Secret(secret));
}

TEST(DtlsNetwork, NoDatagramIsLongerThanTheMtu) {
  const DtlsIdentity large = large_identity();
  for (const size_t mtu : {size_t{296}, size_t{600}, size_t{1200}}) {
    TwoEnds pair;
    pair.ends[0] = *DtlsAssociation::create(large, {.role = DtlsRole::active, .mtu = mtu});
    pair.ends[1] = *DtlsAssociation::create(large, {.role = DtlsRole::passive, .mtu = mtu});
    for (auto& end : pair.ends) end->expect({large.fingerprint()}, pair.clock.now());
    pair.start();
    pair.run();
    EXPECT_TRUE(pair.connected()) << mtu;
    EXPECT_LE(pair.longest, mtu);
    EXPECT_GT(pair.longest, mtu * 3 / 4);
  }
}

}  // namespace
}  // namespace commd::dtls
