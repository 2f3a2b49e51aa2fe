// Three verbs that differ in one call.
#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/file_follow.h"
#include "clients/commctl/file_text.h"

namespace commd::commctl {
namespace {

Argument transfer_argument() {
  return {"TRANSFER", "its id or the beginning of it; \"file list\" shows them"};
}

int tell(const Context& context, const v1::FileTransfer& file) {
  if (context.out().json())
    context.out().print(file);
  else
    context.out().say(transfer_line(file));
  return 0;
}

int run_reject(Context& context) {
  return tell(context, context.client().reject_file(context.word(0)));
}

int run_cancel(Context& context) {
  return tell(context, context.client().cancel_file(context.word(0)));
}

int run_resume(Context& context) {
  return follow_file(context, [&] { return context.client().resume_file(context.word(0)); });
}

}  // namespace

Command file_reject_command() {
  return {"file reject",
          "Say no to a file that is offered",
          "",
          {{"commctl file reject 4f2a", ""}},
          {transfer_argument()},
          {},
          run_reject};
}

Command file_cancel_command() {
  return {"file cancel",
          "Stop a file that is on its way",
          "What has come of it is removed.",
          {{"commctl file cancel 4f2a", ""}},
          {transfer_argument()},
          {},
          run_cancel};
}

Command file_resume_command() {
  return {"file resume",
          "Go on with a file that has stopped",
          "From where it stopped if the far end can, else from its start.",
          {{"commctl file resume 4f2a", ""}},
          {transfer_argument()},
          {detach_option()},
          run_resume};
}

}  // namespace commd::commctl
