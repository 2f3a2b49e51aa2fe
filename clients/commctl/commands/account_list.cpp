#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  const v1::ListAccountsResponse response = context.client().list_accounts();
  const Output& out = context.out();
  if (out.json()) {
    for (const v1::Account& account : response.accounts()) out.print(account);
    return 0;
  }
  if (response.accounts().empty()) {
    out.say("No accounts. Add one: commctl account add user@example.org");
    return 0;
  }
  Table table;
  table.header = {"ID", "STATE", "PROTOCOL", "DETAIL"};
  table.flexible = 3;
  for (const v1::Account& account : response.accounts()) {
    const std::string detail =
        account.state_message().empty() ? account.server_in_use() : account.state_message();
    table.rows.push_back({{account.id()},
                          {word_of(account.state()), style_of(account.state())},
                          {word_of(account.protocol())},
                          {detail}});
  }
  out.print(table);
  return 0;
}

}  // namespace

Command account_list_command() {
  return {
      "account list",
      "List the accounts and their states",
      "",
      {{"commctl account list", "a table"}, {"commctl account list --json", "one account a line"}},
      {},
      {},
      run};
}

}  // namespace commd::commctl
