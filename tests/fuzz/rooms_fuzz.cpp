// Rooms as a session of an account has them: presence, messages, invitations, bookmarks, results of
// a room's archive and answers of anybody. The input is what follows a stream's header; what waits
// for an answer is answered by whatever has the right id in it. The room is tea@r.example.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "daemon/base/escape.h"
#include "daemon/xmpp/muc_message.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/room_flow.h"
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
struct Told final : ports::RoomEvents {
  void room_report(ports::RoomReport report) override {
    require(report.address == "xmpp:tea@r.example" || report.address == "xmpp:coffee@r.example");
    require_text(report.subject, model::max_subject_bytes);
    require_text(report.traits.name, model::max_room_name_bytes);
    require_text(report.traits.description, model::max_room_text_bytes);
    require(report.state != model::RoomState::failed || !report.reason.empty());
  }
  void occupant_report(model::OccupantNews news) override {
    require_text(news.occupant.nick, model::max_nick_bytes);
    require_text(news.text, model::max_room_text_bytes);
    require(news.occupant.presence.time <= Clock().wall_now());
    require(news.occupant.address.empty() || news.occupant.address.starts_with("xmpp:"));
  }
  void room_invitation(ports::InvitationReport report) override {
    require(report.address.starts_with("xmpp:") && report.address.find('/') == std::string::npos);
    require_text(report.text, model::max_room_text_bytes);
  }
  void bookmark_report(ports::BookmarkReport report) override {
    require(report.bookmarks.size() + report.removed.size() <= 2 * model::max_rooms);
    for (const ports::Bookmark& each : report.bookmarks) {
      require(each.address.starts_with("xmpp:"));
      require_text(each.nick, model::max_nick_bytes);
    }
  }
};

void take_message(const ports::IncomingMessage& message) {
  require(message.room && message.peer == "xmpp:tea@r.example");
  require(message.sender.starts_with(message.peer));
  require(!message.occupant.empty());
  require(base::is_valid_utf8(message.text));
  require(message.text.size() <= 3 * model::max_message_bytes);
  require(message.time <= Clock().wall_now());
  require(!(message.outgoing && message.perhaps_own));
  require(message.amends ? !message.target.empty() : !message.text.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Clock clock;
  Timers timers;
  Told told;
  fuzz::Ids ids;
  uint64_t ticket = 0;
  xmpp::RoomFlow flow({model::AccountId("me"),
                       *xmpp::Jid::parse("user@example.org"),
                       timers,
                       clock,
                       told,
                       take_message,
                       [](const ports::MessageReport&) {},
                       [](const xmpp::Jid&, const std::string&) {},
                       {},
                       [&](const xmpp::Stanza& stanza, xmpp::StanzaKind) {
                         fuzz::note_id(ids, stanza.id());
                         return true;
                       },
                       [] {},
                       [](const std::string&, const std::string&) {},
                       [] { return 1U; }});
  flow.session_began();                                     // #1 asks for the bookmarks
  flow.join({"xmpp:tea@r.example", "Ann", "", false}, {});  // #2 asks what the room is like
  flow.send({model::AccountId("me"), model::MessageId("own"), "xmpp:tea@r.example", "hello"});
  // Each part of the input knows the ids of the questions before it: from #3 on those of the room.
  std::string_view rest = fuzz::text_of(data, size);
  xmpp::XmlReader reader;
  reader.push(fuzz::kStreamHeader);
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    reader.push(numbered(std::string(part), ids));
    while (true) {
      auto event = reader.next();
      if (!event) return 0;
      if (!*event) break;
      const auto* stanza = std::get_if<xmpp::Stanza>(&**event);
      if (!stanza) continue;
      if (stanza->is("presence", xmpp::ns::kClient)) flow.take_presence(*stanza);
      if (stanza->is("iq", xmpp::ns::kClient)) flow.take_iq(*stanza);
      if (stanza->is("message", xmpp::ns::kClient) &&
          flow.take_message(*stanza, ++ticket) == xmpp::RoomFlow::Taken::waits)
        flow.stored(ticket);
    }
  }
  return 0;
}
