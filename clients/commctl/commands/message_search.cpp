#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/message_text.h"

namespace commd::commctl {
namespace {

v1::SearchMessagesRequest request_of(const Context& context) {
  v1::SearchMessagesRequest request;
  // "see you" of the shell's quotes is two words; a phrase has quotes of its own.
  std::string words;
  for (const std::string& word : context.arguments().words)
    words += (words.empty() ? "" : " ") + word;
  request.set_words(words);
  request.set_address(context.option("--with"));
  request.set_account(context.option("--account"));
  request.set_page_size(message_limit(context, 20));
  set_times(context, request);
  return request;
}

int run(Context& context) {
  const v1::SearchMessagesResponse response = context.client().search_messages(request_of(context));
  const Output& out = context.out();
  if (out.json()) {
    for (const v1::Message& message : response.messages()) out.print(message);
    return 0;
  }
  if (response.messages().empty()) {
    out.say("No message has these words.");
    return 0;
  }
  out.print(message_table(response.messages()));
  if (!response.next_page_token().empty())
    out.say("There are older ones; see --until and --limit.");
  return 0;
}

}  // namespace

Command message_search_command() {
  return {"message search",
          "Find messages by what they say",
          "A message must have all the words, in any order; case and accents do not matter. A\n"
          "phrase is quoted once more, a * after two letters or more stands for the rest of a "
          "word.\n"
          "The newest that match, in their order; with --json the newest first.",
          {{"commctl message search lunch tuesday", "both words"},
           {"commctl message search '\"see you\"'", "the words in this order"},
           {"commctl message search 'invoi*' --with bob@example.org --since 2026-01-01", ""}},
          {{"WORDS", "what to look for", Word::any, Argument::Count::some}},
          {{"--with", "ADDRESS", "only what was said with this person"},
           {"--account", "ACCOUNT", "only what this account sent or got", Word::account},
           {"--since", "T", "from then on: 2026-01-31, \"2026-01-31 14:00\", 14:00, yesterday, 7d"},
           {"--until", "T", "before then"},
           {"--limit", "N", "at most N messages, 1 to 1000 (default 20)"}},
          run};
}

}  // namespace commd::commctl
