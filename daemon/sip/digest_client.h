// Answers digest challenges for one account (RFC 7616, RFC 8760, RFC 3261 section
// 22). The strongest algorithm offered is used; a realm that has once offered one
// stronger than MD5 is never answered with MD5 again. qop auth; auth-int is not
// offered. A plain object; SIP thread; no sofia types.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/secret.h"
#include "daemon/sip/digest_challenge.h"
#include "daemon/sip/digest_policy.h"

namespace commd::sip {

enum class ChallengeKind {
  server,  // WWW-Authenticate, answered by Authorization
  proxy,   // Proxy-Authenticate, answered by Proxy-Authorization
};

struct ChallengeHeader {
  ChallengeKind kind = ChallengeKind::server;
  std::string value;
};

// One request through all its repetitions.
struct DigestAttempt {
  RequestPath path = RequestPath::direct;
  RequestStage stage = RequestStage::fresh;
  // Kept by DigestClient: answers given to this request.
  int answered = 0;
  int stale = 0;
};

enum class DigestVerdict {
  answer,          // repeat the request with credentials()
  wrong_password,  // what we answered was refused
  not_ours,        // whoever asks has no right to: DigestPolicy
  weaker,          // only MD5, where there was better before
  unsupported,     // nothing in it that we speak, or it cannot be read
  no_password,     // the account has none
};

// Stable reason for the account or call: "WRONG_PASSWORD" ... "" for answer.
const char* reason_of(DigestVerdict verdict);

struct Credentials {
  ChallengeKind kind = ChallengeKind::server;
  std::string value;  // of the header field
};

class DigestClient {
 public:
  // `strong_realms`: those remembered from earlier runs.
  DigestClient(std::string username, base::Secret password, DigestPolicy policy,
               std::set<std::string> strong_realms = {});

  // A 401 or 407 came.
  DigestVerdict challenged(DigestAttempt& attempt, const std::vector<ChallengeHeader>& headers);
  // The request was answered well (2xx, or any final answer but 401 and 407): the
  // realms that were answered are pinned.
  void accepted(const DigestAttempt& attempt);

  // The header fields for this request by what is known now; each call counts. Empty
  // before the first challenge, and for a request that goes straight to a peer.
  // `uri` is the Request-URI exactly as sent.
  std::vector<Credentials> credentials(const DigestAttempt& attempt, std::string_view method,
                                       std::string_view uri);

  // Facts to be remembered over restarts.
  const std::set<std::string>& pinned_realms() const { return policy_.pinned(); }
  const std::set<std::string>& strong_realms() const { return strong_realms_; }

 private:
  struct Session {
    ChallengeKind kind = ChallengeKind::server;
    DigestChallenge challenge;
    uint32_t count = 0;  // nc of the last answer
    std::string cnonce;  // one for the life of the nonce, as -sess wants it
  };

  DigestVerdict choose(ChallengeKind kind, const DigestAttempt& attempt,
                       const std::vector<ChallengeHeader>& headers, const Session*& chosen);
  void remember_strong(const std::string& realm);

  std::string username_;
  base::Secret password_;
  DigestPolicy policy_;
  std::set<std::string> strong_realms_;
  std::vector<Session> sessions_;  // at most one of a kind
};

// One answer, all of whose parts are given: the value of the header field.
struct DigestInput {
  std::string username;
  std::string_view password;
  std::string_view method;
  std::string_view uri;
  std::string cnonce;
  uint32_t count = 1;
};
std::string digest_answer(const DigestChallenge& challenge, const DigestInput& input);

}  // namespace commd::sip
