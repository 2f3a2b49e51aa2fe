// Requests of this end that wait for their answer (RFC 6120 section 8.2.3): each is matched by
// its id and by who was asked, and ends after a while.
//
// XMPP thread. What comes in is hostile.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "daemon/base/result.h"
#include "daemon/ports/timers.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// Whether it comes from the account's own server, on behalf of the account: nobody is named,
// or the account itself (RFC 6121 section 2.1.6). `account`: bare.
bool from_own_server(const Element& iq, const Jid& account);

class IqRequests {
 public:
  static constexpr std::chrono::seconds patience{30};
  static constexpr size_t most_waiting = 1000;

  // The answer; of an error what it says ("XMPP_ITEM_NOT_FOUND"). Or CONNECTION_LOST,
  // SERVER_SILENT, OUTBOX_FULL. The element lives as long as the call.
  using Done = std::function<void(base::Result<Element>)>;
  // False: it could not be sent.
  using Send = std::function<bool(const Stanza&)>;

  IqRequests(Jid account, ports::Timers& timers, Send send)
      : account_(std::move(account)), timers_(timers), send_(std::move(send)) {}

  // Sends a get or set that has an id. Without a `to` the account's own server is asked.
  void ask(const Stanza& iq, Done done);
  // True: it was an answer to one of these.
  bool take(const Element& iq);
  // Nobody will answer any more.
  void fail_all(const base::Error& why);
  size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    Jid asked;  // empty: the own server
    Done done;
    ports::TimerHandle timer;
  };
  void finish(const std::string& id, base::Result<Element> result);

  Jid account_;
  ports::Timers& timers_;
  Send send_;
  std::map<std::string, Waiting> waiting_;  // by id
};

}  // namespace commd::xmpp
