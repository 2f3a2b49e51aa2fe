// SCRAM, the client's side (RFC 5802, RFC 7677; SHA-512 alike), with or without channel
// binding. Both ends prove that they know the password: verify() is not a formality.
//
//   first() ->            <- challenged()      derive_scram_keys(), on a pool thread
//   answer(keys) ->       <- verify()
//
// Plain objects; one thread at a time, except that derive_scram_keys may run anywhere.
// What comes in is hostile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/xmpp/channel_binding.h"
#include "daemon/xmpp/crypto.h"

namespace commd::xmpp {

// Iterations asked for by the server. Fewer make a stolen proof cheap to break (RFC 7677
// section 4), more would let any server burn this machine's time.
inline constexpr uint32_t kMinIterations = 4096;
inline constexpr uint32_t kMaxIterations = 1'000'000;

// What the keys of an account depend on beside its password.
struct ScramChallenge {
  Hash hash = Hash::sha256;
  std::string salt;
  uint32_t iterations = 0;

  friend bool operator==(const ScramChallenge&, const ScramChallenge&) = default;
};

// Enough to log in and to know the server again, not enough to get the password back.
// Worth keeping as long as the server stays with the salt.
struct ScramKeys {
  ScramChallenge challenge;
  base::Secret client_key;
  base::Secret server_key;
};

// SASLprep (RFC 4013). Errors (invalid_argument): PASSWORD_UNUSABLE for control
// characters and the like.
base::Result<base::Secret> prepare_password(const base::Secret& password);

// The expensive step: up to a second. `prepared` as prepare_password gave it.
ScramKeys derive_scram_keys(const ScramChallenge& challenge, const base::Secret& prepared);

// The gs2 header (RFC 5802 section 6).
struct ScramBinding {
  enum class Flag {
    unsupported,  // 'n': this end has nothing to bind with, or nothing the server knows
    not_offered,  // 'y': this end could, the server offered no -PLUS. If it did, somebody
                  // has cut it out, and the server will refuse
    used,         // 'p': a -PLUS mechanism
  };
  Flag flag = Flag::unsupported;
  ChannelBinding binding{};  // where used
};

class ScramClient {
 public:
  // `username` is put through SASLprep. Errors: USERNAME_UNUSABLE.
  static base::Result<ScramClient> make(Hash hash, std::string_view username, ScramBinding binding);
  // The same with a nonce of the caller's, printable and without commas: for vectors.
  static base::Result<ScramClient> make(Hash hash, std::string_view username, ScramBinding binding,
                                        std::string nonce);

  std::string first() const;

  // The server's first message. `offers`: digest of what the server offered as this end
  // saw it (XEP-0474), compared if the server says what it did offer.
  // Errors (unavailable): SCRAM_MALFORMED, SCRAM_NONCE, SCRAM_ITERATIONS_TOO_LOW,
  // SCRAM_ITERATIONS_TOO_HIGH, SASL_DOWNGRADE.
  base::Result<ScramChallenge> challenged(std::string_view server_first,
                                          std::string_view offers = {});

  // The final message, after challenged(), with keys for that very challenge.
  std::string answer(const ScramKeys& keys);

  // The server's final message, after answer(). Errors: SERVER_NOT_AUTHENTIC (it does
  // not know the password), those of its own (WRONG_PASSWORD, CHANNEL_BINDING_MISMATCH
  // ...), SCRAM_MALFORMED.
  base::Result<void> verify(std::string_view server_final);

  // The server has proved itself.
  bool verified() const { return verified_; }
  const std::optional<ScramChallenge>& challenge() const { return challenge_; }

 private:
  ScramClient(Hash hash, std::string username, ScramBinding binding, std::string nonce);
  std::string gs2_header() const;
  std::string first_bare() const;

  Hash hash_;
  std::string username_;
  ScramBinding binding_;
  std::string nonce_;
  std::string server_first_;
  std::string full_nonce_;
  std::optional<ScramChallenge> challenge_;
  base::Secret expected_signature_;
  bool verified_ = false;
};

}  // namespace commd::xmpp
