#include <algorithm>
#include <charconv>

#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/message_words.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

v1::ListMessagesRequest request_of(const Context& context) {
  v1::ListMessagesRequest request;
  request.set_address(context.word(0));
  request.set_page_size(20);
  if (context.has("--limit")) {
    const std::string text = context.option("--limit");
    int32_t limit = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (parsed.ptr != text.data() + text.size() || limit < 1 || limit > 1000)
      context.usage_error("--limit takes a number from 1 to 1000");
    request.set_page_size(limit);
  }
  return request;
}

// Oldest first: as a conversation is read.
Table table_of(const v1::ListMessagesResponse& response) {
  const auto now = timestamp_now();
  Table table;
  table.header = {"ID", "WHEN", "", "WITH", "TEXT", "STATE"};
  table.flexible = 4;
  for (int i = response.messages_size(); i-- > 0;) {
    const v1::Message& message = response.messages(i);
    const bool incoming = message.direction() == v1::Message::DIRECTION_INCOMING;
    const bool failed = message.state() == v1::Message::STATE_FAILED;
    const bool unread = message.state() == v1::Message::STATE_RECEIVED;
    const std::string reactions = reactions_text(message);
    table.rows.push_back(
        {{short_id(message), Style::dim},
         {local_time(message.time(), now), Style::dim},
         {incoming ? "in" : "out"},
         {message.peer()},
         {shown_text(message) + (reactions.empty() ? "" : "  [" + reactions + "]")},
         {incoming ? (unread ? "new" : "")
                   : word_of(message.state()) + (failed ? ": " + message.fail_message() : ""),
          failed ? Style::bad : Style::dim}});
  }
  return table;
}

int run(Context& context) {
  const v1::ListMessagesResponse response = context.client().list_messages(request_of(context));
  const Output& out = context.out();
  if (out.json()) {
    for (const v1::Message& message : response.messages()) out.print(message);
    return 0;
  }
  if (response.messages().empty()) {
    out.say("No messages.");
    return 0;
  }
  out.print(table_of(response));
  if (!response.next_page_token().empty()) out.say("There are older ones; see --limit.");
  return 0;
}

}  // namespace

Command message_list_command() {
  return {"message list",
          "Show what was said with one person, or with all",
          "The newest messages, in their order; with --json the newest first.",
          {{"commctl message list bob@example.org", "the last 20 with bob"},
           {"commctl message list --limit 100", "the last 100 with anybody"}},
          {{"ADDRESS", "only with this person", Word::any, Argument::Count::optional}},
          {{"--limit", "N", "at most N messages, 1 to 1000 (default 20)"}},
          run};
}

}  // namespace commd::commctl
