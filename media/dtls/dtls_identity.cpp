#include "media/dtls/dtls_identity.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <utility>

#include "daemon/base/random.h"
#include "media/dtls/certificate_hash.h"
#include "media/dtls/handles.h"

namespace commd::dtls {

namespace {

constexpr long day_s = 24L * 60 * 60;
constexpr long valid_s = 30 * 365 * day_s;
constexpr size_t serial_octets = 16;
// Of the far end's certificates, all of them, in one handshake.
constexpr long certificates_most = 16 * 1024;

base::Error openssl_failed(const char* what) {
  ERR_clear_error();
  return {
      base::Code::internal, "DTLS_SETUP_FAILED", std::string("OpenSSL: ") + what + " failed", {}};
}

base::Error unusable(const char* why) {
  ERR_clear_error();
  return {base::Code::invalid_argument,
          "DTLS_IDENTITY_INVALID",
          std::string("the kept certificate for media ") + why + "; without it a new one is made",
          {}};
}

bool set_serial(X509* certificate) {
  std::array<uint8_t, serial_octets> bytes{};
  base::random_bytes(bytes);
  bytes[0] = static_cast<uint8_t>((bytes[0] & 0x7f) | 0x40);  // positive, and always as long
  BIGNUM* number = BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr);
  const bool done = number != nullptr &&
                    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return done;
}

bool set_name(X509* certificate) {
  const std::string name = base::random_token(16);
  X509_NAME* subject = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                    reinterpret_cast<const unsigned char*>(name.data()),
                                    static_cast<int>(name.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1;
}

Certificate make_certificate(EVP_PKEY* key) {
  Certificate certificate(X509_new());
  if (!certificate) return nullptr;
  X509* const raw = certificate.get();
  const bool done = X509_set_version(raw, 2) == 1 && set_serial(raw) && set_name(raw) &&
                    X509_gmtime_adj(X509_getm_notBefore(raw), -day_s) != nullptr &&
                    X509_gmtime_adj(X509_getm_notAfter(raw), valid_s) != nullptr &&
                    X509_set_pubkey(raw, key) == 1 && X509_sign(raw, key, EVP_sha256()) > 0;
  return done ? std::move(certificate) : nullptr;
}

// The chain is not looked at: nobody signed it. The fingerprint is compared when the
// handshake is through, so that only who holds the key can fail it.
int accept_for_now(X509_STORE_CTX*, void*) noexcept { return 1; }

// Everything is said here, so that no openssl.cnf of the machine changes it.
bool configure(SSL_CTX* context) {
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, accept_for_now, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_NO_QUERY_MTU | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_max_cert_list(context, certificates_most);
  SSL_CTX_set_read_ahead(context, 1);
  return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1 &&
         SSL_CTX_set_cipher_list(context,
                                 "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                 "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                                 "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305") == 1;
}

SslContext make_context(X509* certificate, EVP_PKEY* key) {
  SslContext context(SSL_CTX_new(DTLS_method()));
  if (!context || !configure(context.get())) return nullptr;
  const bool done = SSL_CTX_use_certificate(context.get(), certificate) == 1 &&
                    SSL_CTX_use_PrivateKey(context.get(), key) == 1 &&
                    SSL_CTX_check_private_key(context.get()) == 1;
  return done ? std::move(context) : nullptr;
}

Bio reader(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// An encrypted key is none of ours; OpenSSL would ask the terminal for a password.
int no_password(char*, int, int, void*) noexcept { return -1; }

}  // namespace

struct DtlsIdentity::State {
  Certificate certificate;
  PrivateKey key;
  SslContext context;
};

base::Result<DtlsIdentity> DtlsIdentity::generate() {
  PrivateKey key(EVP_EC_gen("P-256"));
  if (!key) return base::fail(openssl_failed("making a key"));
  Certificate certificate = make_certificate(key.get());
  if (!certificate) return base::fail(openssl_failed("making a certificate"));
  SslContext context = make_context(certificate.get(), key.get());
  if (!context) return base::fail(openssl_failed("making a DTLS context"));
  return DtlsIdentity(std::make_shared<const State>(
      State{std::move(certificate), std::move(key), std::move(context)}));
}

base::Result<DtlsIdentity> DtlsIdentity::from_pem(std::string_view certificate_text,
                                                  const base::Secret& key_text) {
  const Bio certificate_bio = reader(certificate_text);
  Certificate certificate(PEM_read_bio_X509(certificate_bio.get(), nullptr, no_password, nullptr));
  if (!certificate) return base::fail(unusable("cannot be read"));
  const Bio key_bio = reader(key_text.reveal());
  PrivateKey key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, no_password, nullptr));
  if (!key) return base::fail(unusable("has a key that cannot be read"));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return base::fail(unusable("has another key than its own"));
  }
  SslContext context = make_context(certificate.get(), key.get());
  if (!context) return base::fail(unusable("cannot be used"));
  return DtlsIdentity(std::make_shared<const State>(
      State{std::move(certificate), std::move(key), std::move(context)}));
}

std::string DtlsIdentity::certificate_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), state_->certificate.get()) != 1) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

base::Secret DtlsIdentity::key_pem() const {
  // Memory that OpenSSL wipes when it goes.
  const Bio bio(BIO_new(BIO_s_secmem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), state_->key.get(), nullptr, nullptr, 0,
                                            nullptr, nullptr) != 1) {
    return {};
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return base::Secret(std::string_view(data, static_cast<size_t>(size)));
}

Fingerprint DtlsIdentity::fingerprint(HashFunction hash) const {
  return fingerprint_of(state_->certificate.get(), hash);
}

ssl_ctx_st* DtlsIdentity::context() const { return state_->context.get(); }

}  // namespace commd::dtls
