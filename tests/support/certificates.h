// Throw-away certificates for the tests, made in memory. Test thread only.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>

namespace commd::test {

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct CertificateDeleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

struct Identity {
  std::unique_ptr<EVP_PKEY, KeyDeleter> key;
  std::unique_ptr<X509, CertificateDeleter> certificate;
};

struct CertificateRequest {
  std::string common_name = "x";
  std::string alternative_names;  // "DNS:a.test,IP:127.0.0.1"; empty: none
  int days_valid = 20;            // negative: over for so many days
  bool authority = false;
  int starts_in_days = -30;  // before today, as a rule
};

// Signed by `issuer`; by itself without one.
Identity make_identity(const CertificateRequest& request, const Identity* issuer);

// A folder of its own that goes with it.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const;
  // Certificate, and the key after it if wanted, in PEM.
  std::string write_certificate(const std::string& name, const Identity& identity) const;
  std::string write_with_key(const std::string& name, const Identity& identity) const;

 private:
  std::filesystem::path path_;
};

}  // namespace commd::test
