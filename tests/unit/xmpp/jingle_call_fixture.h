// Two ends that speak to each other, and one end that hears a stranger's words.
#pragma once

#include <gmock/gmock.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/xmpp/jingle_call.h"
#include "daemon/xmpp/jingle_rtp.h"
#include "daemon/xmpp/namespaces.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp::test {

using model::Direction;

// "audio sendrecv, video rejected"
inline std::string brief(const model::SessionDescription& description) {
  std::string text;
  for (const model::StreamDescription& stream : description.streams) {
    if (!text.empty()) text += ", ";
    text += stream.mid + " " + (stream.rejected ? "rejected" : model::to_string(stream.direction));
  }
  return text;
}

inline model::StreamDescription stream(const std::string& mid,
                                       Direction direction = Direction::send_recv,
                                       uint16_t port = 5000) {
  model::StreamDescription made;
  made.mid = mid;
  made.kind = mid.starts_with("video") ? model::MediaKind::video : model::MediaKind::audio;
  made.direction = direction;
  made.formats = {{0, "PCMU", 8000, 1, {}, {}}};
  made.transport.rtp = {"192.0.2.1", port};
  made.transport.rtcp_mux = true;
  return made;
}

inline model::SessionDescription session(std::vector<model::StreamDescription> streams) {
  model::SessionDescription description;
  description.streams = std::move(streams);
  return description;
}

inline model::SessionDescription directed(model::SessionDescription description,
                                          Direction direction) {
  for (auto& stream : description.streams)
    if (!stream.rejected) stream.direction = direction;
  return description;
}

// An end: what it was told, and its sessions.
struct End final : JingleCallEvents {
  explicit End(const std::string& address) : self(*Jid::parse(address)) { take_offers(); }

  Jid self;
  std::deque<std::string>* wire = nullptr;
  std::vector<std::string> told;
  std::map<std::string, IqRequests::Done> waiting;
  JingleSessions sessions{[this](const Stanza& iq) { say(iq); }};
  std::unique_ptr<JingleCall> call;
  std::optional<JingleRefusal> refusal;
  model::SessionDescription offered_to_it;
  std::optional<ports::LegEnd> end;
  void take_offers() {
    sessions.add_kind({is_rtp, [this](const JingleStanza& stanza) { return judge(stanza); },
                       [this](const JingleStanza& stanza) { begin(stanza); }});
  }
  std::optional<JingleRefusal> judge(const JingleStanza& stanza) {
    if (call && call->overrules(stanza)) return JingleRefusal(Condition::conflict, "tie-break");
    if (!JingleCall::is_from_initiator(stanza) || !read_rtp(stanza, JingleParty::initiator))
      return Condition::bad_request;
    return refusal;
  }
  void begin(const JingleStanza& stanza) {
    auto offer = *read_rtp(stanza, JingleParty::initiator);
    told.push_back("call " + brief(offer));
    call = std::make_unique<JingleCall>(around(), stanza, offer);
  }
  JingleCall::Around around() {
    return {self, sessions,
            [this](const Stanza& iq, IqRequests::Done done) {
              waiting[std::string(iq.id())] = std::move(done);
              say(iq);
            },
            *this};
  }
  void say(const Stanza& iq) {
    const Stanza copy = Stanza::copy_of(iq);
    copy.set("from", self.str());
    wire->push_back(copy.to_text());
  }
  void hear(const Stanza& iq) {
    if (iq.type() == "set") {
      EXPECT_TRUE(sessions.take_iq(iq));
      return;
    }
    auto node = waiting.extract(std::string(iq.id()));
    if (node.empty()) return;
    if (iq.type() == "error")
      node.mapped()(base::fail(to_error(read_stanza_error(iq))));
    else
      node.mapped()(iq);
  }

  void call_delivered() override { told.push_back("delivered"); }
  void call_ringing() override { told.push_back("ringing"); }
  void call_accepted(model::SessionDescription answer) override {
    told.push_back("accepted " + brief(answer));
  }
  void call_confirmed() override { told.push_back("confirmed"); }
  void call_offered(model::SessionDescription offer) override {
    told.push_back("offered " + brief(offer));
    offered_to_it = std::move(offer);
  }
  void call_answered(model::SessionDescription answer) override {
    told.push_back("answered " + brief(answer));
  }
  void call_modify_refused(bool glare) override {
    told.push_back(glare ? "refused, glare" : "refused");
  }
  void call_transport(size_t index, const model::TransportDescription& news) override {
    told.push_back("transport " + std::to_string(index) + " " +
                   std::to_string(news.ice ? news.ice->candidates.size() : 0));
  }
  void call_muted(std::optional<size_t> index, bool muted) override {
    told.push_back((muted ? "muted " : "unmuted ") + (index ? std::to_string(*index) : "all"));
  }
  void call_transfer_asked(const JingleTransfer& transfer) override {
    told.push_back("transfer to " + transfer.to.str() + " " + transfer.sid);
  }
  void call_transfer_told(model::TransferStatus::State state, const std::string&) override {
    told.push_back("transfer " + std::to_string(static_cast<int>(state)));
  }
  void call_ended(const ports::LegEnd& why) override {
    EXPECT_FALSE(end) << "told twice";
    end = why;
    told.push_back(std::string("ended ") + model::to_string(why.reason));
  }
};

struct JingleCallTest : testing::Test {
  std::deque<std::string> wire;
  std::vector<std::string> heard;  // actions and replies, in order
  End alice{"alice@x.test/a"}, bob{"bob@x.test/b"};

  JingleCallTest() { alice.wire = bob.wire = &wire; }

  void deliver_one() {
    const std::string text = wire.front();
    wire.pop_front();
    const Stanza iq = stanza_of(text);
    const Element jingle = iq.child("jingle", ns::kJingle);
    heard.push_back(jingle ? std::string(jingle.attribute("action")) : std::string(iq.type()));
    (iq.to() == alice.self.str() ? alice : bob).hear(iq);
  }
  void deliver() {
    while (!wire.empty()) deliver_one();
  }
  void clear() {
    alice.told.clear();
    bob.told.clear();
    heard.clear();
  }
  void place(model::SessionDescription offer) {
    alice.call = std::make_unique<JingleCall>(alice.around(), bob.self, "s1");
    alice.call->initiate(std::move(offer));
    deliver();
  }
  void talk(model::SessionDescription offer, model::SessionDescription answer) {
    place(std::move(offer));
    bob.call->accept(std::move(answer));
    deliver();
    ASSERT_EQ(alice.told.back().substr(0, 8), "accepted");
    clear();
  }
  void talk() { talk(session({stream("audio")}), session({stream("audio")})); }

  // A stanza that no JingleCall would say; gives what comes of it at once.
  std::string say_to(End& end, const std::string& action, const std::string& inner,
                     const std::string& attributes = "") {
    wire.clear();
    const End& from = &end == &alice ? bob : alice;
    end.hear(stanza_of("<iq type='set' id='z' from='" + from.self.str() + "' to='" +
                       end.self.str() + "'><jingle xmlns='urn:xmpp:jingle:1' sid='s1' action='" +
                       action + "' " + attributes + ">" + inner + "</jingle></iq>"));
    return wire.empty() ? "" : wire.front();
  }
  std::string say_to_alice(const std::string& action, const std::string& inner,
                           const std::string& attributes = "") {
    return say_to(alice, action, inner, attributes);
  }
};

inline const std::string plain =
    "<transport xmlns='urn:xmpp:jingle:transports:raw-udp:1'><candidate component='1' "
    "ip='192.0.2.9' "
    "port='6000'/></transport>";
inline std::string content(const std::string& name, const std::string& creator = "initiator",
                           const std::string& more = "") {
  return "<content creator='" + creator + "' name='" + name + "' " + more +
         "><description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'><payload-type id='0'/>"
         "</description>" +
         plain + "</content>";
}

}  // namespace commd::xmpp::test
