// Presence, service discovery, capabilities, lists and blocks of anybody, as a session of an
// account gets them. The input is what follows a stream's header; what waits for an answer is
// answered by whatever has the right id in it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/escape.h"
#include "daemon/xmpp/contact_flow.h"
#include "daemon/xmpp/disco.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/xml_reader.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/stanzas.h"

using namespace commd;
using fuzz::Clock;
using fuzz::numbered;
using fuzz::require;
using fuzz::require_text;
using fuzz::Timers;

namespace {

// What the core is told is sound, whatever came.
struct Told final : ports::ContactEvents {
  void roster_report(ports::RosterReport report) override {
    for (const auto& each : report.entries) {
      require(each.address.starts_with("xmpp:"));
      require(each.groups.size() <= model::max_contact_groups);
      require_text(each.name, model::max_contact_name_bytes);
    }
  }
  void presence_report(ports::PresenceReport report) override {
    require(report.address.starts_with("xmpp:"));
    require(report.resource.priority >= -128 && report.resource.priority <= 127);
    require(report.resource.presence.time <= Clock().wall_now());
    require(report.resource.idle_since <= Clock().wall_now());
    require_text(report.resource.presence.status, model::max_status_bytes);
    require_text(report.resource.client, model::max_contact_name_bytes);
  }
  void presence_lost(const model::AccountId&) override {}
  void subscription_requested(ports::SubscriptionRequest request) override {
    require_text(request.text, model::max_status_bytes);
    require_text(request.nickname, model::max_contact_name_bytes);
  }
  void block_report(ports::BlockReport) override {}
};

// Disco that can be read keeps its hash when it is written.
void read_as_disco(const xmpp::Element& stanza) {
  const auto info = xmpp::read_disco(stanza.child("query", xmpp::ns::kDiscoInfo));
  if (!info) return;
  xmpp::DiscoInfo plain = *info;
  plain.forms.clear();
  for (auto& each : plain.identities) each.lang.clear();
  xmpp::Stanza query("query", xmpp::ns::kDiscoInfo);
  xmpp::write_disco(plain, query);
  const auto again = xmpp::read_disco(query);
  if (again) require(caps_ver(*again, xmpp::Hash::sha1) == caps_ver(plain, xmpp::Hash::sha1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto account = *xmpp::Jid::parse("user@example.org");
  Clock clock;
  Timers timers;
  Told told;
  xmpp::Roster roster(account);
  fuzz::Ids ids;
  size_t sent = 0;
  xmpp::ContactFlow flow({model::AccountId("me"), account, roster, timers, clock, told,
                          [&](const xmpp::Stanza& stanza, xmpp::StanzaKind) {
                            ++sent;
                            fuzz::note_id(ids, stanza.id());
                            return true;
                          }});
  flow.session_began({});
  xmpp::XmlReader reader;
  reader.push(fuzz::kStreamHeader);
  static_cast<void>(reader.next());
  reader.allow_roster();
  // A question of this end to its contacts has the id #3.
  reader.push(numbered(std::string(fuzz::text_of(data, size)), ids));
  size_t came = 0;
  const size_t before = sent;
  while (true) {
    auto event = reader.next();
    if (!event || !*event) break;
    ++came;
    if (const auto* part = std::get_if<xmpp::StanzaPart>(&**event)) flow.take_part(part->stanza);
    const auto* stanza = std::get_if<xmpp::Stanza>(&**event);
    if (!stanza) continue;
    read_as_disco(*stanza);
    if (stanza->is("presence", xmpp::ns::kClient)) flow.take_presence(*stanza);
    if (stanza->is("iq", xmpp::ns::kClient)) flow.take_iq(*stanza);
  }
  // No stanza makes this end say more than one thing.
  require(sent - before <= came);
  return 0;
}
