// Why a TLS connection was refused, in facts and in words: which names the
// certificate is for, when it ends, who issued it, and what OpenSSL said.
// Values; any thread. RFC 5922 (identity of SIP domains), RFC 6125.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/time.h"

namespace commd::sip {

enum class TlsFailureKind {
  wrong_name,          // the certificate is for another name
  expired,             // its time is over
  not_yet_valid,       // its time has not come
  unknown_issuer,      // issued by nobody we trust
  self_signed,         // issued by itself, and not in the trusted set
  bad_certificate,     // anything else wrong with it
  client_certificate,  // the far end refused ours, or wants one and got none
  protocol,            // no common TLS version or cipher, or not TLS at all
  closed,              // the connection ended before the handshake did
};

const char* to_string(TlsFailureKind kind);

// What a person needs to know of a certificate. All text is valid UTF-8 and bounded.
struct CertificateFacts {
  std::vector<std::string> names;  // subject alternative names, else the common name; at most 16
  std::string subject;
  std::string issuer;
  base::WallTime not_before{};
  base::WallTime not_after{};
};

CertificateFacts describe(X509* certificate);

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
};

// Sorts an X509_V_ERR_* code.
TlsFailureKind kind_of_verify_error(long verify_error);
// Sorts an entry of OpenSSL's error queue (ERR_peek_error()).
TlsFailureKind kind_of_error(unsigned long error);

}  // namespace commd::sip
