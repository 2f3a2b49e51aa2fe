#include "daemon/net/tls_verify.h"

#include <openssl/x509_vfy.h>

#include <algorithm>

namespace commd::net {
namespace {

constexpr size_t sha256_digits = 64;

int check_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

bool refuse(X509_STORE_CTX* store, TlsCheck& check, TlsFailureKind kind, int error,
            const char* words) {
  X509_STORE_CTX_set_error(store, error);
  TlsFailure failure;
  failure.name = check.reference.domain;
  failure.kind = kind;
  failure.openssl = words;
  failure.has_certificate = check.certificate.has_value();
  if (check.certificate) failure.certificate = *check.certificate;
  failure.time = std::chrono::steady_clock::now();
  check.failure = std::move(failure);
  return false;
}

bool is_about_time(int error) {
  return error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
}

bool accept_certificate(X509_STORE_CTX* store, TlsCheck& check) {
  X509* leaf = X509_STORE_CTX_get0_cert(store);
  if (leaf == nullptr)
    return refuse(store, check, TlsFailureKind::bad_certificate, X509_V_ERR_UNSPECIFIED, "");
  check.certificate = describe(leaf);
  if (!check.pins.empty()) {
    // A pin is for that one certificate, whoever issued it and whatever it says, and for
    // no other.
    const auto& pins = check.pins;
    check.pinned = std::find(pins.begin(), pins.end(), check.certificate->sha256) != pins.end();
    if (check.pinned) return true;
    return refuse(store, check, TlsFailureKind::wrong_pin, X509_V_ERR_CERT_REJECTED, "");
  }
  const bool chain = X509_verify_cert(store) == 1;
  const int error = X509_STORE_CTX_get_error(store);
  const bool named = matches(names_of(leaf), check.reference);
  // The wrong name says more than an expired one; an untrusted issuer may write any name.
  if (!named && (chain || is_about_time(error)))
    return refuse(store, check, TlsFailureKind::wrong_name, X509_V_ERR_HOSTNAME_MISMATCH,
                  X509_verify_cert_error_string(X509_V_ERR_HOSTNAME_MISMATCH));
  if (!chain)
    return refuse(store, check, kind_of_verify_error(error), error,
                  X509_verify_cert_error_string(error));
  return true;
}

int verify(X509_STORE_CTX* store, void*) {
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* check =
      ssl == nullptr ? nullptr : static_cast<TlsCheck*>(SSL_get_ex_data(ssl, check_index()));
  if (check == nullptr) {
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
  }
  return accept_certificate(store, *check) ? 1 : 0;
}

}  // namespace

void require_verification(SSL_CTX* context) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &verify, nullptr);
}

void attach_check(SSL* ssl, TlsCheck& check) { SSL_set_ex_data(ssl, check_index(), &check); }

std::string normal_fingerprint(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == ':') continue;
    const bool upper = c >= 'A' && c <= 'F';
    if (!upper && !(c >= 'a' && c <= 'f') && !(c >= '0' && c <= '9')) return {};
    digits += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return digits.size() == sha256_digits ? digits : std::string();
}

}  // namespace commd::net
