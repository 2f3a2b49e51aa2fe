#include "daemon/core/room_book.h"

#include <algorithm>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/core/message_address.h"
#include "daemon/core/reference.h"
#include "daemon/core/room_text.h"

namespace commd::core {
namespace {

using base::Code;
using base::fail;
using model::Room;
using model::RoomState;

constexpr std::string_view facts_prefix = "room/";

std::string key_of(const Room& room) { return std::string(facts_prefix) + model::room_id(room); }

// As little is kept of it as says nothing to this person.
bool is_kept(const Room& room) { return room.state != RoomState::left || room.bookmarked; }

}  // namespace

RoomBook::RoomBook(EventLog& log, AccountBook& accounts, ports::Secrets& secrets,
                   ports::Store& store, const ports::Clock& clock, RoomsByProtocol rooms,
                   base::Logger logger)
    : log_(log),
      accounts_(accounts),
      secrets_(secrets),
      store_(store),
      clock_(clock),
      rooms_(std::move(rooms)),
      logger_(std::move(logger)) {
  thread_.bind();
}

void RoomBook::restore(const ports::StoredState& state) {
  COMMD_ASSERT_THREAD(thread_);
  for (auto i = state.facts.lower_bound(std::string(facts_prefix));
       i != state.facts.end() && i->first.starts_with(facts_prefix); ++i) {
    const std::string id = i->first.substr(facts_prefix.size());
    const size_t slash = id.find('/');
    if (slash == std::string::npos) continue;
    KeptRoom kept;
    kept.room.account = model::AccountId(id.substr(0, slash));
    kept.room.address = id.substr(slash + 1);
    const bool has_account =
        std::any_of(state.accounts.begin(), state.accounts.end(),
                    [&](const model::Account& each) { return each.id == kept.room.account; });
    if (!has_account || !read_room(i->second, kept)) continue;
    log_.show(model::RoomChanged{kept.room});
    lists_[kept.room.account][kept.room.address] =
        Entry{kept.room,     kept.wanted, kept.has_password, {},
              kept.mediated, false,       kept.leaving,      kept.must_exist};
    count_unread(kept.room.account, kept.room.address);
  }
}

void RoomBook::count_unread(const model::AccountId& account, const std::string& address) {
  ports::MessageQuery query;
  query.account = account;
  query.peer = address;
  query.unread = true;
  query.limit = 1000;
  store_.query_messages(query, [this, account, address](const auto& rows) {
    if (!rows || rows->empty()) return;
    const auto mentions = static_cast<size_t>(std::count_if(
        rows->begin(), rows->end(), [](const model::Message& each) { return each.mentioned; }));
    if (get(account, address))
      edit(account, address, [&](Entry& entry) {
        entry.room.unread = rows->size();
        entry.room.unread_mentions = mentions;
      });
  });
}

// ---- reading ---------------------------------------------------------------------

std::vector<Room> RoomBook::list(const model::AccountId& account) const {
  COMMD_ASSERT_THREAD(thread_);
  std::vector<Room> all;
  for (const auto& [id, list] : lists_)
    if (account.empty() || id == account)
      for (const auto& [address, entry] : list) all.push_back(entry.room);
  return all;
}

const RoomBook::Entry* RoomBook::get(const model::AccountId& account,
                                     const std::string& address) const {
  const auto list = lists_.find(account);
  if (list == lists_.end()) return nullptr;
  const auto entry = list->second.find(address);
  return entry == list->second.end() ? nullptr : &entry->second;
}

base::Result<Room> RoomBook::find(const std::string& reference) const {
  COMMD_ASSERT_THREAD(thread_);
  ReferenceSearch<Room> search(reference, "room", "rooms");
  for (const auto& [id, list] : lists_)
    for (const auto& [address, entry] : list)
      search.look_at(entry.room, model::room_id(id, address), address);
  return search.result();
}

size_t RoomBook::count(const model::AccountId& account, RoomState state) const {
  const auto list = lists_.find(account);
  if (list == lists_.end()) return 0;
  return static_cast<size_t>(
      std::count_if(list->second.begin(), list->second.end(),
                    [&](const auto& each) { return each.second.room.state == state; }));
}

// ---- changing --------------------------------------------------------------------

void RoomBook::edit(const model::AccountId& account, const std::string& address,
                    const Edit& change) {
  if (!accounts_.get(account)) return;
  auto& list = lists_[account];
  const auto found = list.find(address);
  const bool there = found != list.end();
  Entry before;
  if (there) before = found->second;
  before.room.account = account;
  before.room.address = address;
  Entry after = before;
  change(after);
  const auto fact = [](const Entry& entry) {
    return text_of(KeptRoom{entry.room, entry.wanted, entry.has_password, entry.mediated,
                            entry.leaving, entry.must_exist});
  };
  if (!is_kept(after.room) && !after.wanted) {
    if (!there) return;
    const Way way{account, address, nullptr};
    if (before.has_password) keep_password(way, {});
    lists_[account].erase(address);
    if (after.room != before.room) log_.emit(model::RoomChanged{after.room});
    log_.emit(model::RoomRemoved{account, address}, {ports::PutFact{key_of(after.room), {}}});
    return;
  }
  if (there && after.room == before.room) {
    found->second = after;
    if (fact(before) != fact(after)) log_.remember(key_of(after.room), fact(after));
    return;
  }
  list[address] = after;
  std::vector<ports::Change> changes;
  if (!there || fact(before) != fact(after))
    changes.emplace_back(ports::PutFact{key_of(after.room), fact(after)});
  log_.emit(model::RoomChanged{after.room}, std::move(changes));
}

void RoomBook::account_removed(const model::AccountId& account) {
  COMMD_ASSERT_THREAD(thread_);
  const auto list = lists_.extract(account);
  if (list.empty()) return;
  // Watchers are told that the account is gone.
  for (const auto& [address, entry] : list.mapped()) {
    if (entry.has_password) keep_password({account, address, nullptr}, {});
    log_.remember(key_of(entry.room), {});
  }
}

void RoomBook::account_up(const model::AccountId& account) {
  COMMD_ASSERT_THREAD(thread_);
  const auto list = lists_.find(account);
  if (list == lists_.end()) return;
  for (const auto& [address, entry] : list->second)
    if (entry.wanted) go_in(account, entry);
}

// The secret first, where there is one.
void RoomBook::go_in(const model::AccountId& account, const Entry& entry) {
  ports::Rooms* room = speaks(account);
  if (!room) return;
  const Way way{account, entry.room.address, room};
  lists_[account][way.address].asking = entry.has_password && entry.password.empty();
  with_password(way, [this, way] {
    auto& list = lists_[way.account];
    const auto now = list.find(way.address);
    if (now == list.end()) return;
    const bool late = std::exchange(now->second.asking, false);
    if (!now->second.wanted) return;
    ports::RoomWish wish{way.address, now->second.room.nick, now->second.password,
                         now->second.must_exist};
    if (wish.nick.empty()) wish.nick = usual_nick(way);
    way.room->join_room(way.account, std::move(wish), {});
    if (late && late_) late_(way.account);
  });
}

void RoomBook::with_password(const Way& way, std::function<void()> then) {
  const Entry* known = get(way);
  if (!known || !known->has_password || !known->password.empty()) return then();
  secrets_.get(model::AccountId(model::room_id(way.account, way.address)),
               [this, way, then = std::move(then)](const base::Result<base::Secret>& password) {
                 // One that came meanwhile is newer.
                 if (const Entry* now = get(way); password && now && now->password.empty())
                   lists_[way.account][way.address].password = password->reveal();
                 then();
               });
}

bool RoomBook::awaits(const model::AccountId& account, const std::string& peer) const {
  const Entry* known = get(account, peer);
  return known && known->asking;
}

void RoomBook::keep_password(const Way& way, const std::string& password) {
  const model::AccountId name(model::room_id(way.account, way.address));
  const auto warn = [this, name](const base::Result<void>& kept) {
    if (!kept)
      logger_->warn("event: room_password_not_kept, room: {}, reason: {}", name.str(),
                    kept.error().reason);
  };
  if (password.empty())
    secrets_.erase(name, warn);
  else
    secrets_.put(name, base::Secret(password), warn);
}

// ---- from the protocol rooms -------------------------------------------------------

void RoomBook::report(ports::RoomReport report) {
  COMMD_ASSERT_THREAD(thread_);
  // Nobody wants to be in it any more: what it says comes too late.
  if (!get(report.account, report.address)) return;
  edit(report.account, report.address, [&](Entry& entry) {
    Room& room = entry.room;
    // Who has asked to go in since then is on the way.
    if (report.state == RoomState::left && (room.state == RoomState::invited || entry.wanted))
      return;
    room.state = report.state;
    room.state_reason = std::move(report.reason);
    room.state_message = std::move(report.message);
    if (!report.nick.empty()) room.nick = std::move(report.nick);
    room.subject = std::move(report.subject);
    room.subject_by = std::move(report.subject_by);
    room.affiliation = report.affiliation;
    room.role = report.role;
    room.occupants = report.occupants;
    if (report.state == RoomState::joined || !report.traits.name.empty())
      room.traits = std::move(report.traits);
    if (room.state != RoomState::invited) room.invitation = {};
    if (room.state == RoomState::failed || room.state == RoomState::left) entry.wanted = false;
    if (room.state == RoomState::joined || !entry.wanted) entry.must_exist = false;
  });
}

void RoomBook::report(model::OccupantNews news) {
  COMMD_ASSERT_THREAD(thread_);
  const auto list = lists_.find(news.account);
  if (list == lists_.end()) return;
  const auto entry = list->second.find(news.room);
  if (entry == list->second.end()) return;
  entry->second.room.occupants = news.occupants;
  log_.tell(model::OccupantChanged{std::move(news)});
}

void RoomBook::report(ports::InvitationReport report) {
  COMMD_ASSERT_THREAD(thread_);
  const Entry* known = get(report.account, report.address);
  if (known && known->wanted) return;
  const bool again = known && known->room.state == RoomState::invited;
  // Anybody can ask, as often as he likes.
  if (again && known->room.invitation.inviter == report.inviter) return;
  if (!again && count(report.account, RoomState::invited) >= model::max_invitations) {
    logger_->warn("event: room_invitation_dropped, account: {}", report.account.str());
    return;
  }
  edit(report.account, report.address, [&](Entry& entry) {
    entry.room.state = RoomState::invited;
    entry.room.state_reason.clear();
    entry.room.state_message.clear();
    entry.room.invitation = {std::move(report.inviter), std::move(report.text), clock_.wall_now()};
    entry.mediated = report.mediated;
    // A stranger's word is nothing against what this person knows.
    if (!entry.has_password && !entry.room.bookmarked) entry.password = std::move(report.password);
  });
}

void RoomBook::report(ports::BookmarkReport report) {
  COMMD_ASSERT_THREAD(thread_);
  std::vector<std::string> gone = std::move(report.removed);
  if (report.whole) {
    if (const auto list = lists_.find(report.account); list != lists_.end())
      for (const auto& [address, entry] : list->second)
        if (entry.room.bookmarked &&
            std::none_of(report.bookmarks.begin(), report.bookmarks.end(),
                         [&](const auto& each) { return each.address == entry.room.address; }))
          gone.push_back(address);
  }
  for (const std::string& address : gone) take_removal(report.account, address, !report.whole);
  for (const ports::Bookmark& each : report.bookmarks)
    take_bookmark(report.account, each, report.whole);
}

// XEP-0402 section 4.4: what another device goes into, this one does as well.
void RoomBook::take_bookmark(const model::AccountId& account, const ports::Bookmark& bookmark,
                             bool whole) {
  const Entry* known = get(account, bookmark.address);
  // As it was before this person left; what he said while the server was away it hears now.
  // (What comes by itself at login is the server's last word, not another device's.)
  if (known && known->leaving && bookmark.autojoin) {
    if (ports::Rooms* room = speaks(account); room && whole)
      tell_left({account, bookmark.address, room}, bookmark);
    return;
  }
  if (!known && lists_[account].size() >= model::max_rooms) return;
  const bool was_autojoin = known && known->room.autojoin;
  const bool was_wanted = known && known->wanted;
  const bool goes_in = bookmark.autojoin && !was_autojoin && !was_wanted;
  const bool goes_out = !bookmark.autojoin && was_autojoin && was_wanted;
  const bool other_password =
      !bookmark.password.empty() && !(known && known->password == bookmark.password);
  const bool was_out = known && known->room.state != RoomState::joined;
  const bool tries_again = other_password && bookmark.autojoin && was_autojoin && was_out;
  edit(account, bookmark.address, [&](Entry& entry) {
    entry.room.bookmarked = true;
    entry.room.autojoin = bookmark.autojoin;
    entry.room.name = bookmark.name;
    entry.leaving = false;
    if (!was_wanted && !bookmark.nick.empty()) entry.room.nick = bookmark.nick;
    if (other_password) {
      entry.password = bookmark.password;
      entry.has_password = true;
    }
    if (goes_in || tries_again) {
      entry.wanted = true;
      entry.room.state = RoomState::joining;
      entry.room.invitation = {};
    }
  });
  if (other_password) keep_password({account, bookmark.address, nullptr}, bookmark.password);
  if (const Entry* now = get(account, bookmark.address); now && (goes_in || tries_again))
    go_in(account, *now);
  if (goes_out) go_out({account, bookmark.address, speaks(account)});
}

void RoomBook::take_removal(const model::AccountId& account, const std::string& address,
                            bool live) {
  const Entry* known = get(account, address);
  if (!known || !known->room.bookmarked) return;
  const bool goes_out = live && known->room.autojoin && known->wanted;
  edit(account, address, [](Entry& entry) {
    entry.room.bookmarked = entry.room.autojoin = entry.leaving = false;
    entry.room.name.clear();
  });
  if (goes_out) go_out({account, address, speaks(account)});
}

void RoomBook::go_out(const Way& way) {
  edit(way.account, way.address, [](Entry& entry) { entry.wanted = false; });
  if (way.room) way.room->leave_room(way.account, way.address, {}, [](const auto&) {});
}

// ---- for what is said in them ------------------------------------------------------

std::optional<std::string> RoomBook::occupant_address(const std::string& typed) const {
  const size_t slash = typed.find('/');
  if (slash == std::string::npos || slash + 1 == typed.size()) return std::nullopt;
  const auto bare = peer_address(accounts_, typed.substr(0, slash));
  if (!bare) return std::nullopt;
  for (const auto& [account, list] : lists_)
    if (list.contains(*bare)) return *bare + typed.substr(slash);
  return std::nullopt;
}

base::Result<void> RoomBook::may_talk(const model::AccountId& account,
                                      const std::string& peer) const {
  const Entry* known = get(account, peer);
  if (!known || known->wanted) return {};
  return fail(Code::failed_precondition, "ROOM_NOT_JOINED",
              "this person is not in " + peer + "; commctl room join goes in");
}

void RoomBook::came(const model::Message& message) {
  COMMD_ASSERT_THREAD(thread_);
  if (message.direction != model::MessageDirection::incoming || !get(message.account, message.peer))
    return;
  // A talkative room is no news each time; whoever lists it is told the number.
  Room& room = lists_[message.account][message.peer].room;
  if (room.unread > 0 && !message.mentioned) {
    ++room.unread;
    return;
  }
  edit(message.account, message.peer, [&](Entry& entry) {
    ++entry.room.unread;
    entry.room.unread_mentions += message.mentioned ? 1 : 0;
  });
}

void RoomBook::read(const model::AccountId& account, const std::string& peer, size_t messages,
                    size_t mentions) {
  COMMD_ASSERT_THREAD(thread_);
  if (!get(account, peer)) return;
  edit(account, peer, [&](Entry& entry) {
    entry.room.unread -= std::min(messages, entry.room.unread);
    entry.room.unread_mentions -= std::min(mentions, entry.room.unread_mentions);
  });
}

}  // namespace commd::core
