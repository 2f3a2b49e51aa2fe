#include "media/srtp/evp_cipher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <climits>
#include <cstring>
#include <memory>
#include <new>

// libsrtp2's own test cases, exported by the library but in no installed header.
extern "C" {
extern const srtp_cipher_test_case_t srtp_aes_icm_128_test_case_0;
extern const srtp_cipher_test_case_t srtp_aes_icm_256_test_case_0;
extern const srtp_cipher_test_case_t srtp_aes_gcm_128_test_case_0;
extern const srtp_cipher_test_case_t srtp_aes_gcm_256_test_case_0;
}

namespace commd::srtp {

namespace {

struct ContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter>;

constexpr int icm_salt_size = 14;  // RFC 3711, 4.1.1: the salt, then a 16 bit block counter
constexpr int gcm_salt_size = 12;  // RFC 7714, 8.1
constexpr int gcm_full_tag = 16;
constexpr int gcm_short_tag = 8;  // asked for by libsrtp's self tests only

// What one libsrtp cipher owns. libsrtp sees `base`, whose `state` points back here.
struct EvpCipher {
  srtp_cipher_t base{};
  Context context{EVP_CIPHER_CTX_new()};
  int aes_key_size = 0;
  int tag_size = 0;
  std::array<uint8_t, 16> offset{};

  ~EvpCipher() { OPENSSL_cleanse(offset.data(), offset.size()); }
};

EvpCipher& cipher_of(void* state) { return *static_cast<EvpCipher*>(state); }

srtp_err_status_t allocate(srtp_cipher_pointer_t* out, const srtp_cipher_type_t& type, int key_size,
                           int salt_size, int tag_size) {
  auto* cipher = new (std::nothrow) EvpCipher;
  if (cipher == nullptr) return srtp_err_status_alloc_fail;
  if (!cipher->context) {
    delete cipher;
    return srtp_err_status_alloc_fail;
  }
  cipher->aes_key_size = key_size - salt_size;
  cipher->tag_size = tag_size;
  cipher->base.type = &type;
  cipher->base.state = cipher;
  cipher->base.key_len = key_size;
  cipher->base.algorithm = static_cast<int>(type.id);
  *out = &cipher->base;
  return srtp_err_status_ok;
}

srtp_err_status_t release(srtp_cipher_pointer_t pointer) noexcept {
  delete static_cast<EvpCipher*>(pointer->state);
  return srtp_err_status_ok;
}

// ---- AES in counter mode ------------------------------------------------------

srtp_err_status_t icm_allocate(srtp_cipher_pointer_t* out, int key_size, int) noexcept {
  if (key_size == 16 + icm_salt_size) {
    return allocate(out, evp_aes_icm_128, key_size, icm_salt_size, 0);
  }
  if (key_size == 32 + icm_salt_size) {
    return allocate(out, evp_aes_icm_256, key_size, icm_salt_size, 0);
  }
  return srtp_err_status_bad_param;
}

srtp_err_status_t icm_set_key(void* state, const uint8_t* key) noexcept {
  EvpCipher& cipher = cipher_of(state);
  cipher.offset.fill(0);
  std::memcpy(cipher.offset.data(), key + cipher.aes_key_size, icm_salt_size);
  const EVP_CIPHER* aes = cipher.aes_key_size == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr();
  const int done = EVP_EncryptInit_ex2(cipher.context.get(), aes, key, nullptr, nullptr);
  return done == 1 ? srtp_err_status_ok : srtp_err_status_init_fail;
}

srtp_err_status_t icm_set_iv(void* state, uint8_t* iv, srtp_cipher_direction_t) noexcept {
  EvpCipher& cipher = cipher_of(state);
  std::array<uint8_t, 16> counter;
  for (size_t i = 0; i < counter.size(); ++i) counter[i] = cipher.offset[i] ^ iv[i];
  const int done =
      EVP_EncryptInit_ex2(cipher.context.get(), nullptr, nullptr, counter.data(), nullptr);
  return done == 1 ? srtp_err_status_ok : srtp_err_status_init_fail;
}

// Counter mode is its own inverse: this both encrypts and decrypts.
srtp_err_status_t icm_crypt(void* state, uint8_t* buffer, unsigned* length) noexcept {
  if (*length > INT_MAX) return srtp_err_status_bad_param;
  int written = 0;
  const int done = EVP_EncryptUpdate(cipher_of(state).context.get(), buffer, &written, buffer,
                                     static_cast<int>(*length));
  if (done != 1) return srtp_err_status_cipher_fail;
  *length = static_cast<unsigned>(written);
  return srtp_err_status_ok;
}

// ---- AES in Galois/counter mode -----------------------------------------------

srtp_err_status_t gcm_allocate(srtp_cipher_pointer_t* out, int key_size, int tag_size) noexcept {
  if (tag_size != gcm_full_tag && tag_size != gcm_short_tag) return srtp_err_status_bad_param;
  if (key_size == 16 + gcm_salt_size) {
    return allocate(out, evp_aes_gcm_128, key_size, gcm_salt_size, tag_size);
  }
  if (key_size == 32 + gcm_salt_size) {
    return allocate(out, evp_aes_gcm_256, key_size, gcm_salt_size, tag_size);
  }
  return srtp_err_status_bad_param;
}

srtp_err_status_t gcm_set_key(void* state, const uint8_t* key) noexcept {
  EvpCipher& cipher = cipher_of(state);
  const EVP_CIPHER* aes = cipher.aes_key_size == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
  const int done = EVP_CipherInit_ex2(cipher.context.get(), aes, key, nullptr, 1, nullptr);
  return done == 1 ? srtp_err_status_ok : srtp_err_status_init_fail;
}

// libsrtp has mixed the salt into the 12 octets of `iv` already.
srtp_err_status_t gcm_set_iv(void* state, uint8_t* iv, srtp_cipher_direction_t direction) noexcept {
  const int encrypt = direction == srtp_direction_encrypt ? 1 : 0;
  const int done =
      EVP_CipherInit_ex2(cipher_of(state).context.get(), nullptr, nullptr, iv, encrypt, nullptr);
  return done == 1 ? srtp_err_status_ok : srtp_err_status_init_fail;
}

srtp_err_status_t gcm_set_aad(void* state, const uint8_t* aad, uint32_t size) noexcept {
  if (size > INT_MAX) return srtp_err_status_bad_param;
  int written = 0;
  const int done = EVP_CipherUpdate(cipher_of(state).context.get(), nullptr, &written, aad,
                                    static_cast<int>(size));
  return done == 1 ? srtp_err_status_ok : srtp_err_status_algo_fail;
}

srtp_err_status_t gcm_encrypt(void* state, uint8_t* buffer, unsigned* length) noexcept {
  if (*length > INT_MAX) return srtp_err_status_bad_param;
  if (*length == 0) return srtp_err_status_ok;
  int written = 0;
  const int done = EVP_CipherUpdate(cipher_of(state).context.get(), buffer, &written, buffer,
                                    static_cast<int>(*length));
  return done == 1 ? srtp_err_status_ok : srtp_err_status_cipher_fail;
}

srtp_err_status_t gcm_get_tag(void* state, uint8_t* tag, uint32_t* size) noexcept {
  EvpCipher& cipher = cipher_of(state);
  std::array<uint8_t, gcm_full_tag> rest;
  int written = 0;
  if (EVP_CipherFinal_ex(cipher.context.get(), rest.data(), &written) != 1) {
    return srtp_err_status_algo_fail;
  }
  const int done =
      EVP_CIPHER_CTX_ctrl(cipher.context.get(), EVP_CTRL_GCM_GET_TAG, cipher.tag_size, tag);
  *size = static_cast<uint32_t>(cipher.tag_size);
  return done == 1 ? srtp_err_status_ok : srtp_err_status_algo_fail;
}

// `buffer` ends with the tag. What it holds after a failure is not to be used.
srtp_err_status_t gcm_decrypt(void* state, uint8_t* buffer, unsigned* length) noexcept {
  EvpCipher& cipher = cipher_of(state);
  const auto tag_size = static_cast<unsigned>(cipher.tag_size);
  if (*length > INT_MAX || *length < tag_size) return srtp_err_status_bad_param;
  const unsigned size = *length - tag_size;
  EVP_CIPHER_CTX* context = cipher.context.get();
  if (EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, cipher.tag_size, buffer + size) != 1) {
    return srtp_err_status_algo_fail;
  }
  int written = 0;
  if (size > 0 &&
      EVP_CipherUpdate(context, buffer, &written, buffer, static_cast<int>(size)) != 1) {
    return srtp_err_status_auth_fail;
  }
  std::array<uint8_t, gcm_full_tag> rest;
  if (EVP_CipherFinal_ex(context, rest.data(), &written) != 1) return srtp_err_status_auth_fail;
  *length = size;
  return srtp_err_status_ok;
}

}  // namespace

const srtp_cipher_type_t evp_aes_icm_128 = {icm_allocate,
                                            release,
                                            icm_set_key,
                                            nullptr,
                                            icm_crypt,
                                            icm_crypt,
                                            icm_set_iv,
                                            nullptr,
                                            "AES-128 ICM on EVP",
                                            &srtp_aes_icm_128_test_case_0,
                                            SRTP_AES_ICM_128};

const srtp_cipher_type_t evp_aes_icm_256 = {icm_allocate,
                                            release,
                                            icm_set_key,
                                            nullptr,
                                            icm_crypt,
                                            icm_crypt,
                                            icm_set_iv,
                                            nullptr,
                                            "AES-256 ICM on EVP",
                                            &srtp_aes_icm_256_test_case_0,
                                            SRTP_AES_ICM_256};

const srtp_cipher_type_t evp_aes_gcm_128 = {
    gcm_allocate,    release,    gcm_set_key, gcm_set_aad,          gcm_encrypt,
    gcm_decrypt,     gcm_set_iv, gcm_get_tag, "AES-128 GCM on EVP", &srtp_aes_gcm_128_test_case_0,
    SRTP_AES_GCM_128};

const srtp_cipher_type_t evp_aes_gcm_256 = {
    gcm_allocate,    release,    gcm_set_key, gcm_set_aad,          gcm_encrypt,
    gcm_decrypt,     gcm_set_iv, gcm_get_tag, "AES-256 GCM on EVP", &srtp_aes_gcm_256_test_case_0,
    SRTP_AES_GCM_256};

}  // namespace commd::srtp
