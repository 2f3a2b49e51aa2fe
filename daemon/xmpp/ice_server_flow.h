// Which STUN and TURN servers the calls of one account go by: those of its settings, and
// those that its server names (XEP-0215), asked for at login and again before their
// credentials end.
//
// XMPP thread.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "daemon/model/ice_server.h"
#include "daemon/net/operation.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/timers.h"
#include "daemon/xmpp/external_services.h"
#include "daemon/xmpp/iq_requests.h"

namespace commd::xmpp {

class IceServerFlow {
 public:
  using Servers = std::vector<model::IceServer>;
  // How long a call waits for an answer that is under way.
  static constexpr std::chrono::seconds patience{2};
  // Names are looked up again after that long, and who had no servers is asked again.
  static constexpr std::chrono::minutes freshness{60};

  // Each outlives it.
  struct Parts {
    Jid account;  // bare
    ports::Timers& timers;
    const ports::Clock& clock;
    std::function<void(const Stanza&, IqRequests::Done)> ask;
    // Names to addresses, see net::find_ice_servers(). Null: nothing is asked.
    std::function<net::OperationHandle(Servers, std::function<void(Servers)>)> resolve;
  };
  explicit IceServerFlow(Parts parts);

  // Of the account's settings: they come first.
  void set_own(Servers own);
  void session_began();
  void session_ended();
  // True: it was news of the server, and is to be acknowledged.
  bool take_push(const Element& iq);

  // With addresses for names; at once where they are known.
  void when_known(std::function<void(const Servers&)> done);
  // What is known now.
  const Servers& known() const { return known_; }

 private:
  void ask();
  void ask_for_credentials();
  void look_up();
  void settle(Servers found);
  void tell_waiting();
  base::WallTime now() const { return parts_.clock.wall_now(); }

  Parts parts_;
  ExternalServices services_;
  Servers own_;
  Servers known_;
  bool online_ = false;
  bool searching_ = false;
  unsigned round_ = 0;  // what an older one brings is void
  net::OperationHandle lookup_;
  ports::TimerHandle renewal_;
  ports::TimerHandle impatience_;
  std::vector<std::function<void(const Servers&)>> waiting_;
};

}  // namespace commd::xmpp
