// A certificate and its key, with which one account shows itself in DTLS-SRTP
// (RFC 5763). Self-signed: what is trusted is the fingerprint in the signalling,
// so the names and dates in it mean nothing and tell nothing.
//
// An immutable value: copies share it, any thread may use one. The key is ECDSA on
// P-256, which every implementation has (RFC 8827, section 6.5).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "media/dtls/fingerprint.h"

// OpenSSL's, so that its headers stay inside this room.
struct ssl_ctx_st;

namespace commd::dtls {

class DtlsIdentity {
 public:
  // Makes a new one: about 4 ms of CPU, so on a thread that has them. Valid from
  // yesterday (clocks differ) for 30 years; the serial number and the common name are
  // random. Fails with internal, DTLS_SETUP_FAILED, only where OpenSSL fails.
  static base::Result<DtlsIdentity> generate();

  // Reads what certificate_pem() and key_pem() wrote. invalid_argument,
  // DTLS_IDENTITY_INVALID, if either is no PEM, or the key is not the certificate's.
  // Any kind of key is taken that OpenSSL signs with. About 1 ms.
  static base::Result<DtlsIdentity> from_pem(std::string_view certificate, const base::Secret& key);

  std::string certificate_pem() const;
  base::Secret key_pem() const;  // PKCS #8, not encrypted

  Fingerprint fingerprint(HashFunction hash = HashFunction::sha_256) const;

  // For this room: the settings of all associations that use this identity.
  ssl_ctx_st* context() const;

 private:
  struct State;
  explicit DtlsIdentity(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace commd::dtls
