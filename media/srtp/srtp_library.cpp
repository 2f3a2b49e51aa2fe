#include "media/srtp/srtp_library.h"

#include <srtp2/srtp.h>

#include <stdexcept>
#include <string>

#include "media/srtp/evp_cipher.h"
#include "media/srtp/sha1_auth.h"

namespace commd::srtp {

namespace {

void check(srtp_err_status_t status, const char* what) {
  if (status == srtp_err_status_ok) return;
  throw std::runtime_error(std::string("libsrtp2: ") + what + " failed, status " +
                           std::to_string(static_cast<int>(status)));
}

// Each call runs the library's test cases on the new type before it takes it.
void replace_ciphers() {
  for (const srtp_cipher_type_t* type :
       {&evp_aes_icm_128, &evp_aes_icm_256, &evp_aes_gcm_128, &evp_aes_gcm_256}) {
    check(srtp_replace_cipher_type(type, type->id), type->description);
  }
  check(srtp_replace_auth_type(&openssl_hmac_sha1, openssl_hmac_sha1.id),
        openssl_hmac_sha1.description);
}

}  // namespace

SrtpLibrary::SrtpLibrary() {
  check(srtp_init(), "initialisation");
  try {
    replace_ciphers();
  } catch (...) {
    srtp_shutdown();
    throw;
  }
}

SrtpLibrary::~SrtpLibrary() { srtp_shutdown(); }

}  // namespace commd::srtp
