#include "daemon/net/tls_failure.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>
#include <string_view>

#include "daemon/base/escape.h"

namespace commd::net {
namespace {

constexpr int kMaxNames = 16;
constexpr size_t kMaxText = 256;

std::string bounded(std::string_view text) { return base::to_valid_utf8(text.substr(0, kMaxText)); }

std::string text_of(const ASN1_STRING* string) {
  return bounded({reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                  static_cast<size_t>(ASN1_STRING_length(string))});
}

std::string address_of(const ASN1_OCTET_STRING* bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  const int family = ASN1_STRING_length(bytes) == 4    ? AF_INET
                     : ASN1_STRING_length(bytes) == 16 ? AF_INET6
                                                       : AF_UNSPEC;
  if (family == AF_UNSPEC) return "?";
  inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof text);
  return text;
}

std::vector<std::string> alternative_names(X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> list(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  const int count = list ? sk_GENERAL_NAME_num(list.get()) : 0;
  for (int i = 0; i < count && static_cast<int>(names.size()) < kMaxNames; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list.get(), i);
    if (name->type == GEN_DNS || name->type == GEN_URI) {
      names.push_back(text_of(name->d.ia5));
    } else if (name->type == GEN_IPADD) {
      names.push_back(address_of(name->d.iPAddress));
    }
  }
  return names;
}

std::string common_name(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return {};
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

std::string one_line(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), &BIO_free_all);
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return bounded({data, static_cast<size_t>(size)});
}

base::WallTime time_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return {};
  return std::chrono::system_clock::from_time_t(timegm(&fields));
}

std::string day(base::WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm fields{};
  gmtime_r(&seconds, &fields);
  char text[16];
  strftime(text, sizeof text, "%Y-%m-%d", &fields);
  return text;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "no name" : text;
}

const char* first_words(TlsFailureKind kind) {
  switch (kind) {
    case TlsFailureKind::unknown_issuer:
      return "certificate was issued by an authority not trusted";
    case TlsFailureKind::self_signed:
      return "certificate is self-signed and not trusted";
    case TlsFailureKind::bad_certificate:
      return "certificate is not acceptable";
    case TlsFailureKind::client_certificate:
      return "the server wants a client certificate, or does not accept the one it got";
    case TlsFailureKind::protocol:
      return "no TLS 1.2 or newer could be agreed on";
    case TlsFailureKind::wrong_pin:
      return "certificate is not the one that was pinned";
    case TlsFailureKind::closed:
      return "the connection was closed during the TLS handshake";
    case TlsFailureKind::timeout:
      return "the TLS handshake was not answered in time";
    case TlsFailureKind::wrong_name:
    case TlsFailureKind::expired:
    case TlsFailureKind::not_yet_valid:
      return "";
  }
  return "";
}

bool is_client_certificate_alert(int reason) {
  switch (reason) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
      return true;
    default:
      return false;
  }
}

}  // namespace

const char* to_string(TlsFailureKind kind) {
  switch (kind) {
    case TlsFailureKind::wrong_name:
      return "wrong_name";
    case TlsFailureKind::expired:
      return "expired";
    case TlsFailureKind::not_yet_valid:
      return "not_yet_valid";
    case TlsFailureKind::unknown_issuer:
      return "unknown_issuer";
    case TlsFailureKind::self_signed:
      return "self_signed";
    case TlsFailureKind::bad_certificate:
      return "bad_certificate";
    case TlsFailureKind::wrong_pin:
      return "wrong_pin";
    case TlsFailureKind::client_certificate:
      return "client_certificate";
    case TlsFailureKind::protocol:
      return "protocol";
    case TlsFailureKind::closed:
      return "closed";
    case TlsFailureKind::timeout:
      return "timeout";
  }
  return "closed";
}

std::string tls_reason(TlsFailureKind kind) {
  std::string reason = "TLS_";
  for (const char* c = to_string(kind); *c != '\0'; ++c)
    reason += *c >= 'a' && *c <= 'z' ? static_cast<char>(*c - 'a' + 'A') : *c;
  return reason;
}

CertificateFacts describe(X509* certificate) {
  CertificateFacts facts;
  facts.names = alternative_names(certificate);
  if (facts.names.empty()) {
    const std::string name = common_name(X509_get_subject_name(certificate));
    if (!name.empty()) facts.names.push_back(name);
  }
  facts.subject = one_line(X509_get_subject_name(certificate));
  facts.issuer = one_line(X509_get_issuer_name(certificate));
  facts.not_before = time_of(X509_get0_notBefore(certificate));
  facts.not_after = time_of(X509_get0_notAfter(certificate));
  facts.sha256 = sha256_fingerprint(certificate);
  return facts;
}

std::string sha256_fingerprint(X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1) return {};
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 0xF];
  }
  return text;
}

std::string TlsFailure::message(base::WallTime now) const {
  std::string text = first_words(kind);
  const auto add = [&text](const std::string& words) {
    text += (text.empty() ? "" : "; ") + words;
  };
  if (has_certificate) {
    if (kind == TlsFailureKind::wrong_name)
      add("certificate is for " + joined(certificate.names) + ", not " + name);
    if (certificate.not_after < now) add("expired on " + day(certificate.not_after));
    if (certificate.not_before > now) add("not valid before " + day(certificate.not_before));
    if (kind != TlsFailureKind::wrong_name) add("certificate is for " + joined(certificate.names));
    add("issuer " + certificate.issuer);
    if (kind == TlsFailureKind::wrong_pin) add("SHA-256 " + certificate.sha256);
  }
  if (!openssl.empty()) add("OpenSSL: " + openssl);
  return text;
}

base::Error TlsFailure::error(base::WallTime now) const {
  const bool passing = kind == TlsFailureKind::closed || kind == TlsFailureKind::timeout;
  base::Error error{passing ? base::Code::unavailable : base::Code::failed_precondition,
                    tls_reason(kind),
                    name + ": " + message(now),
                    {}};
  error.details = {{"host", name}, {"openssl", openssl}};
  if (has_certificate) {
    error.details["names"] = joined(certificate.names);
    error.details["issuer"] = certificate.issuer;
    error.details["not_after"] = day(certificate.not_after);
    error.details["sha256"] = certificate.sha256;
  }
  return error;
}

TlsFailureKind kind_of_verify_error(long verify_error) {
  switch (verify_error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return TlsFailureKind::wrong_name;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return TlsFailureKind::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return TlsFailureKind::not_yet_valid;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return TlsFailureKind::self_signed;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
      return TlsFailureKind::unknown_issuer;
    default:
      return TlsFailureKind::bad_certificate;
  }
}

TlsFailureKind kind_of_error(unsigned long error) {
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return TlsFailureKind::protocol;
  const int reason = ERR_GET_REASON(error);
  if (is_client_certificate_alert(reason)) return TlsFailureKind::client_certificate;
  if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) return TlsFailureKind::closed;
  return TlsFailureKind::protocol;
}

}  // namespace commd::net
