#include "daemon/xmpp/forwarded.h"

#include "daemon/xmpp/message_stanza.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

std::optional<Forwarded> read_forwarded(const Element& around, base::WallTime now) {
  const Element forwarded = around.child("forwarded", ns::kForward);
  Forwarded result;
  result.message = forwarded.child("message", ns::kClient);
  if (!result.message) return std::nullopt;
  const auto time = parse_stamp(forwarded.child("delay", ns::kDelay).attribute("stamp"));
  if (time && *time <= now) result.time = *time;
  return result;
}

}  // namespace

// RFC 6120 section 8.1.2.1: what has no sender comes from the account.
bool from_own_account(const Element& stanza, const Jid& account) {
  return !stanza.has_attribute("from") || stanza.from() == account.str();
}

bool from_archive(const Element& stanza, const Jid& account, const Jid& archive) {
  if (archive.empty()) return from_own_account(stanza, account);
  const auto from = Jid::parse(stanza.from());
  return from && *from == archive;
}

std::optional<Forwarded> read_carbon(const Element& message, const Jid& account,
                                     base::WallTime now) {
  // XEP-0280 section 11: the bare address, nothing else.
  if (message.from() != account.str()) return std::nullopt;
  const Element sent = message.child("sent", ns::kCarbons);
  auto carbon = read_forwarded(sent ? sent : message.child("received", ns::kCarbons), now);
  if (!carbon) return carbon;
  // What this account sent, and nothing else, comes as sent.
  const auto from = Jid::parse(carbon->message.from());
  if (!from || from->same_bare(account) != bool(sent)) return std::nullopt;
  return carbon;
}

bool is_archive_result(const Element& message) {
  return bool(message.child("result", ns::kArchive));
}

std::optional<Forwarded> read_archive_result(const Element& message, const Jid& account,
                                             const std::string& query_id, base::WallTime now,
                                             const Jid& archive) {
  const Element result = message.child("result", ns::kArchive);
  if (query_id.empty() || !from_archive(message, account, archive) ||
      result.attribute("queryid") != query_id)
    return std::nullopt;
  auto forwarded = read_forwarded(result, now);
  if (forwarded) forwarded->archive_id = id_of(result.id());
  return forwarded;
}

Stanza make_carbons_enable() {
  Stanza iq = make_iq("set", {}, make_id());
  iq.add("enable", ns::kCarbons);
  return iq;
}

}  // namespace commd::xmpp
