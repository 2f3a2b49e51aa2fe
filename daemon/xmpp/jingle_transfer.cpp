#include "daemon/xmpp/jingle_transfer.h"

#include "daemon/xmpp/jingle_stanza.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

// False: there is one that is none.
bool read_jid(std::string_view text, Jid& jid) {
  if (text.empty()) return true;
  auto parsed = Jid::parse(text);
  if (parsed) jid = std::move(*parsed);
  return parsed.has_value();
}

}  // namespace

std::optional<JingleTransfer> read_transfer(const Element& jingle) {
  const Element element = jingle.child("transfer", ns::kJingleTransfer);
  JingleTransfer transfer;
  if (!read_jid(element.to(), transfer.to) || !read_jid(element.from(), transfer.from))
    return std::nullopt;
  if (transfer.to.empty() && transfer.from.empty()) return std::nullopt;
  transfer.sid = element.attribute("sid");
  if (transfer.sid.size() > most_jingle_sid_bytes) return std::nullopt;
  return transfer;
}

void write_transfer(const JingleTransfer& transfer, const MutableElement& jingle) {
  const MutableElement element = jingle.add("transfer", ns::kJingleTransfer);
  if (!transfer.to.empty()) element.set("to", transfer.to.str());
  if (!transfer.from.empty()) element.set("from", transfer.from.str());
  if (!transfer.sid.empty()) element.set("sid", transfer.sid);
}

bool says_transferred(const Element& jingle) {
  return bool(jingle.child("reason", ns::kJingle).child("transferred", ns::kJingleTransfer));
}

}  // namespace commd::xmpp
