#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/message_words.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  const v1::MarkReadResponse response = context.client().mark_read(context.word(0));
  if (context.out().json())
    context.out().print(response);
  else
    context.out().say(std::to_string(response.marked()) + " marked as read");
  return 0;
}

}  // namespace

Command message_read_command() {
  return {"message read",
          "Mark a message that came, and all before it, as read",
          "The other person is told where he asked for that and may see the presence.",
          {{"commctl message read 8f2c41d0", ""}},
          {message_argument()},
          {},
          run};
}

}  // namespace commd::commctl
