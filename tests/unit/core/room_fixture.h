// The core's rooms, and a protocol room that only notes what it is asked.
#pragma once

#include <string>
#include <vector>

#include "daemon/core/room_book.h"
#include "tests/unit/core/message_fixture.h"

namespace commd::core {

using model::RoomState;

inline const model::AccountId kAccount(kAlice);
inline const std::string kTea = "xmpp:tea@rooms.example.org";

// Answers at once with `result`.
struct FakeRooms final : ports::Rooms {
  void note(const std::string& what, const Done& done) {
    asked.push_back(what);
    if (done) done(result);
  }
  void join_room(const model::AccountId&, ports::RoomWish wish, Done done) override {
    last_wish = wish;
    note("join " + wish.address + " " + wish.nick + (done ? "" : " by itself"), done);
  }
  void leave_room(const model::AccountId&, const std::string& address, const std::string& text,
                  Done done) override {
    asked.push_back("leave " + address + text);
    done({});
  }
  void create_room(const model::AccountId&, ports::RoomWish wish, model::DataForm,
                   Done done) override {
    note("create " + wish.address, done);
  }
  void room_configuration(const model::AccountId&, const std::string&,
                          Answer<model::DataForm> done) override {
    done(model::DataForm{});
  }
  void configure_room(const model::AccountId&, const std::string& address, model::DataForm,
                      Done done) override {
    note("configure " + address, done);
  }
  void invite_to_room(const model::AccountId&, const std::string&, const std::string& whom,
                      const std::string&, Done done) override {
    note("invite " + whom, done);
  }
  void decline_room(const model::AccountId&, const std::string&, const std::string& inviter,
                    const std::string&, Done done) override {
    note("decline " + inviter, done);
  }
  void set_room_nick(const model::AccountId&, const std::string&, const std::string& nick,
                     Done done) override {
    note("nick " + nick, done);
  }
  void set_room_subject(const model::AccountId&, const std::string&, const std::string& subject,
                        Done done) override {
    note("subject " + subject, done);
  }
  void set_affiliation(const model::AccountId&, const std::string&, const std::string& whom,
                       model::Affiliation affiliation, const std::string&, Done done) override {
    note(std::string(model::to_string(affiliation)) + " " + whom, done);
  }
  void set_role(const model::AccountId&, const std::string&, const std::string& nick,
                model::RoomRole role, const std::string&, Done done) override {
    note(std::string(model::to_string(role)) + " " + nick, done);
  }
  void list_affiliations(const model::AccountId&, const std::string&,
                         std::optional<model::Affiliation>,
                         Answer<std::vector<model::RoomAffiliation>> done) override {
    done(std::vector<model::RoomAffiliation>{});
  }
  void list_occupants(const model::AccountId&, const std::string&,
                      Answer<std::vector<model::Occupant>> done) override {
    done(std::vector<model::Occupant>{});
  }
  void put_bookmark(const model::AccountId&, ports::Bookmark bookmark, Done done) override {
    last_bookmark = bookmark;
    note("bookmark " + bookmark.address + (bookmark.autojoin ? " auto" : ""), done);
  }
  void remove_bookmark(const model::AccountId&, const std::string& address, Done done) override {
    note("no bookmark " + address, done);
  }
  void destroy_room(const model::AccountId&, const std::string& address, const std::string&,
                    const std::string&, Done done) override {
    note("destroy " + address, done);
  }
  void find_rooms(const model::AccountId&, const std::string&,
                  Answer<ports::RoomsFound> done) override {
    done(ports::RoomsFound{});
  }
  std::vector<std::string> asked;
  ports::RoomWish last_wish;
  ports::Bookmark last_bookmark;
  base::Result<void> result;
};

class RoomBookTest : public MessageBookTest {
 protected:
  void SetUp() override {
    start();
    add_account(kAlice);
  }
  void start() {
    CorePorts with = faked_ports();
    with.messaging = {{model::Protocol::xmpp, &messaging}};
    with.rooms = {{model::Protocol::xmpp, &room}};
    start_core(std::move(with));
  }
  void restart() {
    keep_facts();
    room.asked.clear();
    start();
  }
  RoomBook& book() { return core->rooms(); }
  RoomBook::Done note() {
    return [this](base::Result<model::Room> result) {
      answers.push_back(result ? model::to_string(result->state) : result.error().reason);
    };
  }
  RoomBook::Ended note_end() {
    return [this](base::Result<void> result) {
      answers.push_back(result ? "ok" : result.error().reason);
    };
  }
  void report(RoomState state, const std::string& reason = {}) {
    ports::RoomReport report;
    report.account = kAccount;
    report.address = kTea;
    report.state = state;
    report.reason = reason;
    report.nick = "Ann";
    core->room_report(report);
  }
  void join() {
    book().join({"tea@rooms.example.org", {}, "Ann", {}, false}, note());
    report(RoomState::joined);
    answers.clear();
    room.asked.clear();
  }
  void invite(const std::string& address = kTea, const std::string& by = kBob) {
    core->room_invitation({kAccount, address, by, "come", "sesame", true});
  }
  std::string state() {
    const auto found = book().find(kTea);
    return found ? model::to_string(found->state) : found.error().reason;
  }
  ports::IncomingMessage said(const std::string& text, const std::string& id,
                              const std::string& occupant = "o-bob") {
    ports::IncomingMessage in;
    in.account = kAccount;
    in.peer = kTea;
    in.sender = kTea + "/Bob";
    in.text = text;
    in.remote_id = id;
    in.room_id = "s-" + id;
    in.room = true;
    in.occupant = occupant;
    in.fingerprint = "f-" + id;
    in.ticket = ++tickets;
    return in;
  }
  std::vector<std::string> shown() const {
    std::map<model::MessageId, std::string> last;
    std::vector<model::MessageId> order;
    for (const auto& each : stored()) {
      if (!last.contains(each.id)) order.push_back(each.id);
      last[each.id] = each.text;
    }
    std::vector<std::string> all;
    for (const auto& id : order) all.push_back(last[id]);
    return all;
  }

  FakeRooms room;
  std::vector<std::string> answers;
  uint64_t tickets = 0;
};

}  // namespace commd::core
