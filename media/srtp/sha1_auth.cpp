#include "media/srtp/sha1_auth.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>
#include <cstring>
#include <new>

// libsrtp2's own test case, exported by the library but in no installed header.
extern "C" {
extern const srtp_auth_test_case_t srtp_hmac_test_case_0;
}

// OpenSSL 3 marks the plain SHA-1 functions as deprecated in favour of EVP_MAC
// and EVP_MD. Those allocate for every packet (a digest context is copied by
// duplicating it on the heap), these copy 96 octets on the stack. They are not
// planned to go before OpenSSL 4.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace commd::srtp {

namespace {

constexpr size_t block_size = SHA_CBLOCK;
constexpr size_t digest_size = SHA_DIGEST_LENGTH;
using Digest = std::array<uint8_t, digest_size>;

// What one libsrtp authenticator owns. libsrtp sees `base`, whose `state` points
// back here.
struct HmacSha1 {
  srtp_auth_t base{};
  SHA_CTX inner{};    // after the inner padded key
  SHA_CTX outer{};    // after the outer padded key
  SHA_CTX message{};  // inner, and what was said since start

  ~HmacSha1() {
    OPENSSL_cleanse(&inner, sizeof inner);
    OPENSSL_cleanse(&outer, sizeof outer);
    OPENSSL_cleanse(&message, sizeof message);
  }
};

HmacSha1& hmac_of(void* state) { return *static_cast<HmacSha1*>(state); }

srtp_err_status_t allocate(srtp_auth_pointer_t* out, int key_size, int tag_size) noexcept {
  if (key_size < 0 || static_cast<size_t>(key_size) > block_size || tag_size < 0 ||
      static_cast<size_t>(tag_size) > digest_size) {
    return srtp_err_status_bad_param;
  }
  auto* hmac = new (std::nothrow) HmacSha1;
  if (hmac == nullptr) return srtp_err_status_alloc_fail;
  hmac->base.type = &openssl_hmac_sha1;
  hmac->base.state = hmac;
  hmac->base.key_len = key_size;
  hmac->base.out_len = tag_size;
  hmac->base.prefix_len = 0;
  *out = &hmac->base;
  return srtp_err_status_ok;
}

srtp_err_status_t release(srtp_auth_pointer_t pointer) noexcept {
  delete static_cast<HmacSha1*>(pointer->state);
  return srtp_err_status_ok;
}

bool start_with_key(SHA_CTX& context, const uint8_t* key, size_t size, uint8_t pad) {
  std::array<uint8_t, block_size> block;
  block.fill(pad);
  for (size_t i = 0; i < size; ++i) block[i] ^= key[i];
  const bool done =
      SHA1_Init(&context) == 1 && SHA1_Update(&context, block.data(), block.size()) == 1;
  OPENSSL_cleanse(block.data(), block.size());
  return done;
}

srtp_err_status_t set_key(void* state, const uint8_t* key, int size) noexcept {
  if (size < 0 || static_cast<size_t>(size) > block_size) return srtp_err_status_bad_param;
  HmacSha1& hmac = hmac_of(state);
  if (!start_with_key(hmac.inner, key, static_cast<size_t>(size), 0x36) ||
      !start_with_key(hmac.outer, key, static_cast<size_t>(size), 0x5c)) {
    return srtp_err_status_init_fail;
  }
  hmac.message = hmac.inner;
  return srtp_err_status_ok;
}

srtp_err_status_t start(void* state) noexcept {
  HmacSha1& hmac = hmac_of(state);
  hmac.message = hmac.inner;
  return srtp_err_status_ok;
}

srtp_err_status_t update(void* state, const uint8_t* data, int size) noexcept {
  if (size < 0) return srtp_err_status_bad_param;
  const int done = SHA1_Update(&hmac_of(state).message, data, static_cast<size_t>(size));
  return done == 1 ? srtp_err_status_ok : srtp_err_status_auth_fail;
}

srtp_err_status_t compute(void* state, const uint8_t* data, int size, int tag_size,
                          uint8_t* tag) noexcept {
  if (tag_size < 0 || static_cast<size_t>(tag_size) > digest_size) return srtp_err_status_bad_param;
  if (update(state, data, size) != srtp_err_status_ok) return srtp_err_status_auth_fail;
  HmacSha1& hmac = hmac_of(state);
  Digest digest;
  if (SHA1_Final(digest.data(), &hmac.message) != 1) return srtp_err_status_auth_fail;
  SHA_CTX outer = hmac.outer;
  const bool done = SHA1_Update(&outer, digest.data(), digest.size()) == 1 &&
                    SHA1_Final(digest.data(), &outer) == 1;
  if (!done) return srtp_err_status_auth_fail;
  std::memcpy(tag, digest.data(), static_cast<size_t>(tag_size));
  return srtp_err_status_ok;
}

}  // namespace

const srtp_auth_type_t openssl_hmac_sha1 = {allocate,
                                            release,
                                            set_key,
                                            compute,
                                            update,
                                            start,
                                            "HMAC-SHA1 on OpenSSL",
                                            &srtp_hmac_test_case_0,
                                            SRTP_HMAC_SHA1};

}  // namespace commd::srtp
