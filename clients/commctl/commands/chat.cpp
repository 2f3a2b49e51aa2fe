#include "clients/commctl/chat.h"

#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/message_text.h"
#include "clients/commctl/terminal.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  ChatOptions options;
  options.address = context.word(0);
  options.account = context.option("--from");
  options.history = context.option("--limit") == "0" ? 0 : message_limit(context, 20);
  const SignalInbox signals;
  return static_cast<int>(Chat(context, signals, std::move(options)).run());
}

}  // namespace

Command chat_command() {
  return {
      "chat",
      "Talk with one person or in a room, in this terminal",
      "Shows what was said last, then what comes, and what becomes of what you send. Enter sends;\n"
      "the cursor keys edit and bring back what was sent; /help lists the commands, /quit or\n"
      "Ctrl-D leaves, Ctrl-C leaves with 130. What is shown in a terminal counts as read; the\n"
      "other person is told of that, and of your typing, where he is a contact.\n"
      "In a room you see who says what, who comes and goes; what is said to you rings; /nick,\n"
      "/topic, /invite and /members are there as well. Without a\n"
      "terminal each line of stdin is a message, what is said goes to stdout line by line (with\n"
      "--json one object a line, again when its state changes), and the end of stdin ends it.",
      {{"commctl chat bob@example.org", ""},
       {"commctl chat Bob", "by the name in the address book"},
       {"commctl chat sip:bob@example.org --from work --limit 100", "with more of the past"},
       {"commctl chat bob@example.org --json --limit 0 < commands > events", "for a script"}},
      {{"ADDRESS", "whom to talk with: an address, or a name of the address book"}},
      {{"--from", "ACCOUNT", "send by this account", Word::account},
       {"--limit", "N", "show the last N messages first, 0 to 1000 (default 20)"}},
      run};
}

}  // namespace commd::commctl
