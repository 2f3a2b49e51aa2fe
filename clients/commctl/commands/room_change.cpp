// room configure, room nick, room topic, room bookmark, room destroy
#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/room_form.h"
#include "clients/commctl/room_text.h"

namespace commd::commctl {
namespace {

int show(const Context& context, const v1::Room& room, const std::string& words) {
  if (context.out().json())
    context.out().print(room);
  else
    context.out().say(room.address() + words);
  return 0;
}

int configure(Context& context) {
  const auto& words = context.arguments().words;
  if (words.size() == 1) {
    const v1::DataForm form = context.client().get_room_configuration(context.word(0));
    if (context.out().json())
      context.out().print(form);
    else
      context.out().print(form_table(form));
    return 0;
  }
  v1::ConfigureRoomRequest request;
  request.set_id(context.word(0));
  for (size_t i = 1; i < words.size(); ++i)
    add_answer(context, full_name(words[i]), *request.mutable_configuration());
  return show(context, context.client().configure_room(request), " is as you want it.");
}

int nick(Context& context) {
  v1::SetNickRequest request;
  request.set_id(context.word(0));
  request.set_nick(context.word(1));
  const v1::Room room = context.client().set_nick(request);
  return show(context, room, ": you are called " + room.nick() + ".");
}

int topic(Context& context) {
  v1::SetSubjectRequest request;
  request.set_id(context.word(0));
  request.set_subject(context.word(1));
  const v1::Room room = context.client().set_subject(request);
  return show(context, room,
              room.subject().empty() ? " has no topic." : " talks about: " + room.subject());
}

int bookmark(Context& context) {
  v1::BookmarkRoomRequest request;
  request.set_id(context.word(0));
  request.set_bookmarked(!context.has("--remove"));
  request.set_autojoin(context.has("--autojoin"));
  if (context.has("--name")) request.set_name(context.option("--name"));
  if (context.has("--remove") && (context.has("--autojoin") || context.has("--name")))
    context.usage_error("--remove takes no other option");
  const v1::Room room = context.client().bookmark_room(request);
  return show(context, room,
              !room.bookmarked() ? " is no bookmark any more."
              : room.autojoin()  ? " is bookmarked; your clients go in by themselves."
                                 : " is bookmarked.");
}

int destroy(Context& context) {
  if (!context.has("--yes"))
    context.usage_error("this ends the room for everybody in it; add --yes if you mean it");
  v1::DestroyRoomRequest request;
  request.set_id(context.word(0));
  request.set_text(context.option("--reason"));
  request.set_successor(context.option("--successor"));
  context.client().destroy_room(request);
  if (!context.out().json()) context.out().say("The room is no more.");
  return 0;
}

Argument room_argument() { return {"ROOM", "an address, or the beginning of one", Word::room}; }

}  // namespace

Command room_configure_command() {
  return {"room configure",
          "Show or change how a room is",
          "Without NAME=VALUE what can be set, and how it is. muc#roomconfig_ may be left out. A\n"
          "name that is given again has several values. Its owners alone may.",
          {{"commctl room configure tea", "what can be set"},
           {"commctl room configure tea membersonly=yes roomname=\"Tea for two\"", ""}},
          {room_argument(), {"NAME=VALUE", "how it is to be", Word::any, Argument::Count::any}},
          {},
          configure};
}

Command room_nick_command() {
  return {"room nick",
          "Be called something else in a room",
          "",
          {{"commctl room nick tea Annie", ""}},
          {room_argument(), {"NICK", "what to be called"}},
          {},
          nick};
}

Command room_topic_command() {
  return {"room topic",
          "Say what a room is about",
          "Without TEXT it has no topic any more.",
          {{"commctl room topic tea \"Earl Grey\"", ""}},
          {room_argument(), {"TEXT", "the topic", Word::any, Argument::Count::optional}},
          {},
          topic};
}

Command room_bookmark_command() {
  return {"room bookmark",
          "Put a room among the bookmarks that all your clients see",
          "",
          {{"commctl room bookmark tea --autojoin", "your clients go in when they come online"},
           {"commctl room bookmark tea --remove", ""}},
          {room_argument()},
          {{"--autojoin", "", "go in by itself"},
           {"--name", "NAME", "what to call it", Word::any, false, {}, true},
           {"--remove", "", "take it off the bookmarks"}},
          bookmark};
}

Command room_destroy_command() {
  return {"room destroy",
          "End a room for everybody",
          "Its owners alone may.",
          {{"commctl room destroy tea --yes --reason \"We have moved\" --successor "
            "coffee@conference.example.org",
            ""}},
          {room_argument()},
          {{"--reason", "TEXT", "why"},
           {"--successor", "ADDRESS", "the room where it goes on", Word::room},
           {"--yes", "", "you mean it"}},
          destroy};
}

}  // namespace commd::commctl
