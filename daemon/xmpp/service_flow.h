// What an account asks of services: who is there, their commands, registration with gateways
// (XEP-0030, 0050, 0077, 0100).
//
// XMPP thread. What comes in is hostile.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/ports/services.h"
#include "daemon/ports/timers.h"
#include "daemon/xmpp/iq_requests.h"
#include "daemon/xmpp/service_stanza.h"
#include "daemon/xmpp/stream_management.h"

namespace commd::xmpp {

class ServiceFlow {
 public:
  template <class Value>
  using Done = ports::Services::Done<Value>;
  // What has not said by then what it is is listed without it.
  static constexpr std::chrono::seconds list_patience{5};

  // Each outlives it.
  struct Parts {
    model::AccountId id;
    Jid account;  // bare
    ports::Timers& timers;
    // False: too much waits already.
    std::function<bool(const Stanza&, StanzaKind)> send;
  };
  explicit ServiceFlow(Parts parts);
  ServiceFlow(const ServiceFlow&) = delete;
  ServiceFlow& operator=(const ServiceFlow&) = delete;

  void session_began();
  void session_resumed() { online_ = true; }
  void session_cut() { online_ = false; }
  void session_ended();
  // True: it was for this.
  bool take_iq(const Element& iq) { return requests_.take(iq); }

  // See ports::Services.
  void list_services(const std::string& address, Done<std::vector<model::Service>> done);
  void list_commands(const std::string& address, Done<std::vector<model::Command>> done);
  void run_command(ports::CommandRequest request, Done<model::CommandStep> done);
  void get_registration(const std::string& address, Done<ports::RegistrationAsked> done);
  void do_register(const std::string& address, const ports::RegistrationAsked& asked,
                   Done<void> done);
  void unregister(const std::string& address, Done<void> done);
  void server_time(Done<base::WallTime> done);
  void show_presence(const std::string& address, bool available, Done<void> done);

 private:
  // Of one question after the services of an address, until all have said what they are.
  struct Listing {
    std::vector<model::Service> services;
    size_t missing = 0;
    Done<std::vector<model::Service>> done;
    ports::TimerHandle timer;
  };
  using ListingPtr = std::shared_ptr<Listing>;

  base::Result<Jid> jid_of(const std::string& address) const;
  void ask(const Stanza& iq, IqRequests::Done done);
  void ask_set(const base::Result<Jid>& of, const std::function<Stanza(const Jid&)>& iq,
               Done<void> done);
  void add_all(const ListingPtr& listing, const Jid& of, const base::Result<Element>& info);
  void add(const ListingPtr& listing, const DiscoItem& item);
  void look_at(const ListingPtr& listing, size_t index, const Jid& jid);
  void ask_whether_registered(const ListingPtr& listing, size_t index, const Jid& jid);
  void finish_one(const ListingPtr& listing);
  void finish(const ListingPtr& listing);

  Parts parts_;
  IqRequests requests_;
  bool online_ = false;
};

}  // namespace commd::xmpp
