#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/message_words.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  v1::CorrectMessageRequest request;
  request.set_id(context.word(0));
  request.set_text(text_word(context, 1));
  return show_message(context, context.client().correct_message(request), "corrected");
}

}  // namespace

Command message_correct_command() {
  return {"message correct",
          "Change the text of a message that was sent",
          "The other person's client shows the new text in its place, or as another message.",
          {{"commctl message correct 8f2c41d0 \"Lunch at one?\"", ""}},
          {message_argument(), {"TEXT", "what it should have been, - for stdin"}},
          {},
          run};
}

}  // namespace commd::commctl
