// Stanzas of anybody, as the handlers of a session get them: messages, the roster, requests.
// The input is what follows a stream's header.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/base/escape.h"
#include "daemon/xmpp/iq_responder.h"
#include "daemon/xmpp/message_stanza.h"
#include "daemon/xmpp/roster.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/stanzas.h"

using namespace commd;
using fuzz::require;

namespace {

void read_as_message(const xmpp::Element& stanza, const xmpp::Jid& account, base::WallTime now) {
  const auto content = xmpp::read_message(stanza, account, now);
  if (!content) return;
  require(!content->from.empty());
  require(content->news.size() <= 3);
  for (const xmpp::MessageNews& news : content->news) require(!news.id.empty());
  if (content->amends) {
    require(!content->amends->target.empty());
    require(content->amends->emojis.size() <= model::max_emojis);
  }
  if (!content->chat) return;
  require(!content->chat->text.empty());
  require(base::is_valid_utf8(content->chat->text));
  require(content->chat->time <= now);
  require(!content->chat->receipt || !content->chat->id.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto account = *xmpp::Jid::parse("user@example.org");
  const base::WallTime now{std::chrono::seconds(1'700'000'000)};
  xmpp::Roster roster(account);
  static_cast<void>(roster.request(xmpp::Roster::Wish::whole));
  fuzz::for_each_stanza(data, size, [&](const xmpp::Stanza& stanza) {
    read_as_message(stanza, account, now);
    auto taken = roster.take(stanza);
    if (!taken.ours) taken.reply = xmpp::answer_iq(stanza);
    // An answer to an answer would go on for ever.
    if (taken.reply) require(stanza.type() == "get" || stanza.type() == "set");
  });
  require(roster.items().size() <= xmpp::Roster::most_items);
  return 0;
}
