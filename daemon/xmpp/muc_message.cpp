#include "daemon/xmpp/muc_message.h"

#include <algorithm>
#include <charconv>

#include "daemon/base/escape.h"
#include "daemon/xmpp/attachment.h"
#include "daemon/xmpp/crypto.h"
#include "daemon/xmpp/message_extras.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

constexpr size_t most_codes = 16;

std::string cut(std::string_view text, size_t bytes) {
  return base::to_valid_utf8(text.substr(0, bytes));
}

// The room replaces what others claim in its name (XEP-0359 section 3).
std::string stanza_id_of(const Element& message, const Jid& room) {
  for (const Element each : message)
    if (each.is("stanza-id", ns::kStanzaIds) && each.attribute("by") == room.str())
      return id_of(each.id());
  return {};
}

// A room stamps what it tells again, behind all that its sender has put into it.
base::WallTime said_at(const Element& message, const Jid& room, base::WallTime now) {
  base::WallTime told{};
  for (const Element each : message) {
    if (!each.is("delay", ns::kDelay)) continue;
    const auto by = Jid::parse(each.from());
    if (!by || *by != room) continue;
    const auto time = parse_stamp(each.attribute("stamp"));
    told = time && *time <= now ? *time : base::WallTime{};
  }
  return told;
}

std::vector<int> codes_of(const Element& user) {
  std::vector<int> codes;
  for (const Element each : user) {
    if (!each.is("status", ns::kRoomUser) || codes.size() >= most_codes) continue;
    const std::string_view text = each.attribute("code");
    int code = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), code);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size()) codes.push_back(code);
  }
  return codes;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Of a word: letters, digits, and all that is not ASCII.
bool in_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
         c == '_';
}

std::optional<RoomInvitation> read_mediated(const Element& message, const Element& user) {
  const Element invite = user.child("invite", ns::kRoomUser);
  const Element decline = user.child("decline", ns::kRoomUser);
  if (!invite && !decline) return std::nullopt;
  auto room = Jid::parse(message.from());
  // A room says it itself.
  if (!room || !room->is_bare()) return std::nullopt;
  const Element said = invite ? invite : decline;
  RoomInvitation read;
  read.mediated = true;
  read.declined = !invite;
  read.room = std::move(*room);
  if (const auto from = Jid::parse(said.from()))
    read.inviter = "xmpp:" + (from->same_bare(read.room) ? *from : from->bare()).str();
  read.text = cut(said.child_text("reason", ns::kRoomUser), model::max_room_text_bytes);
  read.password = cut(user.child_text("password", ns::kRoomUser), model::max_room_text_bytes);
  return read;
}

void add_reason(const MutableElement& invitation, std::string_view text) {
  if (!text.empty()) invitation.add_with_text("reason", text);
}

}  // namespace

std::optional<RoomMessage> read_room_message(const Element& message, const Jid& room,
                                             base::WallTime now, const std::string& stanza_id) {
  if (message.type() != "groupchat") return std::nullopt;
  auto from = Jid::parse(message.from());
  if (!from || !from->same_bare(room) || from->resource().size() > model::max_nick_bytes)
    return std::nullopt;
  RoomMessage read;
  read.from = std::move(*from);
  read.id = id_of(message.id());
  read.stanza_id = stanza_id.empty() ? stanza_id_of(message, room) : stanza_id;
  read.occupant_id = occupant_id_of(message);
  const Element user = message.child("x", ns::kRoomUser);
  if (auto address = Jid::parse(user.child("item", ns::kRoomUser).attribute("jid")))
    read.address = address->bare();
  read.codes = codes_of(user);
  read.time = said_at(message, room, now);
  read.text = body_of(message);
  const Element subject = message.child("subject", ns::kClient);
  // Section 8.1: with a body it is a message that has a heading.
  if (subject && !message.child("body", ns::kClient)) {
    read.subject = cut(subject.text(), model::max_subject_bytes);
    return read;
  }
  read.amends = read_amends(message);
  const bool may_talk = !read.amends || read.amends->kind == model::AmendmentKind::correct;
  if (!may_talk) {
    read.text.clear();
  } else if (read.text.empty()) {
    read.amends.reset();  // corrected to nothing
  } else if (const auto to = Jid::parse(message.child("reply", ns::kReplies).to())) {
    if (to->same_bare(room)) read.reply_to = to->resource();
  }
  if (may_talk && !read.text.empty()) {
    read.reply = read_reply(message, Jid(), read.text);
    read.attachment = read_attachment(message, read.text);
  }
  return read;
}

std::string room_fingerprint(const RoomMessage& message, const Jid& room) {
  std::string all;
  const auto part = [&all](std::string_view of) { all.append(of).append(1, '\0'); };
  part("room");
  if (!message.stanza_id.empty()) {
    part(room.str());
    all += message.stanza_id;
  } else if (!message.id.empty()) {
    part(message.from.str());
    part(message.id);
    all += message.text;
  } else {
    return {};
  }
  return to_hex(digest(Hash::sha256, all)).substr(0, 40);
}

bool mentions(std::string_view text, std::string_view nick) {
  if (nick.empty()) return false;
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  for (auto at = text.begin(); at != text.end(); ++at) {
    at = std::search(at, text.end(), nick.begin(), nick.end(), same);
    if (at == text.end()) return false;
    const auto behind = at + static_cast<std::ptrdiff_t>(nick.size());
    const bool begins = at == text.begin() || !in_word(*(at - 1)) || !in_word(nick.front());
    const bool ends = behind == text.end() || !in_word(*behind) || !in_word(nick.back());
    if (begins && ends) return true;
  }
  return false;
}

std::optional<RoomInvitation> read_room_invitation(const Element& message) {
  if (message.type() == "groupchat" || message.type() == "error") return std::nullopt;
  if (const Element user = message.child("x", ns::kRoomUser))
    if (auto mediated = read_mediated(message, user)) return mediated;
  const Element direct = message.child("x", ns::kConference);
  const auto room = Jid::parse(direct.attribute("jid"));
  const auto from = Jid::parse(message.from());
  if (!direct || !room || !from || room->local().empty()) return std::nullopt;
  RoomInvitation read;
  read.room = room->bare();
  read.inviter = "xmpp:" + from->bare().str();
  read.text = cut(direct.attribute("reason"), model::max_room_text_bytes);
  read.password = cut(direct.attribute("password"), model::max_room_text_bytes);
  return read;
}

Stanza make_subject(const Jid& room, std::string_view id, std::string_view subject) {
  Stanza message = make_message(room.str(), "groupchat", id);
  message.add_with_text("subject", subject);
  return message;
}

Stanza make_direct_invitation(const Jid& whom, const Jid& room, std::string_view text,
                              std::string_view password) {
  Stanza message = make_message(whom.str(), {}, make_id());
  const MutableElement x = message.add("x", ns::kConference).set("jid", room.str());
  if (!text.empty()) x.set("reason", text);
  if (!password.empty()) x.set("password", password);
  return message;
}

Stanza make_mediated_invitation(const Jid& room, const Jid& whom, std::string_view text) {
  Stanza message = make_message(room.str(), {}, make_id());
  add_reason(message.add("x", ns::kRoomUser).add("invite").set("to", whom.str()), text);
  return message;
}

Stanza make_decline(const Jid& room, const Jid& inviter, std::string_view text) {
  Stanza message = make_message(room.str(), {}, make_id());
  add_reason(message.add("x", ns::kRoomUser).add("decline").set("to", inviter.str()), text);
  return message;
}

}  // namespace commd::xmpp
