#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/message_words.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  v1::ReactToMessageRequest request;
  request.set_id(context.word(0));
  for (size_t i = 1; !context.word(i).empty(); ++i) request.add_emojis(context.word(i));
  const v1::Message message = context.client().react_to_message(request);
  return show_message(context, message,
                      request.emojis().empty() ? "no reaction any more" : reactions_text(message));
}

}  // namespace

Command message_react_command() {
  return {"message react",
          "React to a message with one character or some",
          "They replace the earlier ones of this person; without any, those are taken back.",
          {{"commctl message react 8f2c41d0 \U0001f44d", ""},
           {"commctl message react 8f2c41d0", "takes it back"}},
          {message_argument(), {"EMOJI", "at most 16", Word::any, Argument::Count::any}},
          {},
          run};
}

}  // namespace commd::commctl
