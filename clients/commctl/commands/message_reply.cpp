#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/message_words.h"
#include "clients/commctl/request_id.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  const v1::Message answered = context.client().get_message(context.word(0));
  v1::SendMessageRequest request;
  request.set_address(answered.peer());
  request.set_account(answered.account());
  request.set_reply_to(answered.id());
  request.set_text(text_word(context, 1));
  request.set_request_id(random_request_id());
  return show_message(context, context.client().send_message(request), "answered");
}

}  // namespace

Command message_reply_command() {
  return {"message reply",
          "Answer a certain message",
          "It goes to whom that message was from or to, by the same account.",
          {{"commctl message reply 8f2c41d0 \"Yes, at noon\"", ""}},
          {message_argument(), {"TEXT", "what to say, - for stdin"}},
          {},
          run};
}

}  // namespace commd::commctl
