#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/message_text.h"

namespace commd::commctl {
namespace {

v1::ListMessagesRequest request_of(const Context& context) {
  v1::ListMessagesRequest request;
  request.set_address(context.word(0));
  request.set_page_size(message_limit(context, 20));
  return request;
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
  out.print(message_table(response.messages()));
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
