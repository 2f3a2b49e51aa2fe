// Why a TLS connection was refused, in facts and in words: which names the
// certificate is for, when it ends, who issued it, and what OpenSSL said.
// Values; any thread. RFC 5922 (identity of SIP domains), RFC 6125.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/error.h"
#include "daemon/base/time.h"

namespace commd::net {

enum class TlsFailureKind {
  wrong_name,          // the certificate is for another name
  expired,             // its time is over
  not_yet_valid,       // its time has not come
  unknown_issuer,      // issued by nobody we trust
  self_signed,         // issued by itself, and not in the trusted set
  bad_certificate,     // anything else wrong with it
  wrong_pin,           // not the one certificate that a person has pinned
  client_certificate,  // the far end refused ours, or wants one and got none
  protocol,            // no common TLS version or cipher, or not TLS at all
  closed,              // the connection ended before the handshake did
  timeout,             // the handshake did not end in time
};

const char* to_string(TlsFailureKind kind);
// The stable reason of errors and account states: "TLS_WRONG_NAME" ...
std::string tls_reason(TlsFailureKind kind);

// What a person needs to know of a certificate. All text is valid UTF-8 and bounded.
struct CertificateFacts {
  std::vector<std::string> names;  // subject alternative names, else the common name; at most 16
  std::string subject;
  std::string issuer;
  base::WallTime not_before{};
  base::WallTime not_after{};
  std::string sha256;  // of the whole certificate, as sha256_fingerprint() gives it
};

CertificateFacts describe(X509* certificate);
// 64 lower-case hexadecimal digits: what a person pins. Empty: it could not be computed.
std::string sha256_fingerprint(X509* certificate);

struct TlsFailure {
  std::string name;  // the domain of the address that was to be reached
  uint16_t port = 0;
  TlsFailureKind kind = TlsFailureKind::closed;
  std::string openssl;  // OpenSSL's own words
  bool has_certificate = false;
  CertificateFacts certificate;
  base::MonoTime time{};  // when it was refused

  // "certificate is for b.example, not a.example; expired on 2024-01-31; issuer ..."
  std::string message(base::WallTime now) const;
  // The same as a value: reason "TLS_...", and in the details `host`, `openssl`, and of the
  // certificate `names`, `issuer`, `not_after` and `sha256`. Unavailable, except where a
  // person has to act: failed_precondition.
  base::Error error(base::WallTime now) const;
};

// Sorts an X509_V_ERR_* code.
TlsFailureKind kind_of_verify_error(long verify_error);
// Sorts an entry of OpenSSL's error queue (ERR_peek_error()).
TlsFailureKind kind_of_error(unsigned long error);

}  // namespace commd::net
