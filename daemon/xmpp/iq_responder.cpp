#include "daemon/xmpp/iq_responder.h"

#include "daemon/xmpp/disco.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/stanza_error.h"

namespace commd::xmpp {
namespace {

// A node names a part of this end, of which there are none, or what presence says of the
// whole (XEP-0115 section 6.2).
std::optional<Stanza> disco_info(const Element& iq, std::string_view node) {
  if (!node.empty() && node != std::string(kCapsNode) + "#" + own_caps_ver())
    return make_error_reply(iq, Condition::item_not_found);
  Stanza answer = make_result(iq);
  const MutableElement query = answer.add("query", ns::kDiscoInfo);
  if (!node.empty()) query.set("node", node);
  write_disco(own_disco(), query);
  return answer;
}

Stanza version(const Element& iq) {
  Stanza answer = make_result(iq);
  const MutableElement query = answer.add("query", ns::kVersion);
  query.add_with_text("name", "commd");
  query.add_with_text("version", COMMD_VERSION);
  return answer;
}

Stanza last_activity(const Element& iq, const Asker& asker) {
  Stanza answer = make_result(iq);
  answer.add("query", ns::kLastActivity).set("seconds", std::to_string(asker.idle.count()));
  return answer;
}

}  // namespace

std::optional<Stanza> answer_iq(const Element& iq, const Asker& asker) {
  if (iq.type() != "get" && iq.type() != "set") return std::nullopt;
  if (iq.type() == "get") {
    if (iq.child("ping", ns::kPing)) return make_result(iq);
    if (const Element query = iq.child("query", ns::kDiscoInfo))
      return disco_info(iq, query.attribute("node"));
    if (iq.child("query", ns::kVersion) && asker.may_know) return version(iq);
    if (iq.child("query", ns::kLastActivity))
      return asker.may_know ? last_activity(iq, asker) : make_error_reply(iq, Condition::forbidden);
  }
  return make_error_reply(iq, Condition::service_unavailable);
}

}  // namespace commd::xmpp
