#include "media/zrtp/crypto.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdlib>

namespace commd::zrtp {
namespace {

template <auto free_it>
struct Freed {
  template <class T>
  void operator()(T* object) const noexcept {
    free_it(object);
  }
};
using Number = std::unique_ptr<BIGNUM, Freed<BN_clear_free>>;
using Numbers = std::unique_ptr<BN_CTX, Freed<BN_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

constexpr size_t hash_block = 64;

// Only memory can be wanting: what goes in is ours.
void must(bool done) {
  if (!done) abort();
}

void add(EVP_MD_CTX* context, View part) {
  must(EVP_DigestUpdate(context, part.data(), part.size()) == 1);
}

DigestContext begin_hash() {
  DigestContext context(EVP_MD_CTX_new());
  must(context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
  return context;
}

Digest finish(const DigestContext& context) {
  Digest digest{};
  must(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
  return digest;
}

void cipher_feedback(bool encrypting, View key, const Octets<16>& iv, View in,
                     std::span<uint8_t> out) {
  const CipherContext context(EVP_CIPHER_CTX_new());
  const EVP_CIPHER* cipher = key.size() == 32 ? EVP_aes_256_cfb128() : EVP_aes_128_cfb128();
  int written = 0;
  must(context != nullptr &&
       EVP_CipherInit_ex(context.get(), cipher, nullptr, key.data(), iv.data(),
                         encrypting ? 1 : 0) == 1 &&
       EVP_CipherUpdate(context.get(), out.data(), &written, in.data(),
                        static_cast<int>(in.size())) == 1);
}

Number number_of(View bytes) {
  Number number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  must(number != nullptr);
  return number;
}

const BIGNUM* prime() {
  static const Number one(BN_get_rfc3526_prime_3072(nullptr));
  must(one != nullptr);
  return one.get();
}

void power(const BIGNUM* base, const BIGNUM* exponent, std::span<uint8_t> out) {
  const Numbers context(BN_CTX_secure_new());
  const Number result(BN_secure_new());
  must(context != nullptr && result != nullptr);
  must(BN_mod_exp_mont_consttime(result.get(), base, exponent, prime(), context.get(), nullptr) ==
       1);
  must(BN_bn2binpad(result.get(), out.data(), static_cast<int>(out.size())) > 0);
}

int curve_of(KeyAgreement agreement) {
  return agreement == KeyAgreement::x25519 ? EVP_PKEY_X25519 : EVP_PKEY_X448;
}

// OpenSSL refuses a result of nothing but zeros, as points of small order have it.
std::optional<SecretBytes> agree_on_curve(EVP_PKEY* own, KeyAgreement agreement, View peer) {
  const Key other(
      EVP_PKEY_new_raw_public_key(curve_of(agreement), nullptr, peer.data(), peer.size()));
  const KeyContext context(EVP_PKEY_CTX_new(own, nullptr));
  must(other != nullptr && context != nullptr && EVP_PKEY_derive_init(context.get()) == 1);
  SecretBytes result(public_value_size(agreement));
  size_t size = result.fill().size();
  if (EVP_PKEY_derive_set_peer(context.get(), other.get()) != 1) return std::nullopt;
  if (EVP_PKEY_derive(context.get(), result.fill().data(), &size) != 1) return std::nullopt;
  if (size != result.reveal().size()) return std::nullopt;
  return result;
}

std::optional<SecretBytes> agree_in_group(const BIGNUM* exponent, View peer) {
  const Number value = number_of(peer);
  const Number largest(BN_dup(prime()));  // p-2
  must(largest != nullptr && BN_sub_word(largest.get(), 2) == 1);
  if (BN_is_zero(value.get()) || BN_is_one(value.get())) return std::nullopt;
  if (BN_cmp(value.get(), largest.get()) > 0) return std::nullopt;
  SecretBytes result(public_value_size(KeyAgreement::dh3k));
  power(value.get(), exponent, result.fill());
  return result;
}

}  // namespace

Digest sha256(std::initializer_list<View> parts) {
  const DigestContext context = begin_hash();
  for (const View part : parts) add(context.get(), part);
  return finish(context);
}

// RFC 2104. By hand: OpenSSL's needs contexts of its own for keys that are used once.
Digest hmac(View key, std::initializer_list<View> parts) {
  SecretOctets<hash_block> pad;
  if (key.size() <= hash_block) {
    std::ranges::copy(key, pad.fill().begin());
  } else {
    std::ranges::copy(sha256({key}), pad.fill().begin());
  }
  for (uint8_t& byte : pad.fill()) byte ^= 0x36;
  const DigestContext inner = begin_hash();
  add(inner.get(), pad.reveal());
  for (const View part : parts) add(inner.get(), part);
  const Digest first = finish(inner);
  for (uint8_t& byte : pad.fill()) byte ^= 0x36 ^ 0x5c;
  return sha256({pad.reveal(), first});
}

Mac short_mac(View key, View message) { return octets_at<8>(hmac(key, {message}), 0); }

SecretBytes derive(View key, std::string_view label, View context, size_t octets) {
  const Octets<4> counter{0, 0, 0, 1};
  const Octets<1> zero{};
  Bytes bits;
  append_u32(bits, static_cast<uint32_t>(octets * 8));
  Digest whole = hmac(key, {counter, view_of(label), zero, context, bits});
  SecretBytes derived(octets);
  std::ranges::copy(View(whole).first(octets), derived.fill().begin());
  base::wipe_memory(whole.data(), whole.size());
  return derived;
}

bool equal(View a, View b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void encrypt(View key, const Octets<16>& iv, View in, std::span<uint8_t> out) {
  cipher_feedback(true, key, iv, in, out);
}

void decrypt(View key, const Octets<16>& iv, View in, std::span<uint8_t> out) {
  cipher_feedback(false, key, iv, in, out);
}

struct KeyPair::Parts {
  KeyAgreement agreement = KeyAgreement::x25519;
  Key key;          // on a curve
  Number exponent;  // in the group
  Bytes public_value;
};

KeyPair::KeyPair(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
KeyPair::KeyPair(KeyPair&&) noexcept = default;
KeyPair& KeyPair::operator=(KeyPair&&) noexcept = default;
KeyPair::~KeyPair() = default;

KeyPair KeyPair::generate(KeyAgreement agreement, Cipher cipher) {
  auto parts = std::make_unique<Parts>();
  parts->agreement = agreement;
  parts->public_value.resize(public_value_size(agreement));
  if (agreement == KeyAgreement::dh3k) {
    parts->exponent.reset(BN_secure_new());
    const Number two(BN_new());
    const int bits = static_cast<int>(key_size(cipher)) * 16;
    must(parts->exponent != nullptr && two != nullptr && BN_set_word(two.get(), 2) == 1);
    must(BN_priv_rand(parts->exponent.get(), bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
    BN_set_flags(parts->exponent.get(), BN_FLG_CONSTTIME);
    power(two.get(), parts->exponent.get(), parts->public_value);
    return KeyPair(std::move(parts));
  }
  const KeyContext context(EVP_PKEY_CTX_new_id(curve_of(agreement), nullptr));
  EVP_PKEY* made = nullptr;
  must(context != nullptr && EVP_PKEY_keygen_init(context.get()) == 1 &&
       EVP_PKEY_keygen(context.get(), &made) == 1);
  parts->key.reset(made);
  size_t size = parts->public_value.size();
  must(EVP_PKEY_get_raw_public_key(made, parts->public_value.data(), &size) == 1);
  return KeyPair(std::move(parts));
}

KeyAgreement KeyPair::agreement() const { return parts_->agreement; }
const Bytes& KeyPair::public_value() const { return parts_->public_value; }

std::optional<SecretBytes> KeyPair::agree(View peer) const {
  if (peer.size() != parts_->public_value.size()) return std::nullopt;
  if (parts_->agreement == KeyAgreement::dh3k) return agree_in_group(parts_->exponent.get(), peer);
  return agree_on_curve(parts_->key.get(), parts_->agreement, peer);
}

}  // namespace commd::zrtp
