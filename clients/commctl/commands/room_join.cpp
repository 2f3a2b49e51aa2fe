// room join, room leave, room create, room decline
#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/room_form.h"
#include "clients/commctl/room_text.h"
#include "clients/commctl/terminal.h"

namespace commd::commctl {
namespace {

int show(const Context& context, const v1::Room& room) {
  if (context.out().json()) {
    context.out().print(room);
    return 0;
  }
  context.out().say(room_line(room));
  return 0;
}

int join(Context& context) {
  v1::JoinRoomRequest request;
  request.set_address(context.word(0));
  request.set_account(context.option("--from"));
  request.set_nick(context.option("--nick"));
  if (context.has("--password-file"))
    request.set_password(read_password(context.option("--password-file")));
  request.set_must_exist(context.has("--must-exist"));
  return show(context, context.client().join_room(request));
}

int leave(Context& context) {
  v1::LeaveRoomRequest request;
  request.set_id(context.word(0));
  request.set_text(context.word(1));
  const v1::Room room = context.client().leave_room(request);
  if (context.out().json())
    context.out().print(room);
  else
    context.out().say("Left " + room.address() + ".");
  return 0;
}

int create(Context& context) {
  v1::CreateRoomRequest request;
  request.set_address(context.word(0));
  request.set_account(context.option("--from"));
  request.set_nick(context.option("--nick"));
  for (const std::string& text : context.all("--set"))
    add_answer(context, full_name(text), *request.mutable_configuration());
  return show(context, context.client().create_room(request));
}

int decline(Context& context) {
  v1::DeclineInvitationRequest request;
  request.set_id(context.word(0));
  request.set_text(context.word(1));
  context.client().decline_invitation(request);
  if (!context.out().json()) context.out().say("Declined.");
  return 0;
}

Argument room_argument() { return {"ROOM", "an address, or the beginning of one", Word::room}; }

}  // namespace

Command room_join_command() {
  return {
      "room join",
      "Go into a room",
      "You stay in it, also over cuts and restarts, until \"commctl room leave\". A room that is\n"
      "not there is made, unless --must-exist is given. Also answers an invitation.",
      {{"commctl room join tea@conference.example.org --nick Ann", ""},
       {"commctl room join tea@conference.example.org --password-file -", "read from stdin"}},
      {{"ADDRESS", "room@service, or a room that is known", Word::room}},
      {{"--nick", "NICK", "what to be called there"},
       {"--password-file", "FILE", "read the room's password from FILE, - for stdin", Word::file},
       {"--must-exist", "", "fail where there is no such room"},
       {"--from", "ACCOUNT", "by this account", Word::account}},
      join};
}

Command room_leave_command() {
  return {"room leave",
          "Go out of a room, and stay out",
          "A bookmark stays, but no client goes in by itself any more.",
          {{"commctl room leave tea \"Good night\"", "with last words"}},
          {room_argument(), {"TEXT", "last words", Word::any, Argument::Count::optional}},
          {},
          leave};
}

Command room_create_command() {
  return {
      "room create",
      "Make a new room",
      "Nobody can come in before it is as you want it. --set takes the names of \"commctl room\n"
      "configure\"; muc#roomconfig_ may be left out.",
      {{"commctl room create tea@conference.example.org", "as its service makes them"},
       {"commctl room create tea@conference.example.org --set membersonly=yes --set "
        "persistentroom=yes",
        "for members alone"}},
      {{"ADDRESS", "room@service"}},
      {{"--nick", "NICK", "what to be called there"},
       {"--set", "NAME=VALUE", "how it is to be; may be given several times", Word::any, true},
       {"--from", "ACCOUNT", "by this account", Word::account}},
      create};
}

Command room_decline_command() {
  return {"room decline",
          "Say no to an invitation",
          "",
          {{"commctl room decline tea \"No time today\"", ""}},
          {room_argument(), {"TEXT", "why", Word::any, Argument::Count::optional}},
          {},
          decline};
}

}  // namespace commd::commctl
