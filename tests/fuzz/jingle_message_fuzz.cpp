// Calls proposed by message, and the servers for STUN and TURN that a server names: bounded, and
// written as they were read. The input is what follows a stream's header.
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/escape.h"
#include "daemon/xmpp/external_services.h"
#include "daemon/xmpp/jmi_calls.h"
#include "daemon/xmpp/namespaces.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/stanzas.h"

using namespace commd;
using fuzz::require;

namespace {

void check_same(const xmpp::JmiMessage& read) {
  const xmpp::Stanza written =
      read.why ? xmpp::make_jmi_end(read.to, read.kind, read.id, *read.why,
                                    read.tie_break ? xmpp::TieBreak::yes : xmpp::TieBreak::no)
               : xmpp::make_jmi(read.to, read.kind, read.id, read.media);
  written.set("from", read.from.str());
  const auto again = xmpp::read_jmi(written);
  if (read.kind == xmpp::JmiKind::propose && read.why) return;  // who would give a reason to call?
  require(again && again->kind == read.kind && again->id == read.id && again->from == read.from &&
          again->media == read.media && again->why == read.why);
}

class Calls {
 public:
  void take(const xmpp::JmiMessage& message) {
    calls_.take(message, std::chrono::seconds(message.id.size() % 2 == 0 ? 0 : 3600));
    require(calls_.size() <= xmpp::JmiCalls::most_incoming);
    require(answers_ <= 1);
    answers_ = 0;
  }

 private:
  size_t answers_ = 0;
  xmpp::JmiCalls calls_{
      *xmpp::Jid::parse("bob@lab.test/here"),
      [](const xmpp::Jid& who) { return who.local() == "alice"; },
      [this](const xmpp::Stanza&) { ++answers_; },
      {[](const auto&) {}, [](const auto&) {}, [](const auto&, const auto&) {},
       [](const auto&, const auto&) {},
       [](const auto&, auto, const std::string& text) { require(base::is_valid_utf8(text)); }}};
};

void look_at_services(const xmpp::Element& stanza) {
  xmpp::ExternalServices known(*xmpp::Jid::parse("bob@lab.test"));
  known.take_services(stanza);
  known.take_credentials(stanza);
  known.take_push(stanza);
  while (known.credentials_request()) {
  }
  const auto usable = known.usable(base::WallTime{});
  require(usable.size() <= xmpp::ExternalServices::most_services);
  for (const auto& each : usable) {
    require(each.port != 0 && !each.host.empty() && each.host.find(' ') == std::string::npos);
    require(!each.relays() || !each.password.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Calls calls;
  fuzz::for_each_stanza(data, size, [&](const xmpp::Stanza& stanza) {
    look_at_services(stanza);
    const auto message = xmpp::read_jmi(stanza);
    if (!message) return;
    check_same(*message);
    calls.take(*message);
  });
  return 0;
}
