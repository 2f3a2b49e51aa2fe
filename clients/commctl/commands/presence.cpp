// presence set, presence show
#include "clients/commctl/commands.h"
#include "clients/commctl/contact_text.h"
#include "clients/commctl/context.h"
#include "clients/commctl/duration.h"

namespace commd::commctl {
namespace {

using Presences = google::protobuf::RepeatedPtrField<v1::OwnPresence>;

int show(const Context& context, const Presences& presences) {
  const Output& out = context.out();
  if (out.json()) {
    for (const v1::OwnPresence& each : presences) out.print(each);
    return 0;
  }
  if (presences.empty()) {
    out.say("No account has a presence; XMPP accounts have.");
    return 0;
  }
  const auto now = timestamp_now();
  Table table;
  table.header = {"ACCOUNT", "PRESENCE", "SINCE"};
  table.flexible = 1;
  for (const v1::OwnPresence& each : presences)
    table.rows.push_back({{each.account()},
                          presence_span(each.presence()),
                          {local_time(each.presence().time(), now), Style::dim}});
  out.print(table);
  return 0;
}

int set(Context& context) {
  v1::SetPresenceRequest request;
  request.set_account(context.option("--account"));
  const auto availability = availability_of(context.word(0));
  if (availability == v1::Presence::AVAILABILITY_UNSPECIFIED) {
    std::string choices;
    for (const std::string& word : availability_words())
      choices += (choices.empty() ? "" : ", ") + word;
    context.usage_error("\"" + context.word(0) + "\" is no presence; it is one of " + choices);
  }
  request.mutable_presence()->set_availability(availability);
  request.mutable_presence()->set_status(context.word(1));
  return show(context, context.client().set_presence(request).presences());
}

int show_all(Context& context) {
  return show(context, context.client().list_presences().presences());
}

}  // namespace

Command presence_set_command() {
  return {"presence set",
          "Tell your contacts whether you are there",
          "By all accounts, unless one is named. It is kept, and said anew whenever an account\n"
          "comes online. With dnd calls ring all the same: see the account's do_not_disturb.\n"
          "With unavailable (offline, invisible) the accounts stay connected, and messages wait\n"
          "at their servers.",
          {{"commctl presence set away \"in a lecture\"", "by every account"},
           {"commctl presence set available", "without a word"},
           {"commctl presence set dnd --account work", "by one account"}},
          {{"STATE", "available, chat, away, xa, dnd, unavailable", Word::availability},
           {"TEXT", "what your contacts read", Word::any, Argument::Count::optional}},
          {{"--account", "ACCOUNT", "by this account alone", Word::account}},
          set};
}

Command presence_show_command() {
  return {"presence show",
          "Show what each account tells your contacts",
          "",
          {{"commctl presence show", ""}},
          {},
          {},
          show_all};
}

}  // namespace commd::commctl
