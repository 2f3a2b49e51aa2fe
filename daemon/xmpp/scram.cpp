#include "daemon/xmpp/scram.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/base/random.h"
#include "daemon/xmpp/sasl_failure.h"
#include "daemon/xmpp/stringprep.h"

namespace commd::xmpp {
namespace {

constexpr size_t kMaxMessage = 8 * 1024;
constexpr size_t kMaxSalt = 1024;
constexpr size_t kMaxNonce = 1024;
constexpr size_t kNonceLength = 32;  // 160 bits

using base::Code;

tl::unexpected<base::Error> malformed(const char* what) {
  return base::fail(Code::unavailable, "SCRAM_MALFORMED",
                    std::string("the server's part of the login cannot be read: ") + what);
}

// printable of RFC 5802 section 7: no comma.
bool is_printable(char c) { return c > 0x20 && c < 0x7f && c != ','; }

// "a=value," from the front; nothing if another attribute stands there.
std::optional<std::string_view> take(std::string_view& rest, char attribute) {
  if (rest.size() < 2 || rest[0] != attribute || rest[1] != '=') return std::nullopt;
  const size_t end = std::min(rest.find(','), rest.size());
  const std::string_view value = rest.substr(2, end - 2);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return value;
}

std::optional<uint32_t> number(std::string_view text) {
  uint32_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || text.front() == '0' || error != std::errc() || at != end) return std::nullopt;
  return value;
}

// All digits, but more than a number holds.
bool is_huge(std::string_view text) {
  return text.size() > 9 && text.find_first_not_of("0123456789") == text.npos;
}

std::string saslname(std::string_view name) {
  std::string escaped;
  for (const char c : name) {
    if (c == ',')
      escaped += "=2C";
    else if (c == '=')
      escaped += "=3D";
    else
      escaped += c;
  }
  return escaped;
}

base::Result<uint32_t> judge_iterations(std::string_view text) {
  const std::optional<uint32_t> count = number(text);
  if (!count && !is_huge(text)) return malformed("its iteration count is no number");
  const std::string shown(text.substr(0, 20));
  if (count && *count < kMinIterations)
    return base::fail(Code::unavailable, "SCRAM_ITERATIONS_TOO_LOW",
                      "the server wants the password hashed only " + shown + " times, at least " +
                          std::to_string(kMinIterations) +
                          " are needed to protect it; tell the server's operator");
  if (!count || *count > kMaxIterations)
    return base::fail(Code::unavailable, "SCRAM_ITERATIONS_TOO_HIGH",
                      "the server wants the password hashed " + shown + " times, more than the " +
                          std::to_string(kMaxIterations) +
                          " that are allowed; tell the server's operator");
  return *count;
}

// XEP-0474 section 4: the attribute h, among the extensions after the iteration count.
bool offers_differ(std::string_view extensions, std::string_view offers) {
  while (!extensions.empty()) {
    const size_t end = std::min(extensions.find(','), extensions.size());
    const std::string_view each = extensions.substr(0, end);
    extensions.remove_prefix(std::min(end + 1, extensions.size()));
    if (each.starts_with("h=") && !same_bytes(each.substr(2), offers)) return true;
  }
  return false;
}

}  // namespace

base::Result<base::Secret> prepare_password(const base::Secret& password) {
  std::optional<std::string> prepared = prepare(Profile::saslprep, password.reveal());
  if (!prepared || prepared->empty())
    return base::fail(Code::invalid_argument, "PASSWORD_UNUSABLE",
                      "the password is empty or has characters no password may have; "
                      "set it again with commctl account set A --password-file -");
  return base::Secret::take(*prepared);
}

ScramKeys derive_scram_keys(const ScramChallenge& challenge, const base::Secret& prepared) {
  const base::Secret salted =
      pbkdf2(challenge.hash, prepared.reveal(), challenge.salt, challenge.iterations);
  return {challenge, hmac(challenge.hash, salted.reveal(), "Client Key"),
          hmac(challenge.hash, salted.reveal(), "Server Key")};
}

base::Result<ScramClient> ScramClient::make(Hash hash, std::string_view username,
                                            ScramBinding binding) {
  return make(hash, username, std::move(binding), base::random_token(kNonceLength));
}

base::Result<ScramClient> ScramClient::make(Hash hash, std::string_view username,
                                            ScramBinding binding, std::string nonce) {
  std::optional<std::string> prepared = prepare(Profile::saslprep, username);
  if (!prepared || prepared->empty())
    return base::fail(Code::invalid_argument, "USERNAME_UNUSABLE",
                      "the user name is empty or has characters no user name may have");
  return ScramClient(hash, std::move(*prepared), std::move(binding), std::move(nonce));
}

ScramClient::ScramClient(Hash hash, std::string username, ScramBinding binding, std::string nonce)
    : hash_(hash),
      username_(std::move(username)),
      binding_(std::move(binding)),
      nonce_(std::move(nonce)) {}

std::string ScramClient::gs2_header() const {
  switch (binding_.flag) {
    case ScramBinding::Flag::unsupported:
      return "n,,";
    case ScramBinding::Flag::not_offered:
      return "y,,";
    case ScramBinding::Flag::used:
      break;
  }
  return std::string("p=") + to_string(binding_.binding.type) + ",,";
}

std::string ScramClient::first_bare() const { return "n=" + saslname(username_) + ",r=" + nonce_; }

std::string ScramClient::first() const { return gs2_header() + first_bare(); }

base::Result<ScramChallenge> ScramClient::challenged(std::string_view server_first,
                                                     std::string_view offers) {
  if (server_first.size() > kMaxMessage) return malformed("it is too long");
  // An extension that must be understood would come first (RFC 5802 section 5.1).
  if (server_first.starts_with("m=")) return malformed("it requires an unknown extension");
  if (server_first.starts_with("e=")) return base::fail(scram_server_error(server_first.substr(2)));
  std::string_view rest = server_first;
  const auto nonce = take(rest, 'r');
  const auto salt_text = nonce ? take(rest, 's') : std::nullopt;
  const auto iterations_text = salt_text ? take(rest, 'i') : std::nullopt;
  if (!iterations_text) return malformed("nonce, salt and iterations are not all there");
  // The server's half makes it fresh for the server; ours, that it is no replay.
  if (nonce->size() <= nonce_.size() || nonce->size() > kMaxNonce || !nonce->starts_with(nonce_) ||
      !std::all_of(nonce->begin(), nonce->end(), is_printable))
    return base::fail(Code::unavailable, "SCRAM_NONCE",
                      "the server did not answer this login but another: its nonce is wrong. "
                      "Somebody may be replaying an old login");
  const std::optional<std::string> salt = base64_decode(*salt_text);
  if (!salt || salt->empty() || salt->size() > kMaxSalt) return malformed("its salt is no base64");
  const base::Result<uint32_t> iterations = judge_iterations(*iterations_text);
  if (!iterations) return base::fail(iterations.error());
  if (!offers.empty() && offers_differ(rest, offers))
    return base::fail(Code::unavailable, "SASL_DOWNGRADE",
                      "the server offered other ways to log in than those that arrived here: "
                      "somebody between has changed them. Nothing was disclosed; use another "
                      "network");
  server_first_ = server_first;
  full_nonce_ = *nonce;
  challenge_ = ScramChallenge{hash_, *salt, *iterations};
  return *challenge_;
}

std::string ScramClient::answer(const ScramKeys& keys) {
  std::string binding = gs2_header();
  if (binding_.flag == ScramBinding::Flag::used) binding += binding_.binding.data;
  const std::string without_proof = "c=" + base64_encode(binding) + ",r=" + full_nonce_;
  const std::string message = first_bare() + "," + server_first_ + "," + without_proof;
  const std::string stored_key = digest(hash_, keys.client_key.reveal());
  const base::Secret signature = hmac(hash_, stored_key, message);
  std::string proof(keys.client_key.reveal());
  for (size_t i = 0; i < proof.size(); ++i)
    proof[i] = static_cast<char>(proof[i] ^ signature.reveal()[i]);
  expected_signature_ = hmac(hash_, keys.server_key.reveal(), message);
  return without_proof + ",p=" + base64_encode(proof);
}

base::Result<void> ScramClient::verify(std::string_view server_final) {
  if (server_final.size() > kMaxMessage) return malformed("it is too long");
  if (server_final.starts_with("e="))
    return base::fail(scram_server_error(server_final.substr(2, server_final.find(',') - 2)));
  const auto text = take(server_final, 'v');
  if (!text)
    return base::fail(
        Code::unauthenticated, "SERVER_NOT_AUTHENTIC",
        "the server says that the password is right without having proved that it knows "
        "it: its signature is missing. The password was not disclosed; do not enter it "
        "anywhere until the operator has explained this");
  const std::optional<std::string> signature = base64_decode(*text);
  // Before answer() there is nothing that a signature could be right about.
  if (!signature || expected_signature_.empty() ||
      !same_bytes(*signature, expected_signature_.reveal()))
    return base::fail(Code::unauthenticated, "SERVER_NOT_AUTHENTIC",
                      "the server does not know the password and cannot be the account's own: "
                      "its signature is wrong. The password was not disclosed; do not enter it "
                      "anywhere until the operator has explained this");
  verified_ = true;
  return {};
}

}  // namespace commd::xmpp
