#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "clients/client/event_stream.h"
#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/new_address.h"
#include "clients/commctl/request_id.h"
#include "clients/commctl/settings.h"
#include "clients/commctl/terminal.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

using std::chrono::steady_clock;

std::string asked_password(const Context& context, const std::string& address) {
  if (::isatty(STDIN_FILENO) != 1 || context.out().json()) return {};
  return ask_password("Password of " + address + " (empty for none): ").value_or("");
}

// All but the address.
v1::CreateAccountRequest request_of(const Context& context) {
  v1::CreateAccountRequest request;
  auto& account = *request.mutable_account();
  account.set_enabled(true);
  auto& settings = *account.mutable_settings();
  if (context.has("--server")) settings.set_server(context.option("--server"));
  if (context.has("--transport"))
    apply_setting("transport=" + context.option("--transport"), setting_keys(), settings);
  for (const std::string& text : context.all("--set"))
    apply_setting(text, setting_keys(), settings);
  if (settings.auto_answer() == v1::AccountSettings::AUTO_ANSWER_ALWAYS) {
    if (!context.has("--yes"))
      context.usage_error(
          "auto_answer=always opens the microphone to every caller; add --yes if you mean it");
    request.set_confirm_open_microphone(true);
  }
  return request;
}

void tell(const Output& out, const v1::Account& account) {
  Line line = {{account.id() + ": "}, {word_of(account.state()), style_of(account.state())}};
  if (account.state() == v1::Account::STATE_ONLINE && !account.server_in_use().empty())
    line.push_back({" (" + account.server_in_use() + ")"});
  if (!account.state_message().empty()) line.push_back({", " + account.state_message()});
  out.say(line);
}

std::chrono::milliseconds patience(const Context& context) {
  return context.timeout().value_or(std::chrono::seconds(30));
}

bool settled(const v1::Account& account) {
  return account.state() == v1::Account::STATE_ONLINE ||
         account.state() == v1::Account::STATE_FAILED ||
         account.state() == v1::Account::STATE_DISABLED;
}

// Follows the account until it is up or has failed for good.
v1::Account settle(Context& context, v1::Account account, steady_clock::time_point deadline) {
  const Output& out = context.out();
  tell(out, account);
  client::EventStream events(context.client());
  while (!settled(account)) {
    const auto item = events.next();
    if (!item) {
      if (wait_readable({events.descriptor()}, deadline)) continue;
      throw client::ClientError(client::Code::deadline_exceeded, "",
                                account.id() + " is not online after " +
                                    human_duration(patience(context)) +
                                    "; the daemon keeps trying. See \"commctl account show\".");
    }
    if (item->kind == client::EventStream::Kind::lost) out.say(item->error->message());
    if (item->kind != client::EventStream::Kind::event) continue;
    const v1::Event& event = item->response.event();
    if (event.account_removed() == account.id())
      throw client::ClientError(client::Code::not_found, "",
                                account.id() + " was removed meanwhile");
    if (event.account_changed().id() != account.id()) continue;
    const bool news = event.account_changed().state() != account.state();
    account = event.account_changed();
    if (news) tell(out, account);
  }
  return account;
}

// What was only found by looking, and does not take the password: the person has none there.
bool was_a_guess(const std::vector<v1::Account>& accounts, const v1::Account& account) {
  return accounts.size() > 1 && account.state() == v1::Account::STATE_FAILED &&
         std::any_of(accounts.begin(), accounts.end(), [](const v1::Account& other) {
           return other.state() == v1::Account::STATE_ONLINE;
         });
}

int end_with(Context& context, const std::vector<v1::Account>& accounts) {
  const Output& out = context.out();
  int code = 0;
  for (const v1::Account& account : accounts) {
    if (was_a_guess(accounts, account)) {
      context.client().delete_account(account.id());
      out.say(account.id() + ": not kept; to have it all the same: commctl account add " +
              account.address());
      continue;
    }
    if (out.json()) out.print(account);
    if (account.state() != v1::Account::STATE_FAILED) continue;
    out.complain(account.id() +
                 " is kept, but not online. Mend it with \"commctl account set\" and "
                 "\"commctl account enable\".");
    code = static_cast<int>(client::ExitCode::failed);
  }
  return code;
}

int run(Context& context) {
  v1::CreateAccountRequest request = request_of(context);
  const bool from_file = context.has("--password-file");
  if (from_file) request.set_password(read_password(context.option("--password-file")));
  if (context.has("--turn-password-file"))
    request.set_turn_password(read_password(context.option("--turn-password-file")));
  const std::vector<NewAddress> addresses = new_addresses(context);
  if (!from_file) request.set_password(asked_password(context, context.word(0)));
  const auto deadline = steady_clock::now() + patience(context);
  std::vector<v1::Account> accounts;
  for (const NewAddress& address : addresses) {
    request.mutable_account()->set_address(address.address);
    request.mutable_account()->set_id(address.id);
    request.set_request_id(random_request_id());
    try {
      accounts.push_back(context.client().create_account(request));
    } catch (const client::ClientError& error) {
      // A setting that only one of the protocols has, for example.
      if (addresses.size() == 1 || (accounts.empty() && &address == &addresses.back())) throw;
      context.out().complain(address.address + " was not added: " + error.message());
    }
  }
  for (v1::Account& account : accounts) account = settle(context, account, deadline);
  const int code = end_with(context, accounts);
  return accounts.size() == addresses.size() ? code : static_cast<int>(client::ExitCode::failed);
}

}  // namespace

Command account_add_command() {
  return {
      "account add",
      "Add SIP and XMPP accounts and wait until they are online",
      "ADDRESS is sip:user@domain, xmpp:user@domain, or user@domain: then what its domain speaks "
      "is\n"
      "found by DNS, or by asking there, and one account is made for each protocol; one that does\n"
      "not take the password, while the other does, is not kept. With --server or --transport a\n"
      "bare user@domain is SIP. The password is asked for in a terminal, or read from a file; it "
      "is\n"
      "never an argument. The command waits for the outcome, by default 30 s (--timeout): 0 "
      "online,\n"
      "1 failed for good, 5 no server was found, 6 not online yet; but for 5 the account is kept.",
      {{"commctl account add alice@example.org", "finds SIP and XMPP, asks for the password"},
       {"commctl account add sip:alice@example.org --password-file - --transport tls < secret",
        "the password from stdin, TLS only"},
       {"commctl account add xmpp:alice@example.org", "XMPP, its server found by DNS"},
       {"commctl account add bob@10.0.0.5 --id work --set encryption=required",
        "under a name of its own, encrypted calls only"}},
      {{"ADDRESS", "the address of the account"}},
      {{"--id", "ID", "a name for the account (default: its address)"},
       {"--password-file", "FILE", "read the password from FILE, - for stdin", Word::file},
       {"--turn-password-file", "FILE", "the password for the servers of the setting turn",
        Word::file},
       {"--server", "HOST[:PORT]", "the server, where DNS does not tell it"},
       {"--transport", "udp|tcp|tls",
        "only this transport; XMPP: tls from the first byte, tcp with STARTTLS", Word::transport},
       {"--set", "KEY=VALUE", "a setting, see \"commctl account show\"", Word::setting, true},
       {"--yes", "", "confirm auto_answer=always"}},
      run};
}

}  // namespace commd::commctl
