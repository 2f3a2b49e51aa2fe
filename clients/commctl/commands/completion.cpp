#include "clients/commctl/commands.h"
#include "clients/commctl/complete.h"
#include "clients/commctl/context.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  const std::string script = completion_script(context.word(0));
  if (script.empty())
    context.usage_error("\"" + context.word(0) +
                        "\" is no shell known here; bash, zsh and fish are");
  context.out().print_raw(script);
  return 0;
}

}  // namespace

Command completion_command() {
  return {"completion",
          "Print the completion script for a shell",
          "",
          {{"source <(commctl completion bash)", "for this shell"},
           {"commctl completion zsh > ~/.zfunc/_commctl", "a folder of fpath"},
           {"commctl completion fish > ~/.config/fish/completions/commctl.fish", ""}},
          {{"SHELL", "bash, zsh or fish", Word::shell}},
          {},
          run};
}

}  // namespace commd::commctl
