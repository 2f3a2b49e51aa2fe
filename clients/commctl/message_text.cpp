#include "clients/commctl/message_text.h"

#include <charconv>

#include "clients/commctl/duration.h"
#include "clients/commctl/message_words.h"
#include "clients/commctl/when.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

std::optional<google::protobuf::Timestamp> moment(const Context& context, const char* option) {
  if (!context.has(option)) return std::nullopt;
  const auto time = parse_when(context.option(option), timestamp_now());
  if (!time)
    context.usage_error(std::string(option) +
                        " takes a date (2026-01-31), a date and time (\"2026-01-31 14:00\"), a "
                        "time of today, today, yesterday, or how long ago (2h, 7d)");
  return time;
}

}  // namespace

Table message_table(const google::protobuf::RepeatedPtrField<v1::Message>& newest_first) {
  const auto now = timestamp_now();
  Table table;
  table.header = {"ID", "WHEN", "", "WITH", "TEXT", "STATE"};
  table.flexible = 4;
  for (int i = newest_first.size(); i-- > 0;) {
    const v1::Message& message = newest_first.Get(i);
    const bool incoming = message.direction() == v1::Message::DIRECTION_INCOMING;
    const bool failed = message.state() == v1::Message::STATE_FAILED;
    const bool unread = message.state() == v1::Message::STATE_RECEIVED;
    const std::string reactions = reactions_text(message);
    table.rows.push_back(
        {{short_id(message), Style::dim},
         {local_time(message.time(), now), Style::dim},
         {incoming ? "in" : "out"},
         {message.nick().empty() ? message.peer() : message.peer() + "/" + message.nick(),
          message.mentioned() ? Style::bold : Style::plain},
         {shown_text(message) + (reactions.empty() ? "" : "  [" + reactions + "]")},
         {incoming ? (unread ? "new" : "")
                   : word_of(message.state()) + (failed ? ": " + message.fail_message() : ""),
          failed ? Style::bad : Style::dim}});
  }
  return table;
}

int32_t message_limit(const Context& context, int32_t otherwise) {
  if (!context.has("--limit")) return otherwise;
  const std::string text = context.option("--limit");
  int32_t limit = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (parsed.ptr != text.data() + text.size() || limit < 1 || limit > 1000)
    context.usage_error("--limit takes a number from 1 to 1000");
  return limit;
}

template <class Request>
void set_times(const Context& context, Request& request) {
  if (const auto since = moment(context, "--since")) *request.mutable_since() = *since;
  if (const auto until = moment(context, "--until")) *request.mutable_until() = *until;
}

template void set_times(const Context&, v1::ListMessagesRequest&);
template void set_times(const Context&, v1::SearchMessagesRequest&);

}  // namespace commd::commctl
