// What rooms and their services are asked.
#include <memory>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/xmpp/muc_admin.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/room_flow.h"

namespace commd::xmpp {
namespace {

using base::Code;
using base::fail;

base::Result<Jid> jid_of(const std::string& address) {
  return Jid::parse(std::string_view(address).substr(address.find(':') + 1));
}

base::Error offline(const model::AccountId& id) {
  return {Code::failed_precondition,
          "ACCOUNT_NOT_ONLINE",
          "the account " + id.str() +
              " is not online: the room cannot be asked; \"commctl account show\" tells why",
          {}};
}

base::Error not_joined(const std::string& room) {
  return {Code::failed_precondition,
          "ROOM_NOT_JOINED",
          "this person is not in " + room + "; commctl room join goes in",
          {{"room", room}}};
}

base::Error no_occupant(const std::string& nick) {
  return {Code::not_found,
          "OCCUPANT_NOT_FOUND",
          "nobody in the room is called \"" + base::escape_line(nick) +
              "\"; commctl room members lists them",
          {{"nick", base::escape_line(nick)}}};
}

// Who may not is told by the room in general words.
base::Result<void> verdict(const base::Result<Element>& answer) {
  if (answer) return {};
  base::Error error = answer.error();
  if (error.reason == "XMPP_FORBIDDEN" || error.reason == "XMPP_NOT_ALLOWED")
    error.message =
        "the room does not permit this to you: it takes a moderator, an admin or an "
        "owner, and works on nobody above yourself";
  return fail(error);
}

}  // namespace

base::Result<Jid> RoomFlow::any_room(const std::string& address) const {
  if (!online_) return fail(offline(parts_.id));
  auto jid = jid_of(address);
  if (!jid) return fail(jid.error());
  return jid->bare();
}

base::Result<RoomSession*> RoomFlow::joined_room(const std::string& address) const {
  const auto jid = any_room(address);
  if (!jid) return fail(jid.error());
  RoomSession* room = room_of(*jid);
  if (!room || !room->joined()) return fail(not_joined(address));
  return room;
}

void RoomFlow::ask_set(const Stanza& iq, Done done) {
  requests_.ask(
      iq, [done = std::move(done)](const base::Result<Element>& answer) { done(verdict(answer)); });
}

// Messages and presence are not answered: what is asked behind them shows that the server has
// them.
void RoomFlow::after_all(Done done) {
  const Stanza ping = make_iq("get", parts_.account.domain(), make_id());
  ping.add("ping", ns::kPing);
  requests_.ask(ping, [done = std::move(done)](const base::Result<Element>& answer) {
    const bool came = answer || answer.error().reason.starts_with("XMPP_");
    done(came ? base::Result<void>() : fail(answer.error()));
  });
}

// ---- how it is to be -------------------------------------------------------------------

void RoomFlow::configuration(const std::string& address, Answer<model::DataForm> done) {
  const auto room = any_room(address);
  if (!room) return done(fail(room.error()));
  requests_.ask(make_configuration_request(*room),
                [done = std::move(done)](const base::Result<Element>& answer) {
                  if (const auto may = verdict(answer); !may) return done(fail(may.error()));
                  done(read_configuration(*answer));
                });
}

void RoomFlow::configure(const std::string& address, model::DataForm configuration, Done done) {
  const auto room = any_room(address);
  if (!room) return done(fail(room.error()));
  requests_.ask(make_configuration_request(*room),
                [this, room = *room, configuration = std::move(configuration),
                 done = std::move(done)](const base::Result<Element>& answer) {
                  if (const auto may = verdict(answer); !may) return done(fail(may.error()));
                  const auto submission = make_configuration(room, *answer, configuration);
                  if (!submission) return done(fail(submission.error()));
                  ask_set(*submission, done);
                });
}

void RoomFlow::destroy(const std::string& address, const std::string& text,
                       const std::string& successor, Done done) {
  const auto room = any_room(address);
  if (!room) return done(fail(room.error()));
  Jid next;
  if (!successor.empty()) {
    auto jid = jid_of(successor);
    if (!jid) return done(fail(jid.error()));
    next = jid->bare();
  }
  ask_set(make_destruction(*room, next, text), std::move(done));
}

// ---- who is in it ------------------------------------------------------------------------

// XEP-0249; by the room itself where it would not let him in otherwise.
void RoomFlow::invite(const std::string& address, const std::string& whom, const std::string& text,
                      Done done) {
  const auto room = joined_room(address);
  if (!room) return done(fail(room.error()));
  const auto person = jid_of(whom);
  if (!person) return done(fail(person.error()));
  if ((*room)->info().traits.members_only)
    parts_.send(make_mediated_invitation((*room)->room(), person->bare(), text), StanzaKind::iq);
  else
    parts_.send(make_direct_invitation(person->bare(), (*room)->room(), text, (*room)->password()),
                StanzaKind::iq);
  after_all(std::move(done));
}

void RoomFlow::decline(const std::string& address, const std::string& inviter,
                       const std::string& text, Done done) {
  const auto room = any_room(address);
  if (!room) return done(fail(room.error()));
  const auto person = jid_of(inviter);
  if (!person) return done({});  // nobody to be told
  parts_.send(make_decline(*room, *person, text), StanzaKind::iq);
  after_all(std::move(done));
}

void RoomFlow::set_nick(const std::string& address, const std::string& nick, Done done) {
  const auto room = joined_room(address);
  if (!room) return done(fail(room.error()));
  (*room)->set_nick(nick, std::move(done));
}

void RoomFlow::set_subject(const std::string& address, const std::string& subject, Done done) {
  const auto room = joined_room(address);
  if (!room) return done(fail(room.error()));
  (*room)->set_subject(subject, [done = std::move(done)](const base::Result<void>& result) {
    if (result || result.error().reason != "XMPP_FORBIDDEN") return done(result);
    base::Error error = result.error();
    error.message = "the room does not let you change its subject; a moderator may";
    done(fail(error));
  });
}

void RoomFlow::set_role(const std::string& address, const std::string& nick, model::RoomRole role,
                        const std::string& text, Done done) {
  const auto room = joined_room(address);
  if (!room) return done(fail(room.error()));
  if (!(*room)->occupant(nick)) return done(fail(no_occupant(nick)));
  ask_set(make_role_change((*room)->room(), nick, role, text), std::move(done));
}

// An address, or the nick of somebody whose address the room tells.
void RoomFlow::set_affiliation(const std::string& address, const std::string& whom,
                               model::Affiliation affiliation, const std::string& text, Done done) {
  const auto room = any_room(address);
  if (!room) return done(fail(room.error()));
  const RoomSession* session = room_of(*room);
  const model::Occupant* occupant = session ? session->occupant(whom) : nullptr;
  if (occupant && occupant->address.empty())
    return done(fail(Code::failed_precondition, "OCCUPANT_ANONYMOUS",
                     "the room does not tell the address of that occupant; name the address"));
  if (!occupant && whom.find_first_of("@:.") == std::string::npos)
    return done(fail(no_occupant(whom)));
  const auto person = jid_of(occupant ? occupant->address : whom);
  if (!person) return done(fail(person.error()));
  ask_set(make_affiliation_change(*room, person->bare(), affiliation, text), std::move(done));
}

void RoomFlow::list_occupants(const std::string& address,
                              Answer<std::vector<model::Occupant>> done) {
  const auto room = joined_room(address);
  if (!room) return done(fail(room.error()));
  done((*room)->occupants());
}

void RoomFlow::list_affiliations(const std::string& address,
                                 std::optional<model::Affiliation> affiliation,
                                 Answer<std::vector<model::RoomAffiliation>> done) {
  using model::Affiliation;
  const auto room = any_room(address);
  if (!room) return done(fail(room.error()));
  struct Gathered {
    std::vector<model::RoomAffiliation> all;
    size_t open = 0, answered = 0;
    base::Error refusal;
  };
  std::vector<Affiliation> which{Affiliation::owner, Affiliation::admin, Affiliation::member,
                                 Affiliation::outcast};
  if (affiliation) which = {*affiliation};
  const auto gathered = std::make_shared<Gathered>();
  gathered->open = which.size();
  for (const Affiliation each : which)
    requests_.ask(make_affiliation_request(*room, each),
                  [gathered, done](const base::Result<Element>& answer) {
                    if (answer) {
                      ++gathered->answered;
                      const size_t left = most_affiliations - gathered->all.size();
                      for (auto& one : read_affiliations(*answer, left))
                        gathered->all.push_back(one);
                    } else {
                      gathered->refusal = verdict(answer).error();
                    }
                    if (--gathered->open > 0) return;
                    if (gathered->answered == 0) return done(fail(gathered->refusal));
                    done(std::move(gathered->all));
                  });
}

// ---- bookmarks ---------------------------------------------------------------------------

void RoomFlow::put_bookmark(ports::Bookmark bookmark, Done done) {
  if (!online_) {
    bookmark_missed_ = true;
    return done(fail(offline(parts_.id)));
  }
  bookmarks_.put(std::move(bookmark), std::move(done));
}

void RoomFlow::remove_bookmark(const std::string& address, Done done) {
  if (!online_) return done(fail(offline(parts_.id)));
  bookmarks_.remove(address, std::move(done));
}

// ---- which rooms there are -----------------------------------------------------------------

struct RoomFlow::Search {
  ports::RoomsFound found;
  size_t open = 1;
  base::Error refusal;
  Answer<ports::RoomsFound> done;

  void close() {
    if (--open > 0) return;
    if (found.services.empty() && !refusal.reason.empty()) return done(fail(refusal));
    done(std::move(found));
  }
};

void RoomFlow::ask_for(const std::shared_ptr<Search>& search, const Jid& service) {
  ++search->open;
  requests_.ask(make_items_request(service),
                [search, service](const base::Result<Element>& answer) {
                  if (answer) {
                    const size_t left = most_found - search->found.rooms.size();
                    FoundItems items = read_items(*answer, left);
                    search->found.services.push_back(service.str());
                    search->found.truncated |= items.truncated;
                    for (auto& each : items.items) search->found.rooms.push_back(std::move(each));
                  } else {
                    search->refusal = answer.error();
                  }
                  search->close();
                });
}

// XEP-0045 section 6.1, 6.3: a service is asked for its rooms, a server first for its services.
void RoomFlow::find(const std::string& service, Answer<ports::RoomsFound> done) {
  if (!online_) return done(fail(offline(parts_.id)));
  const auto search = std::make_shared<Search>();
  search->done = std::move(done);
  if (!service.empty()) {
    const auto jid = jid_of(service);
    if (!jid) return search->done(fail(jid.error()));
    ask_for(search, jid->bare());
    return search->close();
  }
  const auto domain = Jid::make({}, parts_.account.domain());
  requests_.ask(make_items_request(*domain), [this, search](const base::Result<Element>& answer) {
    if (!answer) {
      search->refusal = answer.error();
      return search->close();
    }
    for (const model::FoundRoom& each : read_items(*answer, most_services).items) {
      const auto jid = jid_of(each.address);
      if (!jid || !jid->local().empty()) continue;
      ++search->open;
      requests_.ask(make_info_request(*jid),
                    [this, search, jid = *jid](const base::Result<Element>& info) {
                      if (info && is_room_service(*info)) ask_for(search, jid);
                      search->close();
                    });
    }
    search->close();
  });
}

}  // namespace commd::xmpp
