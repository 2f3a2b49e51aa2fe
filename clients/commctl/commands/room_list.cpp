// room list, room show, room members, room find
#include <algorithm>

#include "clients/commctl/commands.h"
#include "clients/commctl/contact_text.h"
#include "clients/commctl/context.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/report.h"
#include "clients/commctl/room_text.h"

namespace commd::commctl {
namespace {

std::string unread_text(const v1::Room& room) {
  if (room.unread() == 0) return {};
  std::string text = std::to_string(room.unread());
  if (room.unread_mentions() > 0)
    text += " (" + std::to_string(room.unread_mentions()) + " to you)";
  return text;
}

int list(Context& context) {
  v1::ListRoomsRequest request;
  request.set_account(context.option("--account"));
  const v1::ListRoomsResponse response = context.client().list_rooms(request);
  const Output& out = context.out();
  Table table;
  table.header = {"ADDRESS", "NAME", "STATE", "PEOPLE", "UNREAD", ""};
  table.flexible = 1;
  for (const v1::Room& room : response.rooms()) {
    if (context.has("--joined") && room.state() != v1::Room::STATE_JOINED) continue;
    if (context.has("--invited") && room.state() != v1::Room::STATE_INVITED) continue;
    if (out.json()) {
      out.print(room);
      continue;
    }
    const bool in = room.state() == v1::Room::STATE_JOINED;
    table.rows.push_back({{room.address()},
                          {room.name()},
                          {word_of(room.state()), style_of(room.state())},
                          {in ? std::to_string(room.occupants()) : ""},
                          {unread_text(room), Style::bold},
                          {room.bookmarked() ? "bookmarked" : "", Style::dim}});
  }
  if (out.json()) return 0;
  if (table.rows.empty())
    out.say("No rooms.");
  else
    out.print(table);
  return 0;
}

int show(Context& context) {
  const v1::Room room = context.client().get_room(context.word(0));
  const Output& out = context.out();
  if (out.json()) {
    out.print(room);
    return 0;
  }
  std::vector<std::pair<std::string, Span>> facts = {
      {"address", {room.address()}},
      {"account", {room.account()}},
      {"state", {word_of(room.state()), style_of(room.state())}}};
  const auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) facts.push_back({name, {text}});
  };
  add("why", room.state_message());
  add("name", room.name());
  add("about", room.description());
  add("topic", room.subject() + (room.subject_by().empty() || room.subject().empty()
                                     ? ""
                                     : " (" + room.subject_by() + ")"));
  add("you are", room.nick());
  if (room.state() == v1::Room::STATE_JOINED) {
    add("as", word_of(room.affiliation()) + ", " + word_of(room.role()));
    add("people", std::to_string(room.occupants()));
  }
  add("it is", traits_text(room));
  add("invited by", room.invitation().inviter());
  add("who says", room.invitation().text());
  if (room.bookmarked())
    add("bookmarked", room.autojoin() ? "your clients go in by themselves" : "yes");
  add("unread", unread_text(room));
  for (const Line& line : fact_lines(facts)) out.print(line);
  return 0;
}

int affiliations(Context& context) {
  v1::ListAffiliationsRequest request;
  request.set_id(context.word(0));
  const v1::ListAffiliationsResponse response = context.client().list_affiliations(request);
  const Output& out = context.out();
  Table table;
  table.header = {"ADDRESS", "IS", "NICK", "WHY"};
  table.flexible = 3;
  for (const v1::RoomAffiliation& each : response.affiliations()) {
    if (out.json()) out.print(each);
    table.rows.push_back({{each.address()},
                          {word_of(each.affiliation())},
                          {each.nick()},
                          {each.text(), Style::dim}});
  }
  if (!out.json()) out.print(table);
  return 0;
}

int members(Context& context) {
  if (context.has("--affiliations")) return affiliations(context);
  const v1::ListOccupantsResponse response = context.client().list_occupants(context.word(0));
  const Output& out = context.out();
  Table table;
  table.header = {"NICK", "IS", "MAY", "PRESENCE", "ADDRESS"};
  table.flexible = 3;
  for (const v1::Occupant& each : response.occupants()) {
    if (out.json()) out.print(each);
    table.rows.push_back({{each.nick() + (each.self() ? " (you)" : "")},
                          {word_of(each.affiliation())},
                          {word_of(each.role())},
                          presence_span(each.presence()),
                          {each.address(), Style::dim}});
  }
  if (!out.json()) out.print(table);
  return 0;
}

int find(Context& context) {
  v1::FindRoomsRequest request;
  request.set_account(context.option("--from"));
  request.set_service(context.word(0));
  const v1::FindRoomsResponse response = context.client().find_rooms(request);
  const Output& out = context.out();
  if (out.json()) {
    for (const v1::FoundRoom& each : response.rooms()) out.print(each);
    return 0;
  }
  if (response.rooms().empty()) {
    std::string asked;
    for (const std::string& each : response.services()) asked += (asked.empty() ? "" : ", ") + each;
    out.say(asked.empty() ? "There is no room service." : "No rooms are shown by " + asked + ".");
    return 0;
  }
  Table table;
  table.header = {"ADDRESS", "NAME"};
  table.flexible = 1;
  for (const v1::FoundRoom& each : response.rooms())
    table.rows.push_back({{each.address()}, {each.name()}});
  out.print(table);
  if (response.truncated()) out.say("There are more.");
  return 0;
}

Argument room_argument() { return {"ROOM", "an address, or the beginning of one", Word::room}; }

}  // namespace

Command room_list_command() {
  return {"room list",
          "Show the rooms you are in, are asked into, or have bookmarked",
          "",
          {{"commctl room list --invited", "who waits for join or decline"}},
          {},
          {{"--account", "ACCOUNT", "only this account's", Word::account},
           {"--joined", "", "only those you are in"},
           {"--invited", "", "only those somebody asks you into"}},
          list};
}

Command room_show_command() {
  return {"room show",
          "Show one room",
          "",
          {{"commctl room show tea@conference.example.org", ""}},
          {room_argument()},
          {},
          show};
}

Command room_members_command() {
  return {
      "room members",
      "Show who is in a room",
      "With --affiliations those who are something in it for good, here or not: owners, admins,\n"
      "members and outcasts, as far as you may know.",
      {{"commctl room members tea", ""}, {"commctl room members tea --affiliations", ""}},
      {room_argument()},
      {{"--affiliations", "", "who is what for good"}},
      members};
}

Command room_find_command() {
  return {"room find",
          "Look for rooms",
          "Those that a service shows to everybody; of all services of your own server where none\n"
          "is named.",
          {{"commctl room find", ""}, {"commctl room find conference.example.org", ""}},
          {{"SERVICE", "its domain", Word::any, Argument::Count::optional}},
          {{"--from", "ACCOUNT", "ask by this account", Word::account}},
          find};
}

}  // namespace commd::commctl
