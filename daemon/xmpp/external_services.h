// The STUN and TURN servers that the account's own server names (XEP-0215 1.0), with credentials
// that end. Pure; on the thread of the stanza. What comes in is hostile.
#pragma once

#include <optional>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/model/ice_server.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

struct ExternalService : model::IceServer {
  bool restricted = false;  // credentials are to be asked for where there are none
  std::optional<base::WallTime> expire_time;

  friend bool operator==(const ExternalService&, const ExternalService&) = default;
};

class ExternalServices {
 public:
  static constexpr size_t most_services = 32;
  // Credentials that end so soon are renewed, and begin no call.
  static constexpr std::chrono::seconds renew_before{60};

  explicit ExternalServices(Jid account) : account_(std::move(account)) {}  // bare

  // Asks for all there are.
  Stanza request() const;
  // Of the answer to it; replaces what was known.
  void take_services(const Element& iq);
  // One after another, for those who ask for credentials and gave none; nothing: there is none
  // (any more).
  std::optional<Stanza> credentials_request();
  void take_credentials(const Element& iq);
  // True: it was news of the own server (section 3.2), and counts; it is to be acknowledged.
  // Anybody else could lead all media over a machine of his own.
  bool take_push(const Element& iq);

  // Those that can be used now, in the server's order: a relay only with credentials.
  std::vector<ExternalService> usable(base::WallTime now) const;
  // When to ask again; nothing: they do not end.
  std::optional<base::WallTime> renew_time() const;
  void forget();

 private:
  Jid account_;
  bool asked_ = false;
  std::vector<ExternalService> services_;
  size_t next_credentials_ = 0;
};

}  // namespace commd::xmpp
