#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/mailbox_text.h"
#include "clients/commctl/report.h"
#include "clients/commctl/settings.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  const v1::Account account = context.client().get_account(context.word(0));
  const Output& out = context.out();
  if (out.json()) {
    out.print(account);
    return 0;
  }
  std::vector<std::pair<std::string, Span>> facts = {
      {"id", {account.id()}},
      {"address", {account.address()}},
      {"protocol", {word_of(account.protocol())}},
      {"state", {word_of(account.state()), style_of(account.state())}},
      {"password", {account.has_password() ? "kept" : "none"}},
  };
  if (account.has_turn_password()) facts.push_back({"TURN password", {"kept"}});
  if (!account.state_message().empty())
    facts.push_back({"reason", {account.state_message() + " [" + account.state_reason() + "]"}});
  if (account.has_retry_time())
    facts.push_back({"next attempt", {local_time(account.retry_time(), timestamp_now())}});
  if (!account.server_in_use().empty())
    facts.push_back({"server in use", {account.server_in_use()}});
  if (account.has_message_waiting())
    facts.push_back({"mailbox", mailbox_span(account.message_waiting())});
  for (const std::string& key : setting_keys()) {
    const std::string value = setting_text(account.settings(), key);
    if (!value.empty()) facts.push_back({key, {value}});
  }
  for (const Line& line : fact_lines(facts)) out.print(line);
  return 0;
}

}  // namespace

Command account_show_command() {
  return {"account show",
          "Show one account with all its settings",
          "",
          {{"commctl account show alice@example.org", "state and settings"},
           {"commctl account show alice --json",
            "the same for a script; a prefix of the id is enough"}},
          {{"ACCOUNT", "an id, a unique prefix of one, or an address", Word::account}},
          {},
          run};
}

}  // namespace commd::commctl
