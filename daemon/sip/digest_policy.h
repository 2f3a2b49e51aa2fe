// Whose challenges may be answered with the account's password.
//
// A digest given to the wrong party can be relayed or guessed offline (the SIP
// digest leak), so only the account's own registrar and proxy get one: by the way
// the request went and by the realm, which is pinned the first time. A value; SIP
// thread.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace commd::sip {

// The first hop of the request that was challenged.
enum class RequestPath {
  registrar,  // a REGISTER, to the account's registrar
  own_proxy,  // any other request whose first Route or target is the account's registrar or proxy
  direct,     // straight to a peer: its Contact, an address dialled
};

// How far the request had come when it was challenged.
enum class RequestStage {
  fresh,    // nothing came but a 100
  alerted,  // a provisional answer came: whoever challenges now is behind the proxy
};

class DigestPolicy {
 public:
  // `own_names`: the account's domain, registrar and proxy hosts. `pinned`: realms
  // remembered from earlier runs; empty for a new account.
  explicit DigestPolicy(std::vector<std::string> own_names, std::set<std::string> pinned = {});

  // Whether a challenge of that realm may be answered. A registrar's realm is always
  // answered to the registrar if none is pinned yet; another one never after that.
  // A proxy's realm must be pinned, or be one of the own names, or be the first of an
  // account that does not register.
  bool allows(std::string_view realm, RequestPath path, RequestStage stage) const;

  // An allowed realm's challenge was answered and the request succeeded.
  void pin(std::string_view realm);
  // To be remembered for the next run; bounded.
  const std::set<std::string>& pinned() const { return pinned_; }

 private:
  bool is_own_name(std::string_view realm) const;

  std::vector<std::string> own_names_;
  std::set<std::string> pinned_;
};

}  // namespace commd::sip
