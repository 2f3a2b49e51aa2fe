// One authentication of a client (RFC 6120 section 6): which mechanism of those offered is
// taken, its messages, and what is remembered so that nobody can talk this end into a
// weaker one next time.
//
// Order: EXTERNAL where a certificate was shown, SCRAM-SHA-512/-256/-1 with channel binding,
// the same without, PLAIN. PLAIN only where the policy below lets it.
//
// Plain object; one thread at a time. What comes in is hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/xmpp/channel_binding.h"
#include "daemon/xmpp/scram.h"

namespace commd::xmpp {

// Facts of earlier logins of this account that worked; kept with the account, and only
// ever given up by a person.
struct SaslPins {
  bool scram = false;  // the server knows SCRAM: PLAIN is refused
  bool plus = false;   // ... with channel binding: less is refused
  bool plain = false;  // the password was once given to the server

  friend bool operator==(const SaslPins&, const SaslPins&) = default;
};

enum class PlainPolicy {
  when_nothing_better,  // until the server has shown that it can do better
  never,
};
enum class ClientCertificate { none, shown };

struct SaslCredentials {
  std::string username;   // of the address, or the account's auth_user
  base::Secret password;  // empty: none
  ClientCertificate certificate = ClientCertificate::none;  // in this TLS connection
  std::optional<ScramKeys> cached;  // of an earlier login with this very password
  PlainPolicy plain = PlainPolicy::when_nothing_better;
};

// From the stream's features.
struct SaslOffer {
  std::vector<std::string> mechanisms;
  // XEP-0440; empty: not said.
  std::vector<std::string> binding_types;
};

// What to do after a message of the server.
struct SaslRespond {
  std::string text;  // base64, for <response/>
};
struct SaslDerive {
  ScramChallenge challenge;
  base::Secret password;  // prepared
};
using SaslStep = std::variant<SaslRespond, SaslDerive>;

class SaslNegotiation {
 public:
  // Errors: SASL_NO_MECHANISM (nothing in common; the words list what was offered),
  // SASL_DOWNGRADE (less than was offered before), PASSWORD_MISSING, PASSWORD_UNUSABLE,
  // USERNAME_UNUSABLE. `bindings`: what the TLS connection has; it was verified.
  static base::Result<SaslNegotiation> begin(const SaslOffer& offer,
                                             const ChannelBindings& bindings, const SaslPins& pins,
                                             SaslCredentials credentials);

  const std::string& mechanism() const { return mechanism_; }
  // For <auth/>, base64 ("=" for an empty one); secret where the mechanism is PLAIN.
  base::Secret initial_response() const;

  // <challenge/> with its text. Errors: those of ScramClient, SASL_UNEXPECTED.
  base::Result<SaslStep> challenged(std::string_view base64);
  // The keys asked for by SaslDerive.
  SaslRespond answer(ScramKeys keys);
  // <success/> with its text, which may be empty. Errors: those of ScramClient;
  // SERVER_NOT_AUTHENTIC where it comes before the server has proved itself.
  base::Result<void> succeeded(std::string_view base64);

  // After success: to be kept.
  SaslPins pins() const { return pins_; }
  // After success: to be kept in memory; none for mechanisms without.
  const std::optional<ScramKeys>& keys() const { return keys_; }
  // The password went over the wire: the person is to be told.
  bool disclosed_password() const { return mechanism_ == "PLAIN"; }

 private:
  SaslNegotiation(std::string mechanism, SaslCredentials credentials, const SaslPins& pins)
      : mechanism_(std::move(mechanism)), credentials_(std::move(credentials)), pins_(pins) {}
  static base::Result<SaslNegotiation> begin_scram(const SaslOffer& offer,
                                                   const ChannelBindings& bindings,
                                                   const SaslPins& pins,
                                                   SaslCredentials credentials);
  base::Result<std::string> decode(std::string_view base64) const;

  std::string mechanism_;
  SaslCredentials credentials_;
  SaslPins pins_;
  std::optional<ScramClient> scram_;
  std::optional<ScramKeys> keys_;
  std::string offers_;  // digest of XEP-0474
  enum class Stage { begun, challenged, answered, done } stage_ = Stage::begun;
};

// XEP-0474 section 4: base64 of the digest of what was offered.
std::string offers_digest(Hash hash, const SaslOffer& offer);

// XEP-0114 section 3: the text of <handshake/>.
std::string component_handshake(std::string_view stream_id, const base::Secret& secret);

}  // namespace commd::xmpp
