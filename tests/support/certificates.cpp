#include "tests/support/certificates.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace commd::test {
namespace {

constexpr long kDay = 24 * 3600;

void add_extension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  if (extension == nullptr) throw std::runtime_error("bad extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

long next_serial() {
  static long serial = 1;
  return serial++;
}

}  // namespace

Identity make_identity(const CertificateRequest& request, const Identity* issuer) {
  Identity made;
  made.key.reset(EVP_EC_gen("P-256"));
  made.certificate.reset(X509_new());
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), next_serial());
  X509_gmtime_adj(X509_getm_notBefore(certificate), request.starts_in_days * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate), request.days_valid * kDay);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(request.common_name.c_str()),
                             -1, -1, 0);
  X509_set_issuer_name(
      certificate, issuer == nullptr ? subject : X509_get_subject_name(issuer->certificate.get()));
  add_extension(certificate, NID_basic_constraints,
                request.authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (!request.alternative_names.empty())
    add_extension(certificate, NID_subject_alt_name, request.alternative_names);
  X509_sign(certificate, issuer == nullptr ? made.key.get() : issuer->key.get(), EVP_sha256());
  return made;
}

ScratchFolder::ScratchFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "commd-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ScratchFolder::write(const std::string& name, const std::string& text) const {
  std::ofstream(file(name)) << text;
  return file(name);
}

std::string ScratchFolder::write_certificate(const std::string& name,
                                             const Identity& identity) const {
  FILE* out = fopen(file(name).c_str(), "w");
  PEM_write_X509(out, identity.certificate.get());
  fclose(out);
  return file(name);
}

std::string ScratchFolder::write_with_key(const std::string& name, const Identity& identity) const {
  FILE* out = fopen(file(name).c_str(), "w");
  PEM_write_X509(out, identity.certificate.get());
  PEM_write_PrivateKey(out, identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  fclose(out);
  return file(name);
}

}  // namespace commd::test
