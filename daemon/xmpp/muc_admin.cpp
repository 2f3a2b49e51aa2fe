#include "daemon/xmpp/muc_admin.h"

#include <algorithm>
#include <set>

#include "daemon/base/escape.h"
#include "daemon/xmpp/data_form.h"
#include "daemon/xmpp/muc_presence.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

std::string cut(std::string_view text, size_t bytes) {
  return base::to_valid_utf8(text.substr(0, bytes));
}

// As it comes, also with something in it twice: nothing is made of the whole.
bool has(const Element& query, std::string_view feature) {
  for (const Element each : query)
    if (each.is("feature", ns::kDiscoInfo) && each.attribute("var") == feature) return true;
  return false;
}

// Empty: it is no room and no service of rooms.
Element conference_of(const Element& query) {
  for (const Element each : query)
    if (each.is("identity", ns::kDiscoInfo) && each.attribute("category") == "conference")
      return each;
  return {};
}

std::string value_of(const Element& form, std::string_view name) {
  for (const Element field : form)
    if (field.is("field", ns::kDataForms) && field.attribute("var") == name)
      return field.child_text("value", ns::kDataForms);
  return {};
}

// The first value of a field of the form "muc#roominfo".
std::string field_of(const Element& query, std::string_view name) {
  for (const Element form : query) {
    if (!form.is("x", ns::kDataForms) || value_of(form, "FORM_TYPE") != ns::kRoomInfo) continue;
    return value_of(form, name);
  }
  return {};
}

MutableElement add_owner_query(const Stanza& iq) { return iq.add("query", ns::kRoomOwner); }

MutableElement add_item(const Stanza& iq) { return iq.add("query", ns::kRoomAdmin).add("item"); }

void add_reason(const MutableElement& item, std::string_view text) {
  if (!text.empty()) item.add_with_text("reason", text);
}

}  // namespace

RoomInfo read_room_info(const Element& answer) {
  RoomInfo read;
  const Element info = answer.child("query", ns::kDiscoInfo);
  const Element conference = conference_of(info);
  read.is_room = conference && has(info, ns::kRoom);
  read.traits.name = cut(conference.attribute("name"), model::max_room_name_bytes);
  read.traits.description =
      cut(field_of(info, "muc#roominfo_description"), model::max_room_text_bytes);
  read.traits.non_anonymous = has(info, "muc_nonanonymous");
  read.traits.members_only = has(info, "muc_membersonly");
  read.traits.moderated = has(info, "muc_moderated");
  read.traits.password_protected = has(info, "muc_passwordprotected");
  read.traits.persistent = has(info, "muc_persistent");
  read.traits.hidden = has(info, "muc_hidden");
  read.has_archive = has(info, ns::kArchive);
  read.has_stanza_ids = read.has_archive || has(info, ns::kStanzaIds);
  read.has_occupant_ids = has(info, ns::kOccupantIds);
  return read;
}

bool is_room_service(const Element& answer) {
  const Element info = answer.child("query", ns::kDiscoInfo);
  return conference_of(info) && has(info, ns::kRoom);
}

FoundItems read_items(const Element& answer, size_t most) {
  FoundItems found;
  std::set<std::string> seen;
  for (const Element item : answer.child("query", ns::kDiscoItems)) {
    if (!item.is("item", ns::kDiscoItems) || item.has_attribute("node")) continue;
    const auto jid = Jid::parse(item.attribute("jid"));
    if (!jid || !seen.insert(jid->bare().str()).second) continue;
    if (found.items.size() >= most) {
      found.truncated = true;
      break;
    }
    found.items.push_back(
        {"xmpp:" + jid->bare().str(), cut(item.attribute("name"), model::max_room_name_bytes)});
  }
  std::sort(found.items.begin(), found.items.end(),
            [](const auto& a, const auto& b) { return a.address < b.address; });
  return found;
}

Stanza make_info_request(const Jid& of) {
  Stanza iq = make_iq("get", of.str(), make_id());
  iq.add("query", ns::kDiscoInfo);
  return iq;
}

Stanza make_items_request(const Jid& of) {
  Stanza iq = make_iq("get", of.str(), make_id());
  iq.add("query", ns::kDiscoItems);
  return iq;
}

Stanza make_role_change(const Jid& room, std::string_view nick, model::RoomRole role,
                        std::string_view text) {
  Stanza iq = make_iq("set", room.str(), make_id());
  add_reason(add_item(iq).set("nick", nick).set("role", model::to_string(role)), text);
  return iq;
}

Stanza make_affiliation_change(const Jid& room, const Jid& whom, model::Affiliation affiliation,
                               std::string_view text) {
  Stanza iq = make_iq("set", room.str(), make_id());
  add_reason(add_item(iq).set("jid", whom.str()).set("affiliation", model::to_string(affiliation)),
             text);
  return iq;
}

Stanza make_affiliation_request(const Jid& room, model::Affiliation affiliation) {
  Stanza iq = make_iq("get", room.str(), make_id());
  add_item(iq).set("affiliation", model::to_string(affiliation));
  return iq;
}

std::vector<model::RoomAffiliation> read_affiliations(const Element& answer, size_t most) {
  std::vector<model::RoomAffiliation> read;
  for (const Element item : answer.child("query", ns::kRoomAdmin)) {
    if (read.size() >= most) break;
    const auto affiliation = room_affiliation(item.attribute("affiliation"));
    const auto jid = Jid::parse(item.attribute("jid"));
    if (!item.is("item", ns::kRoomAdmin) || !affiliation || !jid) continue;
    read.push_back({"xmpp:" + jid->str(), *affiliation,
                    cut(item.attribute("nick"), model::max_nick_bytes),
                    cut(item.child_text("reason", ns::kRoomAdmin), model::max_room_text_bytes)});
  }
  std::sort(read.begin(), read.end(),
            [](const auto& a, const auto& b) { return a.address < b.address; });
  return read;
}

base::Result<model::DataForm> read_configuration(const Element& answer) {
  auto form = read_form(answer.child("query", ns::kRoomOwner).child("x", ns::kDataForms));
  if (form) return std::move(*form);
  return base::fail(base::Code::unavailable, "FORM_UNREADABLE",
                    "the room's form cannot be read: it is none, or too large");
}

base::Result<Stanza> make_configuration(const Jid& room, const Element& answer,
                                        const model::DataForm& changes) {
  auto form = read_configuration(answer);
  if (!form) return base::fail(form.error());
  const auto filled = model::fill_in(std::move(*form), changes);
  if (!filled) return base::fail(filled.error());
  Stanza iq = make_iq("set", room.str(), make_id());
  write_submit(*filled, add_owner_query(iq));
  return iq;
}

Stanza make_configuration_request(const Jid& room) {
  Stanza iq = make_iq("get", room.str(), make_id());
  add_owner_query(iq);
  return iq;
}

Stanza make_default_configuration(const Jid& room) {
  Stanza iq = make_iq("set", room.str(), make_id());
  add_owner_query(iq).add("x", ns::kDataForms).set("type", "submit");
  return iq;
}

Stanza make_destruction(const Jid& room, const Jid& successor, std::string_view text) {
  Stanza iq = make_iq("set", room.str(), make_id());
  const MutableElement destroy = add_owner_query(iq).add("destroy");
  if (!successor.empty()) destroy.set("jid", successor.str());
  add_reason(destroy, text);
  return iq;
}

}  // namespace commd::xmpp
