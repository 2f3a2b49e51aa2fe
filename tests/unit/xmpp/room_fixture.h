// One account's rooms against a service that the test plays.
#pragma once

#include "daemon/xmpp/room_flow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/xmpp/fake_network.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp {

using namespace std::chrono_literals;
using model::RoomState;
using test::stanza_of;

inline const std::string kRoom = "tea@rooms.example.org";
inline const std::string kUri = "xmpp:" + kRoom;

struct RoomsTold final : ports::RoomEvents {
  void room_report(ports::RoomReport report) override {
    said.push_back(std::string(model::to_string(report.state)) +
                   (report.reason.empty() ? "" : " " + report.reason));
    last = std::move(report);
  }
  void occupant_report(model::OccupantNews news) override {
    const char* const words[] = {"joined", "changed", "renamed", "left",
                                 "kicked", "banned",  "removed"};
    people.push_back(news.occupant.nick + " " + words[static_cast<int>(news.change)] +
                     news.new_nick);
  }
  void room_invitation(ports::InvitationReport report) override {
    invitations.push_back(report.address + " by " + report.inviter);
  }
  void bookmark_report(ports::BookmarkReport report) override {
    for (const auto& each : report.bookmarks)
      bookmarks.push_back(each.address + (each.autojoin ? " auto" : ""));
    for (const auto& each : report.removed) bookmarks.push_back("no " + each);
    if (report.whole) bookmarks.push_back("whole");
  }
  std::vector<std::string> said, people, invitations, bookmarks;
  ports::RoomReport last;
};

class RoomFlowTest : public testing::Test {
 protected:
  static constexpr const char* usual =
      "<feature var='urn:xmpp:mam:2'/><feature var='urn:xmpp:occupant-id:0'/>";

  bool iq(const std::string& text) { return flow.take_iq(stanza_of(text)); }
  void presence(const std::string& nick, const std::string& inside = "",
                const std::string& type = "") {
    flow.take_presence(stanza_of("<presence from='" + kRoom + (nick.empty() ? "" : "/" + nick) +
                                 "'" + (type.empty() ? "" : " type='" + type + "'") + ">" + inside +
                                 "</presence>"));
  }
  static std::string user(const std::string& inside, const std::string& id = "") {
    return "<x xmlns='http://jabber.org/protocol/muc#user'>" + inside + "</x>" +
           (id.empty() ? "" : "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='" + id + "'/>");
  }
  static std::string item(const std::string& more = "") {
    return "<item affiliation='none' role='participant' " + more + "/>";
  }
  // True: it waits for the disk.
  bool message(const std::string& from, const std::string& inside, const std::string& id = "",
               const std::string& type = "groupchat") {
    const auto taken = flow.take_message(
        stanza_of("<message type='" + type + "' from='" + from + "'" +
                  (id.empty() ? "" : " id='" + id + "'") + ">" + inside + "</message>"),
        ++ticket);
    if (taken == RoomFlow::Taken::waits && stores) flow.stored(ticket);
    return taken == RoomFlow::Taken::waits;
  }
  bool said(const std::string& nick, const std::string& text, const std::string& id,
            const std::string& more = "") {
    return message(kRoom + "/" + nick,
                   "<body>" + text + "</body><stanza-id xmlns='urn:xmpp:sid:0' by='" + kRoom +
                       "' id='s-" + id + "'/>" + more,
                   id);
  }
  // The id of the last request that holds such a word.
  std::string id_of(const std::string& word) const {
    for (size_t i = sent.size(); i-- > 0;)
      if (sent[i].find(word) != std::string::npos && sent[i].starts_with("<iq")) {
        const size_t at = sent[i].find(" id=\"") + 5;
        return sent[i].substr(at, sent[i].find('"', at) - at);
      }
    ADD_FAILURE() << "nothing with " << word << " was sent";
    return "";
  }
  void answer_info(const std::string& features = usual) {
    iq("<iq type='result' from='" + kRoom + "' id='" + id_of("disco#info") +
       "'><query xmlns='http://jabber.org/protocol/disco#info'><identity category='conference' "
       "type='text' name='Tea'/><feature var='http://jabber.org/protocol/muc'/>" +
       features + "</query></iq>");
  }
  void refuse(const std::string& word, const std::string& condition,
              const std::string& from = kRoom) {
    iq("<iq type='error' from='" + from + "' id='" + id_of(word) + "'><error type='cancel'><" +
       condition + " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  }
  void archive_ends() {
    iq("<iq type='result' from='" + kRoom + "' id='" + id_of("urn:xmpp:mam:2") +
       "'><fin xmlns='urn:xmpp:mam:2' complete='true'/></iq>");
  }
  ports::Rooms::Done note() {
    return [this](base::Result<void> result) {
      results.push_back(result ? "done" : result.error().reason);
    };
  }
  void ask_in(bool waits = true) {
    ports::Rooms::Done done;
    if (waits) done = note();
    flow.join({kUri, "Ann", "", false}, done);
  }
  void let_in(const std::string& features = usual) {
    answer_info(features);
    presence("Bob", user(item(), "o-bob"));
    presence("Ann", user(item() + "<status code='110'/>", "o-ann"));
  }
  void join() {
    flow.session_began();
    ask_in();
    let_in();
    archive_ends();
    sent.clear();
    told.said.clear();
    results.clear();
  }
  void pass(base::Duration time) {
    const base::MonoTime end = clock.mono + time;
    while (timers.fire(end)) {
    }
    clock.mono = end;
  }
  void send(const std::string& id, const std::string& text) {
    flow.send({model::AccountId("me"), model::MessageId(id), kUri, text});
  }
  std::string all_sent() {
    std::string all;
    for (const std::string& each : std::exchange(sent, {})) all += each + "\n";
    return all;
  }
  std::vector<std::string> heard() { return std::exchange(told.said, {}); }

  test::StillClock clock;
  test::StillTimers timers{clock};
  RoomsTold told;
  std::vector<std::string> sent, results, news, places;
  std::vector<ports::IncomingMessage> received;
  uint64_t ticket = 0;
  bool stores = true;
  RoomFlow flow{{model::AccountId("me"),
                 *Jid::parse("me@example.org"),
                 timers,
                 clock,
                 told,
                 [this](ports::IncomingMessage message) { received.push_back(std::move(message)); },
                 [this](const ports::MessageReport& report) {
                   news.push_back(report.id.str() + " " + model::to_string(report.state) + " " +
                                  report.fail_reason);
                 },
                 [this](const Jid&, const std::string& place) { places.push_back(place); },
                 {},
                 [this](const Stanza& stanza, StanzaKind) {
                   sent.push_back(stanza.to_text());
                   return true;
                 },
                 [] {},
                 [this](const std::string& reason, const std::string&) {
                   told.said.push_back("notice " + reason);
                 },
                 [] { return 0xFFFFFFFFU; }}};
};

}  // namespace commd::xmpp
