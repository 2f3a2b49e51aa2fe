#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <string>

#include "media/dtls/dtls_identity.h"
#include "media/dtls/handles.h"
#include "tests/unit/dtls/two_ends.h"

namespace commd::dtls {
namespace {

Certificate certificate_of(const DtlsIdentity& identity) {
  const std::string text = identity.certificate_pem();
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  return Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

std::string common_name(const X509* certificate) {
  char text[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
  return text;
}

TEST(DtlsIdentity, TellsNothingAndIsNeverTheSame) {
  const Certificate first = certificate_of(alice());
  const Certificate second = certificate_of(bob());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(X509_NAME_entry_count(X509_get_subject_name(first.get())), 1);
  EXPECT_EQ(common_name(first.get()).size(), 16u);
  EXPECT_NE(common_name(first.get()), common_name(second.get()));
  EXPECT_NE(
      ASN1_INTEGER_cmp(X509_get0_serialNumber(first.get()), X509_get0_serialNumber(second.get())),
      0);
  EXPECT_NE(alice().fingerprint(), bob().fingerprint());
}

TEST(DtlsIdentity, IsP256AndValidForLong) {
  const Certificate certificate = certificate_of(alice());
  ASSERT_TRUE(certificate);
  const EVP_PKEY* key = X509_get0_pubkey(certificate.get());
  EXPECT_EQ(EVP_PKEY_get_base_id(key), EVP_PKEY_EC);
  EXPECT_EQ(EVP_PKEY_get_bits(key), 256);
  EXPECT_EQ(X509_verify(certificate.get(), X509_get0_pubkey(certificate.get())), 1);
  EXPECT_LT(X509_cmp_current_time(X509_get0_notBefore(certificate.get())), 0);
  time_t later = time(nullptr) + 29L * 365 * 24 * 3600;
  EXPECT_GT(X509_cmp_time(X509_get0_notAfter(certificate.get()), &later), 0);
}

TEST(DtlsIdentity, IsKeptAsText) {
  const auto again = DtlsIdentity::from_pem(alice().certificate_pem(), alice().key_pem());
  ASSERT_TRUE(again);
  for (const auto hash : {HashFunction::sha_256, HashFunction::sha_384, HashFunction::sha_512}) {
    EXPECT_EQ(again->fingerprint(hash), alice().fingerprint(hash));
    EXPECT_EQ(again->fingerprint(hash).bytes.size(), hash_size(hash));
  }
  EXPECT_TRUE(again->key_pem() == alice().key_pem());
}

TEST(DtlsIdentity, RefusesWhatDoesNotBelongTogether) {
  const auto reason = [](std::string_view certificate, const base::Secret& key) {
    const auto identity = DtlsIdentity::from_pem(certificate, key);
    return identity ? "" : identity.error().reason;
  };
  const std::string certificate = alice().certificate_pem();
  EXPECT_EQ(reason(certificate, bob().key_pem()), "DTLS_IDENTITY_INVALID");
  EXPECT_EQ(reason(certificate, base::Secret("")), "DTLS_IDENTITY_INVALID");
  EXPECT_EQ(reason("", alice().key_pem()), "DTLS_IDENTITY_INVALID");
  EXPECT_EQ(reason(certificate.substr(0, certificate.size() / 2), alice().key_pem()),
            "DTLS_IDENTITY_INVALID");
  EXPECT_EQ(reason(certificate, base::Secret("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
                                             "-----END ENCRYPTED PRIVATE KEY-----\n")),
            "DTLS_IDENTITY_INVALID");
}

}  // namespace
}  // namespace commd::dtls
