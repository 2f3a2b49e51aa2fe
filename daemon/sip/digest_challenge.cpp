#include "daemon/sip/digest_challenge.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace commd::sip {
namespace {

constexpr size_t kMaxValue = 8 * 1024;
constexpr int kMaxParameters = 32;

constexpr std::array kAlgorithms = {
    DigestAlgorithm::md5,          DigestAlgorithm::md5_sess,    DigestAlgorithm::sha_256,
    DigestAlgorithm::sha_256_sess, DigestAlgorithm::sha_512_256, DigestAlgorithm::sha_512_256_sess};

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return tolower(x) == tolower(y); });
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// RFC 3261 section 25.1; '/' as well, for nonces that some servers do not quote.
bool is_token(char c) {
  return isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("-.!%*_+`'~/=").find(c) != std::string_view::npos;
}

bool is_text(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // A parameter name: no '='.
  std::string_view name() {
    return run([](char c) { return c != '=' && is_token(c); });
  }
  std::optional<std::string> value() {
    if (take('"')) return quoted();
    const std::string_view token = run(is_token);
    if (token.empty()) return std::nullopt;
    return std::string(token);
  }

 private:
  template <class Predicate>
  std::string_view run(Predicate belongs) {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), belongs);
    const std::string_view word = rest_.substr(0, end - rest_.begin());
    rest_.remove_prefix(word.size());
    return word;
  }
  std::optional<std::string> quoted() {
    std::string text;
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return text;
      if (c == '\\') {
        if (rest_.empty()) return std::nullopt;
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      if (!is_text(c)) return std::nullopt;
      text += c;
    }
    return std::nullopt;
  }

  std::string_view rest_;
};

bool lists(std::string_view list, std::string_view wanted) {
  Scanner scanner(list);
  while (!scanner.done()) {
    scanner.skip_blanks();
    const std::optional<std::string> word = scanner.value();
    if (word && same_word(*word, wanted)) return true;
    scanner.skip_blanks();
    if (!scanner.take(',')) return false;
  }
  return false;
}

tl::unexpected<base::Error> malformed() {
  return base::fail(base::Code::invalid_argument, "CHALLENGE_MALFORMED",
                    "the server's authentication challenge cannot be read");
}
tl::unexpected<base::Error> unsupported(const std::string& what) {
  return base::fail(base::Code::unimplemented, "CHALLENGE_UNSUPPORTED",
                    "the server asks for " + what + ", which is not supported");
}

// What was seen, before it is judged.
struct Parameters {
  std::optional<std::string> realm, nonce, opaque, algorithm, qop, stale, userhash;

  std::optional<std::string>* slot(std::string_view name) {
    if (same_word(name, "realm")) return &realm;
    if (same_word(name, "nonce")) return &nonce;
    if (same_word(name, "opaque")) return &opaque;
    if (same_word(name, "algorithm")) return &algorithm;
    if (same_word(name, "qop")) return &qop;
    if (same_word(name, "stale")) return &stale;
    if (same_word(name, "userhash")) return &userhash;
    return nullptr;  // others are left alone (RFC 7616 section 3.3)
  }
};

// False: malformed, or a parameter given twice.
bool read_parameters(Scanner scanner, Parameters& parameters) {
  for (int count = 0; count < kMaxParameters; ++count) {
    scanner.skip_blanks();
    const std::string_view name = scanner.name();
    scanner.skip_blanks();
    if (name.empty() || !scanner.take('=')) return false;
    scanner.skip_blanks();
    std::optional<std::string> value = scanner.value();
    if (!value) return false;
    if (std::optional<std::string>* slot = parameters.slot(name)) {
      if (slot->has_value()) return false;
      *slot = std::move(value);
    }
    scanner.skip_blanks();
    if (scanner.done()) return true;
    if (!scanner.take(',')) return false;
  }
  return false;
}

bool is_true(const std::optional<std::string>& flag) { return flag && same_word(*flag, "true"); }

}  // namespace

const char* to_string(DigestAlgorithm algorithm) {
  switch (algorithm) {
    case DigestAlgorithm::md5:
      return "MD5";
    case DigestAlgorithm::md5_sess:
      return "MD5-sess";
    case DigestAlgorithm::sha_256:
      return "SHA-256";
    case DigestAlgorithm::sha_256_sess:
      return "SHA-256-sess";
    case DigestAlgorithm::sha_512_256:
      return "SHA-512-256";
    case DigestAlgorithm::sha_512_256_sess:
      return "SHA-512-256-sess";
  }
  return "";
}

bool is_strong(DigestAlgorithm algorithm) { return algorithm >= DigestAlgorithm::sha_256; }

bool is_session(DigestAlgorithm algorithm) {
  return algorithm == DigestAlgorithm::md5_sess || algorithm == DigestAlgorithm::sha_256_sess ||
         algorithm == DigestAlgorithm::sha_512_256_sess;
}

base::Result<DigestChallenge> parse_challenge(std::string_view value) {
  if (value.size() > kMaxValue) return malformed();
  Scanner scanner(value);
  scanner.skip_blanks();
  const std::string_view scheme = scanner.name();
  if (scheme.empty()) return malformed();
  if (!same_word(scheme, "Digest")) return unsupported("an authentication other than Digest");
  Parameters parameters;
  if (!read_parameters(scanner, parameters) || !parameters.realm || !parameters.nonce)
    return malformed();

  DigestChallenge challenge;
  if (parameters.algorithm) {
    const auto found =
        std::find_if(kAlgorithms.begin(), kAlgorithms.end(), [&](DigestAlgorithm algorithm) {
          return same_word(*parameters.algorithm, to_string(algorithm));
        });
    if (found == kAlgorithms.end()) return unsupported("an unknown digest algorithm");
    challenge.algorithm = *found;
    challenge.algorithm_named = true;
  }
  if (parameters.qop) {
    challenge.qop_auth = lists(*parameters.qop, "auth");
    if (!challenge.qop_auth) return unsupported("a protection other than auth");
  }
  challenge.realm = std::move(*parameters.realm);
  challenge.nonce = std::move(*parameters.nonce);
  challenge.opaque = std::move(parameters.opaque);
  challenge.userhash = is_true(parameters.userhash);
  challenge.stale = is_true(parameters.stale) ? Stale::yes : Stale::no;
  return challenge;
}

}  // namespace commd::sip
