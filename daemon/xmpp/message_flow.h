// The messages of one account on the wire: what waits to be taken by the server, what came
// and waits for the disk, and the receipts in between.
//
// XMPP thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/model/ids.h"
#include "daemon/ports/messaging.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/message_stanza.h"
#include "daemon/xmpp/roster.h"
#include "daemon/xmpp/stream_management.h"

namespace commd::xmpp {

class MessageFlow {
 public:
  struct Told {
    std::function<void(ports::IncomingMessage)> received;
    std::function<void(ports::MessageReport)> report;
  };
  // `account`: bare. The rest outlives it.
  MessageFlow(model::AccountId id, Jid account, StreamManagement& management, const Roster& roster,
              Told told);

  // Outwards. What is queued already is not queued twice.
  void send(ports::OutgoingMessage message);
  // Of StreamManagement: the server has them. Tags of others are passed over.
  void acknowledged(const std::vector<uint64_t>& tags);

  // Inwards. True: it goes to the disk, and stored() is called with its ticket.
  bool take(const Element& message, uint64_t ticket, base::WallTime now);
  // It is there: the sender may know.
  void stored(uint64_t ticket);
  // The server repeats what was not acknowledged: tickets of before mean nothing.
  void forget_tickets() { receipts_.clear(); }

 private:
  void submit_waiting();

  model::AccountId id_;
  Jid account_;
  StreamManagement& management_;
  const Roster& roster_;
  Told told_;
  uint64_t last_tag_ = 0;
  std::map<uint64_t, model::MessageId> sent_;  // by tag: with StreamManagement
  std::set<model::MessageId> known_;           // those, those that wait, and of late
  std::deque<model::MessageId> done_;          // those of late: the core may not know yet
  std::deque<ports::OutgoingMessage> waiting_;
  struct Receipt {
    Jid to;
    std::string id;
  };
  std::map<uint64_t, Receipt> receipts_;  // by ticket
};

}  // namespace commd::xmpp
