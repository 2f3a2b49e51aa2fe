#include "media/srtp/srtp_library.h"

#include <srtp2/srtp.h>

#include <string>

#include "media/srtp/evp_cipher.h"
#include "media/srtp/sha1_auth.h"

namespace commd::srtp {

namespace {

base::Result<void> outcome(srtp_err_status_t status, const char* what) {
  if (status == srtp_err_status_ok) return {};
  return base::fail(base::Code::internal, "SRTP_SETUP_FAILED",
                    std::string("libsrtp2: ") + what + " failed, status " +
                        std::to_string(static_cast<int>(status)));
}

// Each call runs the library's test cases on the new type before it takes it.
base::Result<void> replace_ciphers() {
  for (const srtp_cipher_type_t* type :
       {&evp_aes_icm_128, &evp_aes_icm_256, &evp_aes_gcm_128, &evp_aes_gcm_256}) {
    auto replaced = outcome(srtp_replace_cipher_type(type, type->id), type->description);
    if (!replaced) return replaced;
  }
  return outcome(srtp_replace_auth_type(&openssl_hmac_sha1, openssl_hmac_sha1.id),
                 openssl_hmac_sha1.description);
}

base::Result<void> start() {
  if (auto initialised = outcome(srtp_init(), "initialisation"); !initialised) return initialised;
  auto replaced = replace_ciphers();
  if (!replaced) srtp_shutdown();
  return replaced;
}

}  // namespace

SrtpLibrary::SrtpLibrary() : started_(std::async(std::launch::async, start).share()) {}

SrtpLibrary::~SrtpLibrary() {
  if (ready()) srtp_shutdown();
}

}  // namespace commd::srtp
