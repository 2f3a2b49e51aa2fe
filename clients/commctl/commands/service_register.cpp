#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/form_dialogue.h"

namespace commd::commctl {
namespace {

template <class Request>
Request request_of(const Context& context) {
  Request request;
  request.set_address(context.word(0));
  request.set_account(context.option("--from"));
  return request;
}

int run_register(Context& context) {
  const Output& out = context.out();
  const v1::Registration asked =
      context.client().get_registration(request_of<v1::GetRegistrationRequest>(context));
  if (context.has("--show")) {
    if (out.json()) {
      out.print(asked);
      return 0;
    }
    out.say(asked.registered() ? "Registered." : "Not registered.");
    for (const Line& line : heading_lines(asked.form())) out.print(line);
    for (const Line& line : question_lines(asked.form())) out.print(line);
    if (!asked.url().empty()) out.print("Registration on the web: " + asked.url());
    return 0;
  }
  FormDialogue dialogue(context);
  if (asked.registered()) out.say("Registered already: this changes it.");
  if (!asked.url().empty()) out.say("It can also be done on the web: " + asked.url());
  const auto filled = dialogue.fill(asked.form());
  if (!filled) {
    out.say("Nothing was changed.");
    return 1;
  }
  if (const std::string unused = dialogue.unused(); !unused.empty())
    context.usage_error(unused + "; --show shows what is asked");
  auto request = request_of<v1::RegisterRequest>(context);
  *request.mutable_form() = *filled;
  context.client().register_with(request);
  out.say("Registered with " + context.word(0) + ".");
  return 0;
}

int run_unregister(Context& context) {
  context.client().unregister(request_of<v1::UnregisterRequest>(context));
  context.out().say("No longer registered with " + context.word(0) + ".");
  return 0;
}

int set_presence(Context& context, bool available) {
  auto request = request_of<v1::SetGatewayPresenceRequest>(context);
  request.set_available(available);
  context.client().set_gateway_presence(request);
  context.out().say(available ? "Asked " + context.word(0) + " to log in."
                              : "Asked " + context.word(0) + " to log out.");
  return 0;
}

int run_login(Context& context) { return set_presence(context, true); }
int run_logout(Context& context) { return set_presence(context, false); }

Argument gateway_argument() { return {"ADDRESS", "a gateway's: xmpp:domain, or domain"}; }
Option from_option() { return {"--from", "ACCOUNT", "by this account", Word::account}; }

}  // namespace

Command service_register_command() {
  std::vector<Option> options = form_options();
  options.push_back({"--show", "", "only show what is asked"});
  options.push_back(from_option());
  return {
      "service register",
      "Register with a gateway to another network, or change that",
      "What it wants to know is asked in the terminal, or given with --set and --set-file. Its\n"
      "contacts then are contacts like others.",
      {{"commctl service register sms.example.org", ""},
       {"commctl service register sms.example.org --set username=bob --set-file "
        "password=secret.txt",
        "without being asked"}},
      {gateway_argument()},
      std::move(options),
      run_register};
}

Command service_unregister_command() {
  return {"service unregister",
          "End a registration with a gateway",
          "Its contacts leave the list.",
          {{"commctl service unregister sms.example.org", ""}},
          {gateway_argument()},
          {from_option()},
          run_unregister};
}

Command service_login_command() {
  return {"service login",
          "Let a gateway log in to its network now",
          "By itself it follows your presence, once it is a contact.",
          {{"commctl service login sms.example.org", ""}},
          {gateway_argument()},
          {from_option()},
          run_login};
}

Command service_logout_command() {
  return {"service logout",
          "Let a gateway log out of its network",
          "Until your presence changes next.",
          {{"commctl service logout sms.example.org", ""}},
          {gateway_argument()},
          {from_option()},
          run_logout};
}

}  // namespace commd::commctl
