// What is taken from a far end (RFC 8839, XEP-0176) before libnice sees it: it sends
// packets to where a candidate says. Pure; any thread.
#pragma once

#include <string>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/model/session_description.h"

namespace commd::ice {

struct IceCredentials {
  std::string ufrag;
  base::Secret password;
};

// Fresh ones: 8 and 26 characters, 40 and 130 bits (RFC 8445, section 5.3: 24 and 128).
IceCredentials random_credentials();

// RFC 8839, section 5.4: a ufrag of 4 to 256 ice-chars, a password of 22 to 256.
// invalid_argument, ICE_CREDENTIALS_INVALID; the password is never quoted.
base::Result<void> check(const IceCredentials& credentials);

// Errors are invalid_argument:
//   ICE_CANDIDATE_HIDDEN   a name of mDNS (RFC 8828's ".local"), which nobody here looks
//                          up; the far end's checks make it known as peer-reflexive
//   ICE_CANDIDATE_INVALID  anything else that is no address of a host, a port below
//                          1024 (but for active TCP, which has none), a component out of
//                          range, a type that nobody tells, a bad foundation or priority
base::Result<void> check(const model::IceCandidate& candidate, unsigned components);

// Loopback and link-local addresses lead somewhere only if we have such ourselves:
// else a far end could have this machine's own services sent to.
struct LocalKinds {
  bool loopback = false;
  bool link_local = false;

  void add(const std::string& ip);
  bool reach(const std::string& ip) const;
};

}  // namespace commd::ice
