#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/settings.h"
#include "clients/commctl/terminal.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  v1::UpdateAccountRequest request;
  request.mutable_account()->set_id(context.word(0));
  auto& settings = *request.mutable_account()->mutable_settings();
  for (size_t i = 1; i < context.arguments().words.size(); ++i)
    request.mutable_update_mask()->add_paths(
        "settings." + apply_setting(context.word(i), setting_keys(), settings));
  if (context.has("--password-file"))
    request.set_password(read_password(context.option("--password-file")));
  if (context.has("--turn-password-file"))
    request.set_turn_password(read_password(context.option("--turn-password-file")));
  if (request.update_mask().paths().empty() && request.password().empty() &&
      request.turn_password().empty())
    context.usage_error("nothing to set: write KEY=VALUE, or --password-file FILE");
  if (settings.auto_answer() == v1::AccountSettings::AUTO_ANSWER_ALWAYS) {
    if (!context.has("--yes"))
      context.usage_error(
          "auto_answer=always opens the microphone to every caller; add --yes if you mean it");
    request.set_confirm_open_microphone(true);
  }
  const v1::Account account = context.client().update_account(request);
  if (context.out().json()) {
    context.out().print(account);
  } else {
    context.out().say("Changed " + account.id() + ".");
  }
  return 0;
}

}  // namespace

Command account_set_command() {
  return {"account set",
          "Change settings or the password of an account",
          "KEY= without a value goes back to the default. Lists are written with commas, times in\n"
          "seconds or as durations. \"commctl account show\" lists the keys with their values.",
          {{"commctl account set alice encryption=required ice=on", "two settings"},
           {"commctl account set alice codecs=opus,PCMU", "a list, the preferred one first"},
           {"commctl account set alice stun=", "back to the default"},
           {"commctl account set alice turn=turn:relay.example turn_username=alice "
            "--turn-password-file secret",
            "a relay for media"},
           {"commctl account set alice --password-file -", "a new password from stdin"}},
          {{"ACCOUNT", "an id, a unique prefix of one, or an address", Word::account},
           {"KEY=VALUE", "a setting", Word::setting, Argument::Count::any}},
          {{"--password-file", "FILE", "read a new password from FILE, - for stdin", Word::file},
           {"--turn-password-file", "FILE", "the password for the servers of the setting turn",
            Word::file},
           {"--yes", "", "confirm auto_answer=always"}},
          run};
}

}  // namespace commd::commctl
