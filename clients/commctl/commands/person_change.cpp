// person add, person change, person remove, person merge, person split
#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/person_text.h"
#include "clients/commctl/request_id.h"

namespace commd::commctl {
namespace {

int show(const Context& context, const v1::Person& person) {
  if (context.out().json())
    context.out().print(person);
  else
    context.out().say(person.name() + ": " +
                      (person.addresses().empty() ? "no address" : addresses_text(person)) + ".");
  return 0;
}

void set_details(const Context& context, v1::Person& person) {
  if (context.has("--organization")) person.set_organization(context.option("--organization"));
  if (context.has("--note")) person.set_note(context.option("--note"));
}

int add(Context& context) {
  v1::CreatePersonRequest request;
  request.set_request_id(random_request_id());
  v1::Person& person = *request.mutable_person();
  person.set_name(context.word(0));
  for (size_t i = 1; i < context.arguments().words.size(); ++i)
    *person.add_addresses() = person_address_of(context.word(i));
  set_details(context, person);
  return show(context, context.client().create_person(request));
}

int change(Context& context) {
  v1::UpdatePersonRequest request;
  *request.mutable_person() = context.client().get_person(context.word(0));
  v1::Person& person = *request.mutable_person();
  person.clear_contacts();
  person.clear_presence();
  if (context.has("--name")) person.set_name(context.option("--name"));
  for (const std::string& each : context.all("--address"))
    *person.add_addresses() = person_address_of(each);
  set_details(context, person);
  return show(context, context.client().update_person(request));
}

int remove(Context& context) {
  context.client().delete_person(context.word(0));
  if (!context.out().json()) context.out().say("Removed.");
  return 0;
}

int merge(Context& context) {
  v1::MergePeopleRequest request;
  for (const std::string& each : context.arguments().words) request.add_ids(each);
  return show(context, context.client().merge_people(request));
}

int split(Context& context) {
  v1::SplitPersonRequest request;
  request.set_id(context.word(0));
  request.set_address(context.word(1));
  return show(context, context.client().split_person(request));
}

Argument person_argument() {
  return {"PERSON", "a name, an address or an id, or the beginning of one", Word::person};
}

std::vector<Option> with_details(std::vector<Option> options) {
  options.push_back({"--organization", "NAME", "where he works"});
  options.push_back({"--note", "TEXT", "anything"});
  return options;
}

}  // namespace

Command person_add_command() {
  return {"person add",
          "Put a person into the address book",
          "The address book is this daemon's own. To put somebody on an account's contact list:\n"
          "contact add.",
          {{"commctl person add \"Bob Marley\" xmpp:bob@example.org work=tel:+4930123456", ""}},
          {{"NAME", "what he is called"},
           {"ADDRESS",
            "xmpp:, sip: or mailto: with user@domain, or a number; LABEL=ADDRESS gives it a label",
            Word::any, Argument::Count::any}},
          with_details({}),
          add};
}

Command person_change_command() {
  return {"person change",
          "Change what is known of a person",
          "",
          {{"commctl person change Bob --address cell=+49170123456", "one more address"},
           {"commctl person change Bob --name \"Bob Marley\"", ""}},
          {person_argument()},
          with_details({{"--name", "NAME", "what he is called"},
                        {"--address", "ADDRESS",
                         "one more address, as in person add; may be given several times",
                         Word::any, true}}),
          change};
}

Command person_remove_command() {
  return {"person remove",
          "Take a person out of the address book",
          "Contacts stay on their lists, messages in the history.",
          {{"commctl person remove Bob", ""}},
          {person_argument()},
          {},
          remove};
}

Command person_merge_command() {
  return {"person merge",
          "Make one person of several",
          "People of the address book, and contacts. The first one's name stays, his addresses "
          "come\nfirst. Who may be there twice is shown by: person suggest.",
          {{"commctl person merge Bob xmpp:bob@example.org", "a contact becomes Bob's"}},
          {person_argument(), {"PERSON", "who is the same", Word::person, Argument::Count::some}},
          {},
          merge};
}

Command person_split_command() {
  return {"person split",
          "Take an address from a person",
          "",
          {{"commctl person split Bob sip:bob@example.net", ""}},
          {person_argument(), {"ADDRESS", "one of his"}},
          {},
          split};
}

}  // namespace commd::commctl
