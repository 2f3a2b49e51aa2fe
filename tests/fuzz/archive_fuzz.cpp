// What carries messages inside: carbon copies and the archive's results, and its answers. The
// input is what follows a stream's header. Ids that nobody can guess are put in where the
// stanza is of the right kind, so that the way behind them is tried, too.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/escape.h"
#include "daemon/xmpp/archive_catch_up.h"
#include "daemon/xmpp/forwarded.h"
#include "daemon/xmpp/message_extras.h"
#include "daemon/xmpp/message_stanza.h"
#include "daemon/xmpp/namespaces.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/stanzas.h"

using namespace commd;
using fuzz::require;

namespace {

const base::WallTime kNow{std::chrono::seconds(1'700'000'000)};

void read_inner(const xmpp::Forwarded& forwarded, const xmpp::Jid& account) {
  require(forwarded.time <= kNow);
  const auto content = xmpp::read_message(forwarded.message, account, kNow, forwarded.archive_id);
  if (!content || !content->amends) return;
  const xmpp::Amends& amends = *content->amends;
  require(!amends.target.empty());
  require(amends.emojis.size() <= model::max_emojis);
  for (const std::string& emoji : amends.emojis)
    require(model::is_emoji(emoji) && base::is_valid_utf8(emoji));
  require((amends.kind == model::AmendmentKind::correct) == content->chat.has_value());
  if (content->chat) require(base::is_valid_utf8(content->chat->text));
  if (content->chat && !content->chat->reply.empty()) require(!content->chat->text.empty());
}

class Session {
 public:
  explicit Session(const xmpp::Jid& account) : account_(account), catch_up_(account) {
    asked(catch_up_.begin("place", kNow));
  }

  void take(const xmpp::Stanza& stanza) {
    if (const auto carbon = xmpp::read_carbon(stanza, account_, kNow)) {
      require(stanza.from() == account_.str());
      read_inner(*carbon, account_);
    }
    const xmpp::Element result = stanza.child("result", xmpp::ns::kArchive);
    if (result) xmpp::MutableElement(result.raw()).set("queryid", question_);
    if (stanza.is("iq", xmpp::ns::kClient)) xmpp::MutableElement(stanza.raw()).set("id", question_);
    if (xmpp::is_archive_result(stanza)) {
      const auto found = catch_up_.take(stanza, kNow);
      if (!found) return;
      require(catch_up_.running());
      read_inner(*found, account_);
      catch_up_.opened(++ticket_);
    }
    if (catch_up_.take_iq(stanza)) require(xmpp::from_own_account(stanza, account_));
    require(ticket_ == closed_ || !catch_up_.step());
    while (closed_ < ticket_) catch_up_.dealt_with(++closed_);
    go_on();
  }

 private:
  void go_on() {
    const auto step = catch_up_.step();
    if (!step) return;
    require(step->done == !step->next.has_value());
    require(step->done == !catch_up_.running());
    if (step->next) asked(*step->next);
    require(!catch_up_.step());
  }
  void asked(const xmpp::Stanza& iq) { question_ = iq.id(); }

  const xmpp::Jid account_;
  xmpp::ArchiveCatchUp catch_up_;
  std::string question_;
  uint64_t ticket_ = 0;
  uint64_t closed_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Session session(*xmpp::Jid::parse("user@example.org"));
  fuzz::for_each_stanza(data, size, [&](const xmpp::Stanza& stanza) { session.take(stanza); });
  return 0;
}
