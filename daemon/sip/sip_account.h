// One account on the SIP thread: finding its server, registering, refreshing,
// un-registering, keep-alives, fail-over and back-off, its digest answers, and how
// its calls leave and may come in.
//
// SIP thread only.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/model/account.h"
#include "daemon/ports/signalling.h"
#include "daemon/sip/digest_policy.h"
#include "daemon/sip/endpoint_pool.h"
#include "daemon/sip/sip_endpoint.h"
#include "daemon/sip/sip_handle.h"
#include "daemon/sip/sip_thread.h"

namespace commd::sip {

// What an account tells; SIP thread.
class AccountEvents {
 public:
  virtual ~AccountEvents() = default;
  virtual void account_report(const model::AccountId& account,
                              const ports::AccountReport& report) = 0;
  virtual void remember(const std::string& key, const std::string& value) = 0;
  // The account is reached by its Contact, which may be another one than before. Also each time
  // that it is confirmed.
  virtual void contact_settled(const model::AccountId& account) = 0;
  // Networks have changed: endpoints move at once where they must, other accounts hear of it
  // later. Not from inside an event of an endpoint.
  virtual void network_noticed() = 0;
};

// How a request that begins a dialog leaves.
struct Departure {
  SipEndpoint* endpoint = nullptr;
  std::string from;     // header value
  std::string contact;  // header value
  // Preloaded route, "<sip:host:port;transport=tls;lr>"; empty: to the request URI.
  std::string route;
  // P-Preferred-Identity and Privacy of a hidden identity (RFC 3323, 3325); empty: none.
  std::string preferred_identity;
  std::string privacy;
};

// A challenge answered: what goes into the repeated request.
struct Authorization {
  bool proxy = false;  // Proxy-Authorization, else Authorization
  std::string value;   // secret
};

class SipAccount {
 public:
  virtual ~SipAccount() = default;

  virtual const model::Account& account() const = 0;
  // User part of its Contact: random, so that scanners do not find a phone here.
  virtual const std::string& token() const = 0;

  virtual base::Result<Departure> departure(const std::string& target,
                                            bool hide_identity) const = 0;
  // The Contact of a call there, in a dialog whose far end is `target`; header value. Empty: what
  // was said last goes on to be true.
  virtual std::string contact_on(const SipEndpoint& endpoint, const std::string& target) const = 0;
  // How media reaches `target`; `done` on the SIP thread, at once or later.
  virtual void route(const std::string& target,
                     std::function<void(base::Result<ports::MediaRoute>)> done) = 0;
  // A call that came in on this account's token from there may ring.
  virtual bool accepts_from(const MessageSource& source) const = 0;
  // That is the account's own server, whatever accept_from says.
  virtual bool is_server(const MessageSource& source) const = 0;
  // The route of a call that came in.
  virtual ports::MediaRoute route_of(const MessageSource& source,
                                     const SipEndpoint& endpoint) const = 0;

  // Answers the challenge of `response` (401, 407) to a request of ours, or empty:
  // not ours to answer (SECURITY: digest leak), no password, or refused twice.
  // `attempt` counts the challenges to the same request, from 0. `first_hop_host`: where
  // the request really went first, in a dialog the top of its route set or the peer's
  // Contact; only the account's own servers are answered.
  virtual std::optional<Authorization> answer(const sip_t& response, const std::string& method,
                                              const std::string& request_uri, unsigned attempt,
                                              const std::string& first_hop_host,
                                              RequestStage stage) = 0;

  // The endpoints that it leaves by, each with the local address that reaches what it goes to;
  // empty where no network does.
  struct Way {
    SipEndpoint* endpoint = nullptr;
    std::string local_ip;
  };
  virtual std::vector<Way> ways() const = 0;
  // The machine's addresses, links or routes are others; endpoints may have moved for that.
  virtual void network_changed() = 0;
  // Its network was taken away, and the server does not know of another yet: what is said now
  // would be lost.
  virtual bool is_moving() const = 0;

  // Takes over changed settings; renews the registration only if it must.
  virtual void update(const model::Account& account, base::Secret password) = 0;
  // Un-registers; `done` when answered or hopeless (at most 2 s). No report after it.
  virtual void leave(std::function<void()> done) = 0;
};

}  // namespace commd::sip
