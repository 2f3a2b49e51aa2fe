// AES-ICM and AES-GCM for libsrtp2 on OpenSSL's EVP, which uses the processor's
// AES instructions. Debian's libsrtp2 runs on NSS, whose cost per packet grows
// with the number of contexts in the process (2.7 us to 256 us at 6,000).
//
// Internal to this room: only srtp_library.cpp and the tests include it. The
// tables are constants; a cipher made from one belongs to one thread at a time.
#pragma once

#include <srtp2/cipher.h>
#include <srtp2/srtp.h>

namespace commd::srtp {

extern const srtp_cipher_type_t evp_aes_icm_128;
extern const srtp_cipher_type_t evp_aes_icm_256;
extern const srtp_cipher_type_t evp_aes_gcm_128;
extern const srtp_cipher_type_t evp_aes_gcm_256;

}  // namespace commd::srtp
