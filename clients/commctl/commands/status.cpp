#include <array>
#include <cstdio>

#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/mailbox_text.h"
#include "clients/commctl/report.h"

namespace commd::commctl {
namespace {

std::string join(const google::protobuf::RepeatedPtrField<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string usage_text(const v1::Status& status) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.1f MB of memory, %s of processor time",
                static_cast<double>(status.rss_bytes()) / 1e6,
                human_duration(milliseconds_of(status.cpu_time())).c_str());
  return buffer.data();
}

int run(Context& context) {
  const v1::Status status = context.client().get_status();
  const Output& out = context.out();
  if (out.json()) {
    out.print(status);
    return 0;
  }
  std::vector<std::pair<std::string, Span>> facts = {
      {"Daemon", {"commd " + status.version() + ", process " + std::to_string(status.pid())}},
      {"Up for", {human_duration(milliseconds_of(status.uptime()))}},
      {"Accounts",
       {std::to_string(status.accounts_online()) + " online of " +
            std::to_string(status.accounts()),
        status.accounts_online() < status.accounts() ? Style::warning : Style::plain}},
      {"Calls", {std::to_string(status.calls())}},
      {"Uses", {usage_text(status)}},
      {"State in", {status.state_dir()}},
  };
  const v1::ListAccountsResponse accounts = context.client().list_accounts();
  for (const v1::Account& account : accounts.accounts())
    if (waits(account)) {
      Span mailbox = mailbox_span(account.message_waiting());
      mailbox.text = account.id() + ": " + mailbox.text;
      facts.push_back({"Mailbox", std::move(mailbox)});
    }
  for (const std::string& address : status.listening()) facts.push_back({"Listens on", {address}});
  if (status.codecs_size() > 0) facts.push_back({"Codecs", {join(status.codecs())}});
  for (const std::string& problem : status.problems())
    facts.push_back({"Problem", {problem, Style::warning}});
  for (const Line& line : fact_lines(facts)) out.print(line);
  return 0;
}

}  // namespace

Command status_command() {
  return {
      "status",
      "Show what the daemon does: version, accounts, calls, addresses",
      "",
      {{"commctl status", "for a person"}, {"commctl status --json", "every field, for a script"}},
      {},
      {},
      run};
}

}  // namespace commd::commctl
