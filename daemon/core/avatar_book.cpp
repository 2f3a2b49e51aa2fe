#include "daemon/core/avatar_book.h"

#include <utility>

namespace commd::core {
namespace {

using base::Code;
using base::fail;

constexpr std::string_view below_account = "/avatar/";

// Its facts go with the account.
std::string key_of(const model::AccountId& account, const std::string& address) {
  return "account/" + account.str() + std::string(below_account) + address;
}

}  // namespace

AvatarBook::AvatarBook(AccountBook& accounts, ContactBook& contacts, ContactsByProtocol rooms,
                       ports::Pictures* pictures, base::Logger logger)
    : accounts_(accounts),
      contacts_(contacts),
      rooms_(std::move(rooms)),
      pictures_(pictures),
      logger_(std::move(logger)) {
  thread_.bind();
}

void AvatarBook::restore(const ports::StoredState& state) {
  COMMD_ASSERT_THREAD(thread_);
  if (!pictures_) return;
  for (const model::Account& account : state.accounts) {
    const std::string prefix = key_of(account.id, {});
    for (auto i = state.facts.lower_bound(prefix);
         i != state.facts.end() && i->first.starts_with(prefix); ++i)
      if (model::is_picture_hash(i->second) && !pictures_->find(i->second).empty())
        show(account.id, i->first.substr(prefix.size()), i->second);
  }
}

ports::Contacts* AvatarBook::room_of(const model::AccountId& id) const {
  const model::Account* account = accounts_.get(id);
  const auto found = account ? rooms_.find(account->protocol) : rooms_.end();
  return found == rooms_.end() ? nullptr : found->second;
}

// ---- who has which -------------------------------------------------------------------------

void AvatarBook::report(const ports::AvatarReport& report) {
  COMMD_ASSERT_THREAD(thread_);
  if (!pictures_ || !contacts_.is_listed(report.account, report.address)) return;
  if (!report.hash.empty() && !model::is_picture_hash(report.hash)) return;
  Queue& queue = queues_[report.account];
  // What he had before is fetched no more.
  std::erase_if(queue.wanted, [&](const Wanted& each) { return each.address == report.address; });
  queue.told[report.address] = report.hash;
  const auto& all = hashes_[report.account];
  const auto known = all.find(report.address);
  if (known != all.end() && known->second == report.hash) return;
  if (report.hash.empty()) return forget(report.account, report.address);
  if (!pictures_->find(report.hash).empty())
    return show(report.account, report.address, report.hash);
  if (queue.wanted.size() >= most_wanted) return;
  queue.wanted.push_back({report.address, report.hash});
  fetch_next(report.account);
}

void AvatarBook::show(const model::AccountId& account, const std::string& address,
                      const std::string& hash) {
  std::string& mine = hashes_[account][address];
  const std::string before = std::exchange(mine, hash);
  ++users_[hash];
  accounts_.remember(key_of(account, address), hash);
  contacts_.set_avatar(account, address, pictures_->find(hash), hash);
  release(before);
}

void AvatarBook::forget(const model::AccountId& account, const std::string& address) {
  const auto mine = hashes_[account].extract(address);
  if (mine.empty()) return;
  accounts_.remember(key_of(account, address), {});
  contacts_.set_avatar(account, address, {}, {});
  release(mine.mapped());
}

bool AvatarBook::is_current(const model::AccountId& account, const Wanted& wanted) const {
  const auto queue = queues_.find(account);
  if (queue == queues_.end() || !contacts_.is_listed(account, wanted.address)) return false;
  const auto told = queue->second.told.find(wanted.address);
  return told != queue->second.told.end() && told->second == wanted.hash;
}

void AvatarBook::contact_left(const model::AccountId& account, const std::string& address) {
  COMMD_ASSERT_THREAD(thread_);
  if (const auto queue = queues_.find(account); queue != queues_.end()) {
    std::erase_if(queue->second.wanted,
                  [&](const Wanted& each) { return each.address == address; });
    queue->second.told.erase(address);
  }
  if (hashes_.contains(account)) forget(account, address);
}

// A picture that nobody has any more is not kept.
void AvatarBook::release(const std::string& hash) {
  const auto users = users_.find(hash);
  if (users == users_.end() || --users->second > 0) return;
  users_.erase(users);
  pictures_->remove(hash);
}

void AvatarBook::fetch_next(const model::AccountId& account) {
  Queue& queue = queues_[account];
  ports::Contacts* room = room_of(account);
  while (room && !queue.busy && !queue.wanted.empty()) {
    const Wanted next = queue.wanted.front();
    queue.wanted.pop_front();
    // Somebody else has the same, or he has said so twice.
    if (!pictures_->find(next.hash).empty()) {
      if (is_current(account, next)) show(account, next.address, next.hash);
      continue;
    }
    queue.busy = true;
    room->fetch_avatar(account, next.address, next.hash,
                       [this, account, next](base::Result<std::string> bytes) {
                         fetched(account, next, std::move(bytes));
                       });
  }
}

void AvatarBook::fetched(const model::AccountId& account, const Wanted& wanted,
                         base::Result<std::string> bytes) {
  const auto done = [this, account] {
    const auto queue = queues_.find(account);
    if (queue == queues_.end()) return;
    queue->second.busy = false;
    fetch_next(account);
  };
  const auto kind = bytes ? model::picture_kind(*bytes) : std::nullopt;
  if (!kind) {
    logger_->debug("event: avatar_not_fetched, account: {}, reason: {}", account.str(),
                   bytes ? "PICTURE_UNUSABLE" : bytes.error().reason);
    return done();
  }
  pictures_->put(wanted.hash, *kind, std::move(*bytes),
                 [this, account, wanted, done](const base::Result<std::string>& put) {
                   if (put && is_current(account, wanted))
                     show(account, wanted.address, wanted.hash);
                   else if (put && !users_.contains(wanted.hash))
                     pictures_->remove(wanted.hash);
                   done();
                 });
}

void AvatarBook::account_removed(const model::AccountId& account) {
  COMMD_ASSERT_THREAD(thread_);
  queues_.erase(account);
  const auto all = hashes_.extract(account);
  if (all.empty()) return;
  for (const auto& [address, hash] : all.mapped()) release(hash);
}

// ---- this person ---------------------------------------------------------------------------

void AvatarBook::set_own(const std::string& account, const std::string& bytes, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  base::Error unusable = base::invalid_argument("picture", "");
  unusable.reason = "PICTURE_UNUSABLE";
  if (bytes.size() > model::max_own_picture_bytes) {
    unusable.message = "a picture has at most " +
                       std::to_string(model::max_own_picture_bytes / 1024) +
                       " KiB, or many would not fetch it; make it smaller (96 x 96 is usual)";
    return done(fail(std::move(unusable)));
  }
  if (!bytes.empty() && !model::picture_kind(bytes)) {
    unusable.message = "that is no PNG, JPEG, WebP or GIF";
    return done(fail(std::move(unusable)));
  }
  by_accounts(
      account,
      [bytes](ports::Contacts& room, const model::AccountId& id, ports::Contacts::Done told) {
        room.set_avatar(id, bytes, std::move(told));
      },
      std::move(done));
}

void AvatarBook::set_nickname(const std::string& account, const std::string& nickname, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  if (nickname.size() > model::max_contact_name_bytes)
    return done(fail(base::invalid_argument(
        "nickname",
        "a nickname has at most " + std::to_string(model::max_contact_name_bytes) + " bytes")));
  by_accounts(
      account,
      [nickname](ports::Contacts& room, const model::AccountId& id, ports::Contacts::Done told) {
        room.set_nickname(id, nickname, std::move(told));
      },
      std::move(done));
}

// The answer comes when all have answered: those that did, or the first that could not where
// none did.
void AvatarBook::by_accounts(const std::string& reference, const Say& say, Done done) {
  Accounts chosen;
  if (reference.empty()) {
    for (const model::Account& account : accounts_.list())
      if (account.enabled && room_of(account.id)) chosen.push_back(account.id);
  } else {
    auto account = accounts_.find(reference);
    if (!account) return done(fail(account.error()));
    if (!room_of((*account)->id))
      return done(fail(
          Code::unimplemented, "AVATARS_NOT_SUPPORTED",
          "only XMPP accounts show pictures and nicknames; " + (*account)->id.str() + " is none"));
    chosen.push_back((*account)->id);
  }
  if (chosen.empty())
    return done(fail(Code::failed_precondition, "NO_ACCOUNT",
                     "no xmpp account is enabled; add one: commctl account add xmpp:USER@DOMAIN"));
  struct Round {
    size_t left;
    Accounts did;
    base::Error error;
  };
  const auto round = std::make_shared<Round>(Round{chosen.size(), {}, {}});
  for (const model::AccountId& id : chosen)
    say(*room_of(id), id, [round, id, done](const base::Result<void>& result) {
      if (result)
        round->did.push_back(id);
      else
        round->error = result.error();
      if (--round->left > 0) return;
      if (round->did.empty()) return done(fail(round->error));
      done(round->did);
    });
}

}  // namespace commd::core
