#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/message_text.h"
#include "clients/commctl/message_words.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

std::string unread_text(const v1::Conversation& conversation) {
  if (conversation.unread() == 0) return {};
  std::string text = std::to_string(conversation.unread()) + " new";
  if (conversation.unread_mentions() > 0)
    text += ", " + std::to_string(conversation.unread_mentions()) + " to you";
  return text;
}

int run(Context& context) {
  v1::ListConversationsRequest request;
  request.set_account(context.option("--account"));
  request.set_unread(context.has("--unread"));
  request.set_page_size(message_limit(context, 50));
  const v1::ListConversationsResponse response = context.client().list_conversations(request);
  const Output& out = context.out();
  if (out.json()) {
    for (const v1::Conversation& each : response.conversations()) out.print(each);
    return 0;
  }
  if (response.conversations().empty()) {
    out.say(request.unread() ? "Nothing new." : "No conversations.");
    return 0;
  }
  Table table;
  table.header = {"WITH", "ACCOUNT", "WHEN", "LAST", ""};
  table.flexible = 3;
  const auto now = timestamp_now();
  for (const v1::Conversation& each : response.conversations())
    table.rows.push_back({{each.peer()},
                          {each.account(), Style::dim},
                          {local_time(each.last().time(), now), Style::dim},
                          {shown_text(each.last())},
                          {unread_text(each), Style::bold}});
  out.print(table);
  if (!response.next_page_token().empty()) out.say("There are older ones; see --limit.");
  return 0;
}

}  // namespace

Command message_conversations_command() {
  return {"message conversations",
          "Show with whom there are messages, and what is new",
          "The conversation with the newest message comes first.",
          {{"commctl message conversations --unread", "only those with something new"}},
          {},
          {{"--unread", "", "only those with something that was not read"},
           {"--account", "ACCOUNT", "only this account's", Word::account},
           {"--limit", "N", "at most N, 1 to 1000 (default 50)"}},
          run};
}

}  // namespace commd::commctl
