#include "daemon/xmpp/avatar_flow.h"

#include <utility>

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

auto no_picture() {
  return fail(Code::not_found, "PICTURE_UNUSABLE", "there is no picture that could be shown");
}

}  // namespace

AvatarFlow::AvatarFlow(Parts parts)
    : parts_(std::move(parts)), requests_(parts_.account, parts_.timers, [this](const Stanza& iq) {
        return parts_.send(iq, StanzaKind::iq);
      }) {}

void AvatarFlow::session_began() {
  publishes_.clear();
  cards_.clear();
  online_ = true;
  requests_.fail_all(connection_lost());
}

void AvatarFlow::session_cut(bool broken) {
  online_ = false;
  if (broken) harmful_.insert(fetching_.begin(), fetching_.end());
}

void AvatarFlow::session_ended() {
  online_ = false;
  requests_.fail_all(connection_lost());
}

bool AvatarFlow::is_contact(const Jid& who) const {
  return parts_.roster.contains(who) && !who.same_bare(parts_.account);
}

// ---- what is said ------------------------------------------------------------------------

bool AvatarFlow::take_message(const Element& message) {
  const auto news = read_personal_event(message);
  if (!news) return false;
  if (!is_contact(news->who)) return true;
  if (news->nickname)
    parts_.events.nickname_report({parts_.id, uri_of(news->who), *news->nickname});
  if (!news->picture) return true;
  publishes_.insert(news->who);
  parts_.events.avatar_report({parts_.id, uri_of(news->who), *news->picture});
  return true;
}

// Devices of one person may say several things: the last one counts, as long as there is no
// event. That he says he has none there does not mean that he has none at all.
void AvatarFlow::take_presence(const Element& presence) {
  const auto hash = card_picture(presence);
  if (!hash || hash->empty()) return;
  const auto from = Jid::parse(presence.from());
  if (!from || !is_contact(*from) || publishes_.contains(from->bare())) return;
  std::string& known = cards_[from->bare()];
  if (std::exchange(known, *hash) == *hash) return;
  parts_.events.avatar_report({parts_.id, uri_of(from->bare()), *hash});
}

// ---- what is asked -----------------------------------------------------------------------

void AvatarFlow::ask(const Stanza& iq, Done done) {
  if (!online_)
    return done(fail(
        Code::failed_precondition, "ACCOUNT_NOT_ONLINE",
        "the account " + parts_.id.str() + " is not online; \"commctl account show\" tells why"));
  requests_.ask(iq, [done = std::move(done)](const base::Result<Element>& answer) {
    done(answer ? base::Result<void>() : fail(answer.error()));
  });
}

void AvatarFlow::fetch_avatar(const std::string& address, const std::string& hash, Fetched done) {
  const auto who = Jid::parse(std::string_view(address).substr(address.find(':') + 1));
  if (!who || !online_ || harmful_.contains(who->bare())) return done(no_picture());
  const bool card = !publishes_.contains(who->bare());
  fetch(who->bare(), hash, card ? card_request(*who) : picture_request(*who, hash),
        std::move(done));
}

void AvatarFlow::fetch(const Jid& who, const std::string& hash, const Stanza& iq, Fetched done) {
  const auto entry = fetching_.insert(who);
  requests_.ask(iq, [this, entry, hash, done = std::move(done)](const base::Result<Element>& is) {
    fetching_.erase(entry);
    if (!is) return done(fail(is.error()));
    auto bytes = read_picture(*is, hash);
    if (!bytes) return done(no_picture());
    done(std::move(*bytes));
  });
}

// What it is said to be comes after what it is: who is told can have it.
void AvatarFlow::set_avatar(const std::string& bytes, Done done) {
  if (bytes.empty()) return ask(publish_no_picture(), std::move(done));
  ask(publish_picture(bytes), [this, bytes, done = std::move(done)](base::Result<void> put) {
    if (!put) return done(std::move(put));
    ask(publish_picture_facts(bytes), done);
  });
}

void AvatarFlow::set_nickname(const std::string& nickname, Done done) {
  ask(publish_nickname(nickname), std::move(done));
}

}  // namespace commd::xmpp
