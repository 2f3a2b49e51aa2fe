// What a person asks of rooms: each is asked of the room or its service, and true when that has
// said so.
#include <algorithm>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/core/message_address.h"
#include "daemon/core/room_book.h"

namespace commd::core {
namespace {

using base::Code;
using base::fail;
using model::Room;
using model::RoomState;

base::Result<void> check(const char* field, const std::string& text, size_t bytes) {
  if (text.size() <= bytes && base::is_valid_utf8(text)) return {};
  return fail(base::invalid_argument(
      field, std::string(field) + " has at most " + std::to_string(bytes) + " bytes of UTF-8"));
}

base::Result<void> check_nick(const std::string& nick) {
  if (nick.empty())
    return fail(base::invalid_argument("nick", "a nick has at least one character"));
  return check("nick", nick, model::max_nick_bytes);
}

// What keeps somebody out for whom nothing went wrong: he goes in when it is over.
bool is_absence(const base::Error& why) {
  return why.reason == "ACCOUNT_NOT_ONLINE" || why.reason == "PRESENCE_UNAVAILABLE" ||
         why.reason == "CONNECTION_LOST";
}

base::Error not_supported() {
  return {Code::unimplemented,
          "ROOMS_NOT_SUPPORTED",
          "only XMPP accounts have rooms so far; write xmpp:room@service",
          {}};
}

}  // namespace

// ---- which room ------------------------------------------------------------------------

ports::Rooms* RoomBook::speaks(const model::AccountId& account) const {
  const model::Account* found = accounts_.get(account);
  if (!found) return nullptr;
  const auto protocol = rooms_.find(found->protocol);
  return protocol == rooms_.end() ? nullptr : protocol->second;
}

base::Result<RoomBook::Way> RoomBook::way_of(const std::string& typed,
                                             const std::string& account) const {
  auto way = message_way(accounts_, typed, account);
  if (!way) return fail(way.error());
  ports::Rooms* room = speaks(way->account);
  if (!room) return fail(not_supported());
  return Way{way->account, way->peer, room};
}

base::Result<RoomBook::Way> RoomBook::way_to(const std::string& reference) const {
  auto found = find(reference);
  if (!found) return fail(found.error());
  ports::Rooms* room = speaks(found->account);
  if (!room) return fail(base::not_found("account", found->account.str()));
  return Way{found->account, found->address, room};
}

// One that is known, or any address.
base::Result<RoomBook::Way> RoomBook::way_in(const Entrance& entrance) const {
  if (entrance.account.empty()) {
    auto known = way_to(entrance.address);
    if (known || known.error().code != Code::not_found) return known;
  }
  return way_of(entrance.address, entrance.account);
}

std::string RoomBook::usual_nick(const Way& way) const {
  const model::Account* account = accounts_.get(way.account);
  if (!account) return "me";
  if (!account->settings.display_name.empty() &&
      account->settings.display_name.size() <= model::max_nick_bytes)
    return account->settings.display_name;
  const std::string& address = account->address;
  const size_t begin = address.find(':') + 1;
  return address.substr(begin, address.find('@') - begin);
}

base::Result<ports::RoomWish> RoomBook::wish_of(const Way& way, const Entrance& entrance) const {
  const Entry* known = get(way);
  ports::RoomWish wish;
  wish.address = way.address;
  wish.nick = entrance.nick;
  if (wish.nick.empty() && known) wish.nick = known->room.nick;
  if (wish.nick.empty()) wish.nick = usual_nick(way);
  if (auto ok = check_nick(wish.nick); !ok) return fail(ok.error());
  wish.password = entrance.password;
  if (wish.password.empty() && known) wish.password = known->password;
  if (auto ok = check("password", wish.password, model::max_room_text_bytes); !ok)
    return fail(ok.error());
  wish.must_exist = entrance.must_exist;
  return wish;
}

RoomBook::Done RoomBook::answer(const Way& way, Done done) const {
  return [this, way, done = std::move(done)](base::Result<Room> result) {
    if (!result) return done(std::move(result));
    const Entry* entry = get(way);
    if (!entry) return done(fail(base::not_found("room", way.address)));
    done(entry->room);
  };
}

// The room as it is when that has agreed.
RoomBook::Ended RoomBook::then_room(const Way& way, Done done) const {
  return [done = answer(way, std::move(done))](const base::Result<void>& result) {
    if (!result) return done(fail(result.error()));
    done(Room{});
  };
}

// ---- in and out ------------------------------------------------------------------------

void RoomBook::want(const Way& way, const ports::RoomWish& wish) {
  edit(way.account, way.address, [&](Entry& entry) {
    entry.wanted = true;
    entry.leaving = false;
    if (entry.room.state != RoomState::joined) {
      entry.must_exist = wish.must_exist;
      entry.room.state = RoomState::joining;
      entry.room.nick = wish.nick;
      entry.room.state_reason.clear();
      entry.room.state_message.clear();
    }
    entry.password = wish.password;
  });
}

void RoomBook::want_no_more(const Way& way, const std::optional<Entry>& before) {
  // A nick that was refused is nobody's, and a password that was is none.
  if (before && get(way))
    edit(way.account, way.address, [&](Entry& entry) {
      entry.password = before->password;
      if (entry.room.state != RoomState::joined) entry.room.nick = before->room.nick;
    });
  if (before && before->wanted) return;
  way.room->leave_room(way.account, way.address, {}, [](const auto&) {});
  edit(way.account, way.address, [&](Entry& entry) {
    entry.wanted = entry.must_exist = false;
    entry.leaving = before && before->leaving;
    entry.room.state = before ? before->room.state : RoomState::left;
    entry.room.invitation = before ? before->room.invitation : model::Invitation();
    entry.room.state_reason = before ? before->room.state_reason : std::string();
    entry.room.state_message = before ? before->room.state_message : std::string();
  });
}

RoomBook::Ended RoomBook::entering(const Way& way, const std::string& password, Absence absence,
                                   Done done) {
  std::optional<Entry> before;
  if (const Entry* known = get(way)) before = *known;
  return [this, way, password, before, absence,
          done = answer(way, std::move(done))](const base::Result<void>& result) {
    const bool waits = !result && absence == Absence::wait && is_absence(result.error());
    if (!result && !waits) {
      want_no_more(way, before);
      return done(fail(result.error()));
    }
    entered(way, password);
    // The room as it is says that he is on the way, and what for he waits.
    if (waits && get(way))
      edit(way.account, way.address, [&](Entry& entry) {
        if (entry.room.state != RoomState::joining) return;
        entry.room.state_reason = result.error().reason;
        entry.room.state_message = result.error().message;
      });
    done(Room{});
  };
}

void RoomBook::entered(const Way& way, const std::string& password) {
  const Entry* now = get(way);
  if (password.empty() || !now || !now->wanted) return;
  keep_password(way, password);
  edit(way.account, way.address, [](Entry& entry) { entry.has_password = true; });
}

void RoomBook::join(Entrance entrance, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto way = way_in(entrance);
  if (!way) return done(fail(way.error()));
  with_password(*way, [this, way = *way, entrance = std::move(entrance), done = std::move(done)] {
    join_at(way, entrance, done);
  });
}

void RoomBook::join_at(const Way& way, const Entrance& entrance, Done done) {
  auto wish = wish_of(way, entrance);
  if (!wish) return done(fail(wish.error()));
  const auto list = lists_.find(way.account);
  if (!get(way) && list != lists_.end() && list->second.size() >= model::max_rooms)
    return done(fail(Code::resource_exhausted, "TOO_MANY_ROOMS",
                     "the account knows as many rooms as may be; leave one first"));
  auto then = entering(way, wish->password, Absence::wait, std::move(done));
  want(way, *wish);
  way.room->join_room(way.account, std::move(*wish), std::move(then));
}

void RoomBook::create(Entrance entrance, model::DataForm configuration, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto way = way_of(entrance.address, entrance.account);
  if (!way) return done(fail(way.error()));
  const auto wish = wish_of(*way, entrance);
  if (!wish) return done(fail(wish.error()));
  if (const Entry* known = get(*way); known && known->wanted)
    return done(fail(Code::already_exists, "ROOM_EXISTS",
                     "there is a room at that address, and this person is in it"));
  auto then = entering(*way, {}, Absence::give_up, std::move(done));
  want(*way, *wish);
  way->room->create_room(way->account, *wish, std::move(configuration), std::move(then));
}

void RoomBook::leave(const std::string& reference, const std::string& text, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  if (auto ok = check("text", text, model::max_room_text_bytes); !ok) return done(fail(ok.error()));
  const auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  with_password(*way,
                [this, way = *way, text, done = std::move(done)] { leave_now(way, text, done); });
}

void RoomBook::leave_now(const Way& way, const std::string& text, Done done) {
  const Entry* known = get(way);
  if (!known) return done(fail(base::not_found("room", way.address)));
  ports::Bookmark bookmark{way.address, known->room.name, known->room.nick, known->password, false};
  const bool was_autojoin = known->room.autojoin;
  Room left = known->room;
  left.state = RoomState::left;
  left.occupants = 0;
  left.autojoin = false;
  edit(way.account, way.address, [&](Entry& entry) {
    entry.wanted = entry.must_exist = false;
    entry.leaving |= was_autojoin;
    entry.room.state = RoomState::left;
    entry.room.state_reason.clear();
    entry.room.state_message.clear();
    entry.room.occupants = 0;
    entry.room.autojoin = false;
    entry.room.invitation = {};
  });
  if (was_autojoin) tell_left(way, std::move(bookmark));
  way.room->leave_room(way.account, way.address, text,
                       [left, done = std::move(done)](const base::Result<void>&) { done(left); });
}

// So that no other device goes in again by itself, nor this one. Until the server has it, what
// it says of the bookmark is what was before: see take_bookmark().
void RoomBook::tell_left(const Way& way, ports::Bookmark bookmark) {
  bookmark.autojoin = false;
  way.room->put_bookmark(
      way.account, std::move(bookmark), [this, way](const base::Result<void>& kept) {
        if (kept && get(way))
          edit(way.account, way.address, [](Entry& entry) { entry.leaving = false; });
      });
}

void RoomBook::decline(const std::string& reference, const std::string& text, Ended done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  const Entry& entry = *get(*way);
  if (entry.room.state != RoomState::invited)
    return done(fail(Code::failed_precondition, "ROOM_NOT_INVITED",
                     "nobody has asked this person into " + way->address));
  const std::string inviter = entry.mediated ? entry.room.invitation.inviter : std::string();
  edit(way->account, way->address, [](Entry& each) {
    each.room.state = RoomState::left;
    each.room.invitation = {};
  });
  // A direct invitation is nobody's to be told of.
  if (inviter.empty()) return done({});
  way->room->decline_room(way->account, way->address, inviter, text, std::move(done));
}

// ---- in it -----------------------------------------------------------------------------

void RoomBook::configuration(const std::string& reference, Answer<model::DataForm> done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  way->room->room_configuration(way->account, way->address, std::move(done));
}

void RoomBook::configure(const std::string& reference, model::DataForm configuration, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  way->room->configure_room(way->account, way->address, std::move(configuration),
                            then_room(*way, std::move(done)));
}

void RoomBook::invite(const std::string& reference, const std::string& whom,
                      const std::string& text, Ended done) {
  COMMD_ASSERT_THREAD(thread_);
  if (auto ok = check("text", text, model::max_room_text_bytes); !ok) return done(fail(ok.error()));
  const auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  const auto person = message_way(accounts_, whom, way->account.str());
  if (!person) return done(fail(person.error()));
  way->room->invite_to_room(way->account, way->address, person->peer, text, std::move(done));
}

void RoomBook::set_nick(const std::string& reference, const std::string& nick, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  if (auto ok = check_nick(nick); !ok) return done(fail(ok.error()));
  const auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  way->room->set_room_nick(way->account, way->address, nick, then_room(*way, std::move(done)));
}

void RoomBook::set_subject(const std::string& reference, const std::string& subject, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  if (auto ok = check("subject", subject, model::max_subject_bytes); !ok)
    return done(fail(ok.error()));
  const auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  way->room->set_room_subject(way->account, way->address, subject,
                              then_room(*way, std::move(done)));
}

void RoomBook::set_affiliation(const std::string& reference, const std::string& whom,
                               model::Affiliation affiliation, const std::string& text,
                               Ended done) {
  COMMD_ASSERT_THREAD(thread_);
  if (whom.empty())
    return done(fail(base::invalid_argument("address", "say whose: an address, or a nick")));
  if (auto ok = check("text", text, model::max_room_text_bytes); !ok) return done(fail(ok.error()));
  const auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  way->room->set_affiliation(way->account, way->address, whom, affiliation, text, std::move(done));
}

void RoomBook::set_role(const std::string& reference, const std::string& nick, model::RoomRole role,
                        const std::string& text, Ended done) {
  COMMD_ASSERT_THREAD(thread_);
  if (auto ok = check_nick(nick); !ok) return done(fail(ok.error()));
  if (auto ok = check("text", text, model::max_room_text_bytes); !ok) return done(fail(ok.error()));
  const auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  way->room->set_role(way->account, way->address, nick, role, text, std::move(done));
}

void RoomBook::list_affiliations(const std::string& reference,
                                 std::optional<model::Affiliation> affiliation,
                                 Answer<std::vector<model::RoomAffiliation>> done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  way->room->list_affiliations(way->account, way->address, affiliation, std::move(done));
}

void RoomBook::list_occupants(const std::string& reference,
                              Answer<std::vector<model::Occupant>> done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  way->room->list_occupants(way->account, way->address, std::move(done));
}

void RoomBook::destroy(const std::string& reference, const std::string& text,
                       const std::string& successor, Ended done) {
  COMMD_ASSERT_THREAD(thread_);
  const auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  std::string next;
  if (!successor.empty()) {
    const auto other = message_way(accounts_, successor, way->account.str());
    if (!other) return done(fail(other.error()));
    next = other->peer;
  }
  way->room->destroy_room(way->account, way->address, text, next,
                          [this, way = *way, done = std::move(done)](base::Result<void> ended) {
                            if (ended) go_out(way);
                            if (ended && get(way))
                              edit(way.account, way.address, [](Entry& entry) {
                                entry.room.state = RoomState::left;
                                entry.room.state_reason.clear();
                                entry.room.state_message.clear();
                              });
                            done(std::move(ended));
                          });
}

// ---- bookmarks -------------------------------------------------------------------------

void RoomBook::bookmark(const std::string& reference, BookmarkChange change, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  if (change.name)
    if (auto ok = check("name", *change.name, model::max_room_name_bytes); !ok)
      return done(fail(ok.error()));
  const auto way = way_to(reference);
  if (!way) return done(fail(way.error()));
  with_password(*way, [this, way = *way, change = std::move(change), done = std::move(done)] {
    bookmark_now(way, change, done);
  });
}

void RoomBook::bookmark_now(const Way& way, const BookmarkChange& change, Done done) {
  if (!get(way)) return done(fail(base::not_found("room", way.address)));
  const Entry before = *get(way);
  const std::string name = change.name.value_or(before.room.name);
  // First, so that what the server tells of it is no news.
  edit(way.account, way.address, [&](Entry& entry) {
    entry.leaving = false;
    entry.room.bookmarked = change.bookmarked;
    entry.room.autojoin = change.bookmarked && change.autojoin;
    entry.room.name = change.bookmarked ? name : std::string();
  });
  Room after = before.room;
  after.bookmarked = after.autojoin = false;
  after.name.clear();
  const auto then = [this, way, before, after,
                     done = std::move(done)](const base::Result<void>& result) {
    if (!result) {
      edit(way.account, way.address, [&](Entry& entry) {
        entry.leaving = before.leaving;
        entry.room.bookmarked = before.room.bookmarked;
        entry.room.autojoin = before.room.autojoin;
        entry.room.name = before.room.name;
      });
      return done(fail(result.error()));
    }
    const Entry* now = get(way);
    done(now ? now->room : after);
  };
  if (!change.bookmarked) return way.room->remove_bookmark(way.account, way.address, then);
  way.room->put_bookmark(
      way.account, {way.address, name, before.room.nick, before.password, change.autojoin}, then);
}

void RoomBook::find_rooms(const std::string& account, const std::string& service,
                          Answer<ports::RoomsFound> done) {
  COMMD_ASSERT_THREAD(thread_);
  std::vector<model::Account> candidates;
  if (!account.empty()) {
    const auto found = accounts_.find(account);
    if (!found) return done(fail(found.error()));
    candidates.push_back(**found);
  } else {
    for (model::Account& each : accounts_.list())
      if (each.enabled && speaks(each.id)) candidates.push_back(std::move(each));
    const auto chosen =
        std::find_if(candidates.begin(), candidates.end(),
                     [](const model::Account& each) { return each.settings.is_default; });
    if (candidates.size() > 1 && chosen != candidates.end()) candidates = {*chosen};
  }
  if (candidates.empty())
    return done(fail(Code::failed_precondition, "NO_ACCOUNT",
                     "no XMPP account is enabled; add one: commctl account add xmpp:USER@DOMAIN"));
  if (candidates.size() > 1)
    return done(fail(Code::invalid_argument, "ACCOUNT_REQUIRED",
                     "several accounts can ask; choose one (commctl: --from)"));
  ports::Rooms* room = speaks(candidates.front().id);
  if (!room) return done(fail(not_supported()));
  room->find_rooms(candidates.front().id, service, std::move(done));
}

}  // namespace commd::core
