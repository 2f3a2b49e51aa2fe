#include "daemon/xmpp/iq_responder.h"

#include <array>

#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/stanza_error.h"

namespace commd::xmpp {
namespace {

// In the order of XEP-0115 section 5.1.
constexpr std::array kFeatures = {ns::kDiscoInfo, ns::kPing};

Stanza disco_info(const Element& iq) {
  Stanza answer = make_result(iq);
  const MutableElement query = answer.add("query", ns::kDiscoInfo);
  query.add("identity").set("category", "client").set("type", "pc").set("name", "commd");
  for (const char* feature : kFeatures) query.add("feature").set("var", feature);
  return answer;
}

}  // namespace

std::optional<Stanza> answer_iq(const Element& iq) {
  if (iq.type() != "get" && iq.type() != "set") return std::nullopt;
  if (iq.type() == "get" && iq.child("ping", ns::kPing)) return make_result(iq);
  if (iq.type() == "get" && iq.child("query", ns::kDiscoInfo)) {
    // A node names a part of this end, and there is none.
    if (!iq.child("query", ns::kDiscoInfo).attribute("node").empty())
      return make_error_reply(iq, Condition::item_not_found);
    return disco_info(iq);
  }
  return make_error_reply(iq, Condition::service_unavailable);
}

}  // namespace commd::xmpp
