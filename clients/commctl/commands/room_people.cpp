// room invite, room kick, room ban, room grant
#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/room_text.h"

namespace commd::commctl {
namespace {

int say(const Context& context, const std::string& words) {
  if (!context.out().json()) context.out().say(words);
  return 0;
}

int invite(Context& context) {
  v1::InviteToRoomRequest request;
  request.set_id(context.word(0));
  request.set_address(context.word(1));
  request.set_text(context.word(2));
  context.client().invite_to_room(request);
  return say(context, "Asked in.");
}

void set_role(Context& context, v1::Room::Role role, const std::string& text) {
  v1::SetRoleRequest request;
  request.set_id(context.word(0));
  request.set_nick(context.word(1));
  request.set_role(role);
  request.set_text(text);
  context.client().set_role(request);
}

void set_affiliation(Context& context, v1::Room::Affiliation affiliation, const std::string& text) {
  v1::SetAffiliationRequest request;
  request.set_id(context.word(0));
  request.set_address(context.word(1));
  request.set_affiliation(affiliation);
  request.set_text(text);
  context.client().set_affiliation(request);
}

int kick(Context& context) {
  set_role(context, v1::Room::ROLE_NONE, context.word(2));
  return say(context, "Put out.");
}

int ban(Context& context) {
  set_affiliation(context, v1::Room::AFFILIATION_OUTCAST, context.word(2));
  return say(context, "Banned.");
}

int grant(Context& context) {
  const std::string what = context.word(2);
  if (const auto affiliation = affiliation_of(what)) {
    set_affiliation(context, affiliation, context.word(3));
  } else if (const auto role = role_of(what)) {
    set_role(context, role, context.word(3));
  } else {
    std::string words;
    for (const std::string& each : grant_words()) words += (words.empty() ? "" : ", ") + each;
    context.usage_error("\"" + what + "\" is nothing that can be granted: " + words);
  }
  return say(context, context.word(1) + " is " + what + ".");
}

Argument room_argument() { return {"ROOM", "an address, or the beginning of one", Word::room}; }
Argument why_argument() { return {"TEXT", "why", Word::any, Argument::Count::optional}; }

}  // namespace

Command room_invite_command() {
  return {"room invite",
          "Ask somebody into a room",
          "",
          {{"commctl room invite tea bob@example.org \"Come and join us\"", ""}},
          {room_argument(), {"ADDRESS", "whom", Word::contact}, why_argument()},
          {},
          invite};
}

Command room_kick_command() {
  return {"room kick",
          "Put somebody out of a room",
          "He can come in again; \"commctl room ban\" keeps him out.",
          {{"commctl room kick tea mallory \"That is enough\"", ""}},
          {room_argument(), {"NICK", "who"}, why_argument()},
          {},
          kick};
}

Command room_ban_command() {
  return {"room ban",
          "Keep somebody out of a room for good",
          "\"commctl room grant ROOM ADDRESS none\" takes it back.",
          {{"commctl room ban tea mallory@example.org \"Spam\"", ""}},
          {room_argument(),
           {"WHO", "an address, or the nick of somebody whose address you see", Word::contact},
           why_argument()},
          {},
          ban};
}

Command room_grant_command() {
  return {
      "room grant",
      "Let somebody do more in a room, or less",
      "For good, by address, or by the nick of somebody whose address you see: owner, admin,\n"
      "member, none, outcast. Until he leaves, by nick: moderator, participant, visitor (who may\n"
      "only listen).",
      {{"commctl room grant tea bob@example.org member", ""},
       {"commctl room grant tea bob moderator", ""}},
      {room_argument(),
       {"WHO", "an address or a nick", Word::contact},
       {"WHAT", "owner, admin, member, none, outcast, moderator, participant, visitor",
        Word::grant},
       why_argument()},
      {},
      grant};
}

}  // namespace commd::commctl
