#include "daemon/xmpp/service_flow.h"

#include <algorithm>
#include <utility>

#include "daemon/xmpp/message_stanza.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/presence_stanza.h"

namespace commd::xmpp {
namespace {

using base::Code;
using base::fail;

std::string uri_of(const Jid& jid) { return "xmpp:" + jid.str(); }

base::Error connection_lost() {
  return {Code::unavailable,
          "CONNECTION_LOST",
          "the connection to the server was lost; it may have been done or not",
          {}};
}

// Who asks for the commands of one that has none wants to hear just that.
bool is_none(const base::Error& error) {
  const auto condition = error.details.find("condition");
  return condition != error.details.end() &&
         (condition->second == "item-not-found" || condition->second == "feature-not-implemented");
}

}  // namespace

ServiceFlow::ServiceFlow(Parts parts)
    : parts_(std::move(parts)), requests_(parts_.account, parts_.timers, [this](const Stanza& iq) {
        return parts_.send(iq, StanzaKind::iq);
      }) {}

void ServiceFlow::session_began() {
  requests_.fail_all(connection_lost());
  online_ = true;
}

void ServiceFlow::session_ended() {
  online_ = false;
  requests_.fail_all(connection_lost());
}

base::Result<Jid> ServiceFlow::jid_of(const std::string& address) const {
  if (address.empty()) return Jid::parse(parts_.account.domain());
  return Jid::parse(std::string_view(address).substr(address.find(':') + 1));
}

void ServiceFlow::ask(const Stanza& iq, IqRequests::Done done) {
  if (!online_)
    return done(fail(
        Code::failed_precondition, "ACCOUNT_NOT_ONLINE",
        "the account " + parts_.id.str() + " is not online; \"commctl account show\" tells why"));
  requests_.ask(iq, std::move(done));
}

void ServiceFlow::ask_set(const base::Result<Jid>& of, const std::function<Stanza(const Jid&)>& iq,
                          Done<void> done) {
  if (!of) return done(fail(of.error()));
  ask(iq(*of), [done = std::move(done)](const base::Result<Element>& answer) {
    done(answer ? base::Result<void>() : fail(answer.error()));
  });
}

// ---- services ------------------------------------------------------------------------------

// The address itself must answer; of what it lists whoever does.
void ServiceFlow::list_services(const std::string& address,
                                Done<std::vector<model::Service>> done) {
  const auto of = jid_of(address);
  if (!of) return done(fail(of.error()));
  auto listing = std::make_shared<Listing>();
  listing->done = std::move(done);
  ask(info_request(*of), [this, listing, of = *of](const base::Result<Element>& info) {
    if (!info) return listing->done(fail(info.error()));
    add_all(listing, of, info);
  });
}

void ServiceFlow::add_all(const ListingPtr& listing, const Jid& of,
                          const base::Result<Element>& info) {
  listing->services.push_back({uri_of(of)});
  read_info(*info, listing->services.front());
  listing->missing = 1;
  listing->timer = parts_.timers.after(list_patience, [this, listing] { finish(listing); });
  if (listing->services.front().gateway) ask_whether_registered(listing, 0, of);
  ask(items_request(of), [this, listing](const base::Result<Element>& items) {
    if (items && listing->done)
      for (const DiscoItem& item : read_items(*items)) add(listing, item);
    finish_one(listing);
  });
}

void ServiceFlow::add(const ListingPtr& listing, const DiscoItem& item) {
  const std::string address = uri_of(item.jid);
  const bool known = std::any_of(listing->services.begin(), listing->services.end(),
                                 [&](const auto& each) { return each.address == address; });
  if (known || listing->services.size() == model::max_services) return;
  model::Service service;
  service.address = address;
  service.name = item.name;
  listing->services.push_back(std::move(service));
  look_at(listing, listing->services.size() - 1, item.jid);
}

void ServiceFlow::look_at(const ListingPtr& listing, size_t index, const Jid& jid) {
  ++listing->missing;
  ask(info_request(jid), [this, listing, index, jid](const base::Result<Element>& info) {
    if (info && listing->done) {
      model::Service& service = listing->services[index];
      read_info(*info, service);
      if (service.gateway) ask_whether_registered(listing, index, jid);
    }
    finish_one(listing);
  });
}

void ServiceFlow::ask_whether_registered(const ListingPtr& listing, size_t index, const Jid& jid) {
  const auto& features = listing->services[index].features;
  if (std::find(features.begin(), features.end(), ns::kRegister) == features.end()) return;
  ++listing->missing;
  ask(registration_request(jid), [this, listing, index](const base::Result<Element>& answer) {
    if (answer && listing->done)
      if (const auto asked = read_registration(*answer))
        listing->services[index].registered = asked->registration.registered;
    finish_one(listing);
  });
}

void ServiceFlow::finish_one(const ListingPtr& listing) {
  if (--listing->missing == 0) finish(listing);
}

// The first stays the first; what it lists has no order of its own.
void ServiceFlow::finish(const ListingPtr& listing) {
  if (!listing->done) return;
  listing->timer.reset();
  auto services = std::move(listing->services);
  std::sort(services.begin() + 1, services.end(),
            [](const auto& a, const auto& b) { return a.address < b.address; });
  std::exchange(listing->done, nullptr)(std::move(services));
}

// ---- commands ------------------------------------------------------------------------------

void ServiceFlow::list_commands(const std::string& address,
                                Done<std::vector<model::Command>> done) {
  const auto of = jid_of(address);
  if (!of) return done(fail(of.error()));
  ask(items_request(*of, ns::kCommands),
      [done = std::move(done)](const base::Result<Element>& items) {
        if (items) return done(read_commands(*items));
        if (is_none(items.error())) return done(std::vector<model::Command>{});
        done(fail(items.error()));
      });
}

void ServiceFlow::run_command(ports::CommandRequest request, Done<model::CommandStep> done) {
  const auto of = jid_of(request.address);
  if (!of) return done(fail(of.error()));
  const Stanza iq = command_request(*of, request);
  ask(iq,
      [request = std::move(request), done = std::move(done)](const base::Result<Element>& answer) {
        done(answer ? read_command(*answer, request) : fail(answer.error()));
      });
}

// ---- registration --------------------------------------------------------------------------

void ServiceFlow::get_registration(const std::string& address,
                                   Done<ports::RegistrationAsked> done) {
  const auto with = jid_of(address);
  if (!with) return done(fail(with.error()));
  ask(registration_request(*with), [done = std::move(done)](const base::Result<Element>& answer) {
    if (!answer) return done(fail(answer.error()));
    done(read_registration(*answer));
  });
}

void ServiceFlow::do_register(const std::string& address, const ports::RegistrationAsked& asked,
                              Done<void> done) {
  ask_set(
      jid_of(address), [&](const Jid& with) { return register_request(with, asked); },
      std::move(done));
}

void ServiceFlow::unregister(const std::string& address, Done<void> done) {
  ask_set(jid_of(address), unregister_request, std::move(done));
}

// Presence is not answered: what is asked behind it shows that the server has it.
void ServiceFlow::server_time(Done<base::WallTime> done) {
  Stanza iq = make_iq("get", parts_.account.domain(), make_id());
  iq.add("time", ns::kTime);
  ask(iq, [done = std::move(done)](const base::Result<Element>& answer) {
    if (!answer) return done(fail(answer.error()));
    const auto time = parse_stamp(answer->child("time", ns::kTime).child("utc", ns::kTime).text());
    if (time) return done(*time);
    done(fail(Code::unavailable, "ANSWER_UNREADABLE", "the server says no time that can be read"));
  });
}

void ServiceFlow::show_presence(const std::string& address, bool available, Done<void> done) {
  const auto to = jid_of(address);
  if (!to) return done(fail(to.error()));
  if (online_) {
    Stanza presence = make_presence();
    presence.set("to", to->str());
    if (!available) presence.set("type", "unavailable");
    parts_.send(presence, StanzaKind::presence);
  }
  const Stanza ping = make_iq("get", parts_.account.domain(), make_id());
  ping.add("ping", ns::kPing);
  ask(ping, [done = std::move(done)](const base::Result<Element>& answer) {
    const bool came = answer || answer.error().reason.starts_with("XMPP_");
    done(came ? base::Result<void>() : fail(answer.error()));
  });
}

}  // namespace commd::xmpp
