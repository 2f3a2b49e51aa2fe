#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/message_words.h"
#include "clients/commctl/request_id.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  v1::SendMessageRequest request;
  request.set_address(context.word(0));
  request.set_account(context.option("--from"));
  request.set_local(context.option("--as"));
  request.set_text(text_word(context, 1));
  request.set_request_id(random_request_id());
  const v1::Message message = context.client().send_message(request);
  const Output& out = context.out();
  if (out.json()) {
    out.print(message);
    return 0;
  }
  out.say(message.peer() + ": " + word_of(message.state()) +
          "; \"commctl watch\" tells when it is sent, delivered and read");
  return 0;
}

}  // namespace

Command message_send_command() {
  return {
      "message send",
      "Send a message to one person",
      "ADDRESS is xmpp:user@domain or user@domain. TEXT is one word to the shell: quote it; - "
      "reads it\n"
      "from stdin. The message is kept, and goes out when its account is online.",
      {{"commctl message send bob@example.org \"Lunch at noon?\"", ""},
       {"git log -1 | commctl message send bob@example.org -", "from stdin"}},
      {{"ADDRESS", "whom to write to"}, {"TEXT", "what to say, - for stdin"}},
      {{"--from", "ACCOUNT", "send by this account", Word::account},
       {"--as", "ADDRESS", "with a component's account: the address of its domain that writes"}},
      run};
}

}  // namespace commd::commctl
