// person list, person show, person suggest
#include "clients/commctl/commands.h"
#include "clients/commctl/contact_text.h"
#include "clients/commctl/context.h"
#include "clients/commctl/person_text.h"
#include "clients/commctl/report.h"

namespace commd::commctl {
namespace {

std::vector<v1::Person> everybody(Context& context) {
  v1::ListPeopleRequest request;
  for (const std::string& word : context.arguments().words)
    request.set_query(request.query() + (request.query().empty() ? "" : " ") + word);
  request.set_page_size(1000);
  std::vector<v1::Person> people;
  do {
    const v1::ListPeopleResponse page = context.client().list_people(request);
    people.insert(people.end(), page.people().begin(), page.people().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return people;
}

int list(Context& context) {
  const std::vector<v1::Person> people = everybody(context);
  const Output& out = context.out();
  if (out.json()) {
    for (const v1::Person& person : people) out.print(person);
    return 0;
  }
  if (people.empty()) {
    out.say("Nobody.");
    return 0;
  }
  Table table;
  table.header = {"NAME", "ADDRESSES", "ORGANIZATION", "PRESENCE"};
  table.flexible = 1;
  for (const v1::Person& person : people)
    table.rows.push_back({{person.name()},
                          {addresses_text(person)},
                          {person.organization(), Style::dim},
                          person.has_presence() ? presence_span(person.presence()) : Span{""}});
  out.print(table);
  return 0;
}

int show(Context& context) {
  const v1::Person person = context.client().get_person(context.word(0));
  const Output& out = context.out();
  if (out.json()) {
    out.print(person);
    return 0;
  }
  std::vector<std::pair<std::string, Span>> facts = {{"id", {person.id(), Style::dim}},
                                                     {"name", {person.name()}}};
  for (const v1::Person::Address& each : person.addresses())
    facts.push_back({each.label().empty() ? "address" : each.label(), {each.address()}});
  if (!person.organization().empty()) facts.push_back({"organization", {person.organization()}});
  if (!person.note().empty()) facts.push_back({"note", {person.note()}});
  for (const std::string& each : person.contacts()) facts.push_back({"contact", {each}});
  if (person.has_presence()) facts.push_back({"presence", presence_span(person.presence())});
  for (const Line& line : fact_lines(facts)) out.print(line);
  return 0;
}

// What can be pasted into a shell.
std::string quoted(const std::string& word) {
  const bool plain = word.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                         "-_./:@+,") == std::string::npos;
  if (plain) return word;
  std::string made = "'";
  for (const char c : word) made += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return made + "'";
}

int suggest(Context& context) {
  const v1::SuggestMergesResponse response = context.client().suggest_merges();
  const Output& out = context.out();
  if (out.json()) {
    for (const v1::MergeSuggestion& each : response.suggestions()) out.print(each);
    return 0;
  }
  if (response.suggestions().empty()) out.say("Nobody seems to be there twice.");
  for (const v1::MergeSuggestion& each : response.suggestions()) {
    std::string names, command = "commctl person merge";
    for (const std::string& name : each.names()) names += (names.empty() ? "" : " = ") + name;
    for (const std::string& id : each.ids()) command += " " + quoted(id);
    const bool by_name = each.reason() == "SAME_NAME";
    out.print(Line{{names + (by_name ? "" : "  (one address, two protocols)")}});
    out.print(Line{{"  " + command, Style::dim}});
  }
  return 0;
}

}  // namespace

Command person_list_command() {
  return {
      "person list",
      "Show the people of the address book",
      "A person has all the addresses at which he can be reached; a call or a message to his\n"
      "name goes to the first that an account can reach.",
      {{"commctl person list", ""}, {"commctl person list example.org", "who is found there"}},
      {{"WORDS", "in the name, the organization or an address", Word::any, Argument::Count::any}},
      {},
      list};
}

Command person_show_command() {
  return {"person show",
          "Show one person: addresses, contacts, presence",
          "",
          {{"commctl person show Bob", ""}},
          {{"PERSON", "a name, an address or an id, or the beginning of one", Word::person}},
          {},
          show};
}

Command person_suggest_command() {
  return {"person suggest",
          "Show who may be there twice, and how to make one of them",
          "People of the address book, and contacts that are nobody's yet, with one name, or with\n"
          "one address in two protocols. Nothing is changed.",
          {{"commctl person suggest", ""}},
          {},
          {},
          suggest};
}

}  // namespace commd::commctl
