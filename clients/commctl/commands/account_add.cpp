#include <unistd.h>

#include <chrono>

#include "clients/client/event_stream.h"
#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/request_id.h"
#include "clients/commctl/settings.h"
#include "clients/commctl/terminal.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

using std::chrono::steady_clock;

std::string password_for(const Context& context, const std::string& address) {
  if (context.has("--password-file")) return read_password(context.option("--password-file"));
  if (::isatty(STDIN_FILENO) != 1 || context.out().json()) return {};
  return ask_password("Password of " + address + " (empty for none): ").value_or("");
}

v1::CreateAccountRequest request_of(const Context& context) {
  v1::CreateAccountRequest request;
  auto& account = *request.mutable_account();
  account.set_address(context.word(0));
  account.set_id(context.option("--id"));
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
  request.set_request_id(random_request_id());
  return request;
}

void tell(const Output& out, const v1::Account& account) {
  Line line = {{account.id() + ": "}, {word_of(account.state()), style_of(account.state())}};
  if (account.state() == v1::Account::STATE_ONLINE && !account.server_in_use().empty())
    line.push_back({" (" + account.server_in_use() + ")"});
  if (!account.state_message().empty()) line.push_back({", " + account.state_message()});
  out.say(line);
}

bool settled(const v1::Account& account) {
  return account.state() == v1::Account::STATE_ONLINE ||
         account.state() == v1::Account::STATE_FAILED ||
         account.state() == v1::Account::STATE_DISABLED;
}

// Follows the account until it is up or has failed for good.
v1::Account settle(Context& context, v1::Account account) {
  const auto timeout = context.timeout().value_or(std::chrono::seconds(30));
  const Deadline deadline = steady_clock::now() + timeout;
  const Output& out = context.out();
  tell(out, account);
  client::EventStream events(context.client());
  while (!settled(account)) {
    const auto item = events.next();
    if (!item) {
      if (wait_readable({events.descriptor()}, deadline)) continue;
      throw client::ClientError(client::Code::deadline_exceeded, "",
                                account.id() + " is not online after " + human_duration(timeout) +
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

int run(Context& context) {
  v1::CreateAccountRequest request = request_of(context);
  request.set_password(password_for(context, context.word(0)));
  const v1::Account account = settle(context, context.client().create_account(request));
  if (context.out().json()) context.out().print(account);
  if (account.state() != v1::Account::STATE_FAILED) return 0;
  context.out().complain(account.id() +
                         " is kept, but not online. Mend it with \"commctl account set\" and "
                         "\"commctl account enable\".");
  return static_cast<int>(client::ExitCode::failed);
}

}  // namespace

Command account_add_command() {
  return {
      "account add",
      "Add a SIP or XMPP account and wait until it is online",
      "ADDRESS is sip:user@domain, xmpp:user@domain, or user@domain for SIP. The password is "
      "asked\n"
      "for in a terminal, or read from a file; it is never an argument. The command waits for the\n"
      "outcome, by default 30 s (--timeout): 0 online, 1 failed for good, 6 not online yet; the\n"
      "account is kept in each case.",
      {{"commctl account add alice@example.org", "asks for the password"},
       {"commctl account add sip:alice@example.org --password-file - --transport tls < secret",
        "the password from stdin, TLS only"},
       {"commctl account add xmpp:alice@example.org", "XMPP, its server found by DNS"},
       {"commctl account add bob@10.0.0.5 --id work --set encryption=required",
        "under a name of its own, encrypted calls only"}},
      {{"ADDRESS", "the address of the account"}},
      {{"--id", "ID", "a name for the account (default: its address)"},
       {"--password-file", "FILE", "read the password from FILE, - for stdin", Word::file},
       {"--server", "HOST[:PORT]", "the server, where DNS does not tell it"},
       {"--transport", "udp|tcp|tls",
        "only this transport; XMPP: tls from the first byte, tcp with STARTTLS", Word::transport},
       {"--set", "KEY=VALUE", "a setting, see \"commctl account show\"", Word::setting, true},
       {"--yes", "", "confirm auto_answer=always"}},
      run};
}

}  // namespace commd::commctl
