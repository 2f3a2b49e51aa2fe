#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"

namespace commd::commctl {
namespace {

std::string identities_of(const v1::Service& service) {
  std::string text;
  for (const std::string& each : service.identities()) text += (text.empty() ? "" : ", ") + each;
  return text;
}

std::string marks_of(const v1::Service& service) {
  std::string text;
  if (service.registered()) text = "registered";
  if (service.has_commands()) text += text.empty() ? "commands" : ", commands";
  return text;
}

int run_list(Context& context) {
  v1::ListServicesRequest request;
  request.set_address(context.word(0));
  request.set_account(context.option("--from"));
  v1::ListServicesResponse response = context.client().list_services(request);
  const Output& out = context.out();
  Table table;
  table.header = {"ADDRESS", "WHAT", "NAME", ""};
  table.flexible = 2;
  for (const v1::Service& service : response.services()) {
    if (context.has("--gateways") && !service.gateway()) continue;
    if (out.json()) out.print(service);
    table.rows.push_back({{service.address()},
                          {identities_of(service)},
                          {service.name()},
                          {marks_of(service), Style::dim}});
  }
  if (out.json()) return 0;
  if (table.rows.empty())
    out.say(context.has("--gateways") ? "There is no gateway." : "Nothing answers.");
  else
    out.print(table);
  return 0;
}

int run_commands(Context& context) {
  v1::ListCommandsRequest request;
  request.set_address(context.word(0));
  request.set_account(context.option("--from"));
  const v1::ListCommandsResponse response = context.client().list_commands(request);
  const Output& out = context.out();
  Table table;
  table.header = {"COMMAND", "WHAT IT IS", "AT"};
  table.flexible = 1;
  for (const v1::Command& command : response.commands()) {
    if (out.json()) out.print(command);
    table.rows.push_back({{command.node()}, {command.name()}, {command.address(), Style::dim}});
  }
  if (out.json()) return 0;
  if (table.rows.empty())
    out.say("It has no commands for you.");
  else
    out.print(table);
  return 0;
}

constexpr Option from_option() {
  return {"--from", "ACCOUNT", "ask by this account", Word::account};
}

}  // namespace

Command service_list_command() {
  return {
      "service list",
      "Show what a server offers: rooms, gateways, commands",
      "Without an address the account's own server is asked.",
      {{"commctl service list", ""},
       {"commctl service list --gateways", "ways to other networks; \"service register\" uses one"},
       {"commctl service list irc.example.org", "one service, and what it lists itself"}},
      {{"ADDRESS", "xmpp:domain, or domain", Word::any, Argument::Count::optional}},
      {{"--gateways", "", "only gateways to other networks"}, from_option()},
      run_list};
}

Command service_commands_command() {
  return {"service commands",
          "Show the commands that a service can run",
          "Without an address those of the account's own server. \"service run\" runs one.",
          {{"commctl service commands irc.example.org", ""}},
          {{"ADDRESS", "xmpp:domain, domain, or a device: user@domain/device", Word::any,
            Argument::Count::optional}},
          {from_option()},
          run_commands};
}

}  // namespace commd::commctl
