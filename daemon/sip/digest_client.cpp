#include "daemon/sip/digest_client.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "daemon/base/random.h"

namespace commd::sip {
namespace {

constexpr int kMaxStale = 3;
constexpr size_t kMaxStrongRealms = 8;
constexpr size_t kMaxHeaders = 16;
// A nonce is used so often, then the next challenge is waited for.
constexpr uint32_t kMaxCount = 1'000'000;

const EVP_MD* hash_of(DigestAlgorithm algorithm) {
  switch (algorithm) {
    case DigestAlgorithm::md5:
    case DigestAlgorithm::md5_sess:
      return EVP_md5();
    case DigestAlgorithm::sha_256:
    case DigestAlgorithm::sha_256_sess:
      return EVP_sha256();
    case DigestAlgorithm::sha_512_256:
    case DigestAlgorithm::sha_512_256_sess:
      return EVP_sha512_256();
  }
  return nullptr;
}

// The parts joined by colons, hashed, in lower case hex. Nothing of it stays in
// memory but the result.
std::string hash(const EVP_MD* algorithm, std::initializer_list<std::string_view> parts) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, algorithm, nullptr);
  bool first = true;
  for (const std::string_view part : parts) {
    if (!std::exchange(first, false)) EVP_DigestUpdate(context, ":", 1);
    EVP_DigestUpdate(context, part.data(), part.size());
  }
  EVP_DigestFinal_ex(context, digest, &size);
  EVP_MD_CTX_free(context);
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    constexpr const char* kHex = "0123456789abcdef";
    text += kHex[digest[i] >> 4];
    text += kHex[digest[i] & 15];
  }
  return text;
}

// A quoted-string; control characters, which it cannot hold, are left out.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// Which of several refusals is told: the one a person can do most about.
int weight(DigestVerdict verdict) {
  switch (verdict) {
    case DigestVerdict::answer:
      return 5;
    case DigestVerdict::weaker:
      return 4;
    case DigestVerdict::not_ours:
      return 3;
    case DigestVerdict::wrong_password:
      return 2;
    case DigestVerdict::no_password:
      return 1;
    case DigestVerdict::unsupported:
      return 0;
  }
  return 0;
}

}  // namespace

const char* reason_of(DigestVerdict verdict) {
  switch (verdict) {
    case DigestVerdict::answer:
      return "";
    case DigestVerdict::wrong_password:
      return "WRONG_PASSWORD";
    case DigestVerdict::not_ours:
      return "CHALLENGE_NOT_OURS";
    case DigestVerdict::weaker:
      return "CHALLENGE_WEAKER";
    case DigestVerdict::unsupported:
      return "CHALLENGE_UNSUPPORTED";
    case DigestVerdict::no_password:
      return "PASSWORD_MISSING";
  }
  return "";
}

std::string digest_answer(const DigestChallenge& challenge, const DigestInput& input) {
  const EVP_MD* algorithm = hash_of(challenge.algorithm);
  char count[9];
  snprintf(count, sizeof count, "%08x", input.count);

  std::string a1 = hash(algorithm, {input.username, challenge.realm, input.password});
  if (is_session(challenge.algorithm)) a1 = hash(algorithm, {a1, challenge.nonce, input.cnonce});
  const std::string a2 = hash(algorithm, {input.method, input.uri});
  const std::string response =
      challenge.qop_auth ? hash(algorithm, {a1, challenge.nonce, count, input.cnonce, "auth", a2})
                         : hash(algorithm, {a1, challenge.nonce, a2});
  const std::string name =
      challenge.userhash ? hash(algorithm, {input.username, challenge.realm}) : input.username;

  std::string text = "Digest username=" + quoted(name) + ", realm=" + quoted(challenge.realm) +
                     ", nonce=" + quoted(challenge.nonce) + ", uri=" + quoted(input.uri) +
                     ", response=\"" + response + "\"";
  if (challenge.algorithm_named)
    text += std::string(", algorithm=") + to_string(challenge.algorithm);
  if (challenge.qop_auth || is_session(challenge.algorithm))
    text += ", cnonce=" + quoted(input.cnonce);
  if (challenge.qop_auth) text += std::string(", qop=auth, nc=") + count;
  if (challenge.opaque) text += ", opaque=" + quoted(*challenge.opaque);
  if (challenge.userhash) text += ", userhash=true";
  return text;
}

DigestClient::DigestClient(std::string username, base::Secret password, DigestPolicy policy,
                           std::set<std::string> strong_realms)
    : username_(std::move(username)),
      password_(std::move(password)),
      policy_(std::move(policy)),
      strong_realms_(std::move(strong_realms)) {}

DigestVerdict DigestClient::challenged(DigestAttempt& attempt,
                                       const std::vector<ChallengeHeader>& headers) {
  DigestVerdict verdict = DigestVerdict::unsupported;
  bool answerable = false;
  bool all_stale = true;
  for (const ChallengeKind kind : {ChallengeKind::server, ChallengeKind::proxy}) {
    const Session* chosen = nullptr;
    const DigestVerdict each = choose(kind, attempt, headers, chosen);
    if (weight(each) > weight(verdict)) verdict = each;
    if (chosen == nullptr) continue;
    answerable = true;
    all_stale = all_stale && chosen->challenge.stale == Stale::yes;
  }
  if (!answerable) return verdict;
  if (password_.empty()) return DigestVerdict::no_password;
  // A refusal of what this request carried means a wrong password, except that a
  // nonce may have become too old meanwhile.
  if (attempt.answered > 0 && !(all_stale && ++attempt.stale <= kMaxStale))
    return DigestVerdict::wrong_password;
  ++attempt.answered;
  return DigestVerdict::answer;
}

DigestVerdict DigestClient::choose(ChallengeKind kind, const DigestAttempt& attempt,
                                   const std::vector<ChallengeHeader>& headers,
                                   const Session*& chosen) {
  DigestVerdict verdict = DigestVerdict::unsupported;
  std::optional<DigestChallenge> best;
  size_t seen = 0;
  for (const ChallengeHeader& header : headers) {
    if (header.kind != kind || ++seen > kMaxHeaders) continue;
    base::Result<DigestChallenge> challenge = parse_challenge(header.value);
    if (!challenge) continue;
    if (!policy_.allows(challenge->realm, attempt.path, attempt.stage)) {
      verdict = DigestVerdict::not_ours;
      continue;
    }
    if (is_strong(challenge->algorithm)) remember_strong(challenge->realm);
    if (!best || challenge->algorithm > best->algorithm) best = std::move(*challenge);
  }
  if (!best) return verdict;
  if (!is_strong(best->algorithm) && strong_realms_.count(best->realm) > 0)
    return DigestVerdict::weaker;
  std::erase_if(sessions_, [kind](const Session& old) { return old.kind == kind; });
  sessions_.push_back({kind, std::move(*best), 0, base::random_token(24)});
  chosen = &sessions_.back();
  return DigestVerdict::answer;
}

void DigestClient::remember_strong(const std::string& realm) {
  if (strong_realms_.size() < kMaxStrongRealms) strong_realms_.insert(realm);
}

void DigestClient::accepted(const DigestAttempt& attempt) {
  if (attempt.answered == 0) return;
  for (const Session& session : sessions_) policy_.pin(session.challenge.realm);
}

std::vector<Credentials> DigestClient::credentials(const DigestAttempt& attempt,
                                                   std::string_view method, std::string_view uri) {
  std::vector<Credentials> all;
  if (attempt.path == RequestPath::direct || password_.empty()) return all;
  for (Session& session : sessions_) {
    if (session.count >= kMaxCount) continue;
    DigestInput input;
    input.username = username_;
    input.password = password_.reveal();
    input.method = method;
    input.uri = uri;
    input.cnonce = session.cnonce;
    input.count = ++session.count;
    all.push_back({session.kind, digest_answer(session.challenge, input)});
  }
  return all;
}

}  // namespace commd::sip
