// A running call in Jingle, and one that is offered, with a far end that says anything in any
// order: what is told keeps its shape, and an end is told once. The input is what follows a
// stream's header; the far end is bob@x.test/b, our call has the sid s1.
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "daemon/xmpp/jingle_call.h"
#include "daemon/xmpp/jingle_rtp.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/stanzas.h"

using namespace commd;
using fuzz::require;

namespace {

model::SessionDescription sound() {
  model::SessionDescription description;
  model::StreamDescription& stream = description.streams.emplace_back();
  stream.mid = "audio";
  stream.formats = {{0, "PCMU", 8000, 1, {}, {}}};
  stream.transport.rtp = {"192.0.2.1", 5000};
  return description;
}

// A core that answers everything, now with yes, now with no.
class End final : public xmpp::JingleCallEvents {
 public:
  End() {
    sessions_.add_kind({xmpp::is_rtp,
                        [](const xmpp::JingleStanza& stanza) -> std::optional<xmpp::JingleRefusal> {
                          if (xmpp::read_rtp(stanza, xmpp::JingleParty::initiator)) return {};
                          return xmpp::Condition::bad_request;
                        },
                        [this](const xmpp::JingleStanza& stanza) { begin(stanza); }});
    calls_.push_back(
        std::make_unique<xmpp::JingleCall>(around(), *xmpp::Jid::parse("bob@x.test/b"), "s1"));
    calls_.back()->initiate(sound());
  }

  void take(const xmpp::Element& stanza) {
    sessions_.take_iq(stanza);
    settle();
  }
  // Every request has its answer, and the core its word.
  void settle() {
    for (int rounds = 0; rounds < 8 && (!asked_.empty() || offered_); ++rounds) {
      for (auto& done : std::exchange(asked_, {})) {
        if (++turn_ % 3 == 0)
          done(base::fail(base::Code::aborted, "XMPP_CONFLICT", "no"));
        else
          done(xmpp::Element());
      }
      if (std::exchange(offered_, false)) answer();
    }
  }
  void change() {
    model::SessionDescription next = sound();
    next.streams[0].direction = static_cast<model::Direction>(++turn_ % 4);
    while (next.streams.size() < seen_) next.streams.push_back(next.streams[0]);
    calls_.back()->modify(next);
    settle();
  }

  void call_delivered() override {}
  void call_ringing() override {}
  void call_accepted(model::SessionDescription answer) override {
    require(answer.streams.size() == 1);
  }
  void call_confirmed() override {}
  void call_offered(model::SessionDescription offer) override {
    require(offer.streams.size() <= xmpp::most_jingle_contents);
    offered_ = true;
    offer_ = std::move(offer);
  }
  void call_answered(model::SessionDescription answer) override {
    require(answer.streams.size() <= xmpp::most_jingle_contents);
    seen_ = answer.streams.size();
  }
  void call_modify_refused(bool) override {}
  void call_transport(size_t stream, const model::TransportDescription&) override {
    require(stream < xmpp::most_jingle_contents);
  }
  void call_muted(std::optional<size_t>, bool) override {}
  void call_transfer_asked(const xmpp::JingleTransfer& transfer) override {
    require(!transfer.to.empty());
  }
  void call_transfer_told(model::TransferStatus::State, const std::string&) override {}
  void call_ended(const ports::LegEnd&) override {
    require(ended_ < calls_.size() + 1);
    ++ended_;
  }

 private:
  xmpp::JingleCall::Around around() {
    return {*xmpp::Jid::parse("alice@x.test/a"), sessions_,
            [this](const xmpp::Stanza& iq, xmpp::IqRequests::Done done) {
              require(!iq.to_text().empty());
              asked_.push_back(std::move(done));
            },
            *this};
  }
  void begin(const xmpp::JingleStanza& stanza) {
    if (calls_.size() > 4) return;
    seen_ = stanza.contents.size();
    calls_.push_back(std::make_unique<xmpp::JingleCall>(
        around(), stanza, *xmpp::read_rtp(stanza, xmpp::JingleParty::initiator)));
    calls_.back()->accept(calls_.back()->remote());
  }
  void answer() {
    model::SessionDescription answer = offer_;
    seen_ = answer.streams.size();
    for (auto& stream : answer.streams) {
      stream.direction = model::mirrored(stream.direction);
      if (++turn_ % 4 == 0) stream.rejected = true;
    }
    for (auto& call : calls_) {
      if (turn_ % 5 == 0)
        call->refuse_offer(ports::Refusal::declined);
      else
        call->answer_offer(answer);
    }
  }

  xmpp::JingleSessions sessions_{[](const xmpp::Stanza&) {}};
  std::vector<std::unique_ptr<xmpp::JingleCall>> calls_;
  std::vector<xmpp::IqRequests::Done> asked_;
  model::SessionDescription offer_;
  bool offered_ = false;
  size_t turn_ = 0, seen_ = 1, ended_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  End end;
  fuzz::for_each_stanza(data, size, [&](const xmpp::Stanza& stanza) {
    end.take(stanza);
    if (stanza.id() == "change") end.change();
  });
  return 0;
}
