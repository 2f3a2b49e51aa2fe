#include "daemon/core/person_book.h"

#include "tests/unit/core/contacts_fixture.h"

namespace commd::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class PersonBookTest : public ContactsFixture {
 protected:
  PersonBook& book() { return core->people(); }

  base::Result<PersonView> create(const std::string& name, std::vector<std::string> addresses) {
    model::Person person;
    person.name = name;
    for (std::string& each : addresses) person.addresses.push_back({std::move(each), {}});
    return wait([&](PersonBook::Done done) { book().create(person, "", std::move(done)); });
  }
  static base::Result<PersonView> wait(const std::function<void(PersonBook::Done)>& ask) {
    std::optional<base::Result<PersonView>> got;
    ask([&](base::Result<PersonView> result) { got = std::move(result); });
    EXPECT_TRUE(got) << "no answer";
    return got ? *got : base::fail(base::invalid_argument("none", "none"));
  }
  base::Result<PersonView> merge(const std::vector<std::string>& ids) {
    return wait([&](PersonBook::Done done) { book().merge(ids, std::move(done)); });
  }
  PersonBook::Imported import(const std::vector<model::Person>& people, bool dry_run = false) {
    PersonBook::Imported result;
    book().import({people, {}}, dry_run, [&](auto done) {
      ASSERT_TRUE(done) << done.error().message;
      result = *done;
    });
    return result;
  }
  static model::Person person(const std::string& name, std::vector<std::string> addresses) {
    model::Person made;
    made.name = name;
    for (std::string& each : addresses) made.addresses.push_back({std::move(each), {}});
    return made;
  }
  static std::vector<std::string> addresses(const PersonView& view) {
    std::vector<std::string> all;
    for (const auto& each : view.person.addresses) all.push_back(each.address);
    return all;
  }
  void contact(const std::string& address, const std::string& name) {
    ports::RosterReport report;
    report.account = model::AccountId(kAlice);
    report.entries = {{address, name, {}, model::Subscription::both, false}};
    core->roster_report(std::move(report));
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const PersonView& each : book().list("", "", 100)) all.push_back(each.person.name);
    return all;
  }
  // As the next daemon finds it.
  void restart_with_people() {
    std::map<model::PersonId, model::Person> kept;
    for (const ports::Change& change : store.changes) {
      if (const auto* put = std::get_if<ports::PutPerson>(&change))
        kept[put->person.id] = put->person;
      if (const auto* erase = std::get_if<ports::ErasePerson>(&change)) kept.erase(erase->id);
    }
    for (const auto& [id, each] : kept) store.state.people.push_back(each);
    restart();
  }
};

TEST_F(PersonBookTest, IsFoundByNameAddressAndId) {
  const auto bob = create("Bob Marley", {"Bob@Example.org", "+49 30 1"});
  ASSERT_TRUE(bob) << bob.error().message;
  EXPECT_THAT(addresses(*bob), ElementsAre(kBob, "tel:+49301"));
  const std::string id = bob->person.id.str();
  for (const std::string& reference :
       {id, std::string("bob marley"), std::string("Bob"), kBob, std::string("bob@example.org"),
        std::string("tel:+49301"), id.substr(0, 6)})
    EXPECT_EQ(book().find(reference)->person.id.str(), id) << reference;
  EXPECT_EQ(book().find("eve").error().code, base::Code::not_found);
  ASSERT_TRUE(create("Bob Dylan", {}));
  EXPECT_EQ(book().find("bob").error().reason, "AMBIGUOUS");
}

TEST_F(PersonBookTest, OutlivesTheDaemon) {
  ASSERT_TRUE(create("Bob", {kBob}));
  ASSERT_TRUE(create("Eve", {}));
  book().erase("Eve", [](auto done) { EXPECT_TRUE(done); });
  restart_with_people();
  EXPECT_THAT(names(), ElementsAre("Bob"));
  EXPECT_EQ(book().by_address(kBob)->name, "Bob");
}

TEST_F(PersonBookTest, NoAddressIsTwoPeoples) {
  ASSERT_TRUE(create("Bob", {kBob}));
  const auto again = create("Robert", {"xmpp:BOB@example.org"});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().reason, "ADDRESS_TAKEN");
  EXPECT_THAT(again.error().message, HasSubstr("Bob"));
  EXPECT_THAT(names(), ElementsAre("Bob"));
}

TEST_F(PersonBookTest, NamesWhatIsWrong) {
  EXPECT_THAT(create("", {}).error().details.at("field"), "name");
  EXPECT_THAT(create("  ", {}).error().details.at("field"), "name");
  EXPECT_THAT(create("Bob", {"http://x"}).error().details.at("field"), "address");
  EXPECT_THAT(
      create("Bob", std::vector<std::string>(33, "a@b.example")).error().details.at("field"),
      "addresses");
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(PersonBookTest, IsChangedInPlace) {
  auto bob = create("Bob", {kBob});
  model::Person changed = bob->person;
  changed.name = "Robert";
  changed.addresses = {{"sip:bob@example.org", "work"}};
  const auto now = wait([&](PersonBook::Done done) { book().update(changed, std::move(done)); });
  ASSERT_TRUE(now) << now.error().message;
  EXPECT_EQ(now->person.create_time, bob->person.create_time);
  EXPECT_EQ(book().by_address(kBob), nullptr);
  EXPECT_EQ(book().by_address("sip:bob@example.org")->name, "Robert");
  EXPECT_THAT(names(), ElementsAre("Robert"));
}

TEST_F(PersonBookTest, KnowsItsContactsAndTheirPresence) {
  contact(kBob, "Bobby");
  const auto bob = create("Bob", {kBob});
  EXPECT_THAT(bob->contacts, ElementsAre(kAlice + "/" + kBob));
  ASSERT_TRUE(bob->presence);
  EXPECT_EQ(bob->presence->availability, model::Availability::unavailable);
  ports::PresenceReport report{model::AccountId(kAlice), kBob, {}, false};
  report.resource.name = "phone";
  report.resource.presence.availability = model::Availability::away;
  core->presence_report(report);
  EXPECT_EQ(book().find("Bob")->presence->availability, model::Availability::away);
}

TEST_F(PersonBookTest, PeopleAndContactsBecomeOne) {
  contact("xmpp:bobby@example.org", "Bobby");
  const auto first = create("Bob", {"sip:bob@example.org"});
  const auto second = create("Robert", {"tel:+49301"});
  const auto merged = merge({first->person.id.str(), "Robert", "bobby@example.org"});
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(merged->person.name, "Bob");
  EXPECT_EQ(merged->person.id, first->person.id);
  EXPECT_THAT(addresses(*merged),
              ElementsAre("sip:bob@example.org", "tel:+49301", "xmpp:bobby@example.org"));
  EXPECT_THAT(names(), ElementsAre("Bob"));
  const auto gone = events<model::PersonRemoved>();
  ASSERT_THAT(gone, SizeIs(1));
  EXPECT_EQ(gone[0].id, second->person.id);
  const auto split =
      wait([&](PersonBook::Done done) { book().split("Bob", "tel:+49301", std::move(done)); });
  ASSERT_TRUE(split);
  EXPECT_THAT(addresses(*split), ElementsAre("sip:bob@example.org", "xmpp:bobby@example.org"));
  EXPECT_EQ(merge({"Bob"}).error().details.at("field"), "ids");
  EXPECT_EQ(merge({"Bob", "nobody"}).error().code, base::Code::not_found);
}

TEST_F(PersonBookTest, TwoContactsBecomeAPerson) {
  contact(kBob, "");
  contact("xmpp:bobby@example.org", "Bobby");
  const auto merged = merge({kBob, "xmpp:bobby@example.org"});
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->person.name, "bob@example.org");
  EXPECT_THAT(merged->contacts, SizeIs(2));
}

TEST_F(PersonBookTest, SuggestsWhoMayBeTheSame) {
  contact(kBob, "Bob");
  contact("xmpp:eve@example.org", "Eve");
  ASSERT_TRUE(create("Robert", {"sip:bob@example.org"}));
  ASSERT_TRUE(create("eve", {}));
  ASSERT_TRUE(create("Carol", {}));
  std::vector<std::string> reasons;
  for (const auto& each : book().suggestions()) {
    EXPECT_THAT(each.ids, SizeIs(2));
    reasons.push_back(each.reason);
  }
  EXPECT_THAT(reasons, ElementsAre("SAME_USER_AND_DOMAIN", "SAME_NAME"));
  ASSERT_TRUE(merge(book().suggestions()[0].ids));
  EXPECT_THAT(book().suggestions(), SizeIs(1));
}

TEST_F(PersonBookTest, AnImportCompletesWhoIsThere) {
  ASSERT_TRUE(create("Bob", {kBob}));
  const std::vector<model::Person> file = {
      person("Robert", {kBob, "tel:+1"}), person("Eve", {"mailto:eve@example.org"}),
      person("Eve", {"mailto:eve@example.org", "tel:+2"}), person("Nobody", {})};
  const auto dry = import(file, true);
  EXPECT_THAT(names(), ElementsAre("Bob"));
  const auto done = import(file);
  for (const auto& each : {dry, done}) {
    EXPECT_EQ(each.created, 2u);
    EXPECT_EQ(each.updated, 1u);
    EXPECT_EQ(each.unchanged, 0u);
  }
  EXPECT_THAT(names(), ElementsAre("Bob", "Eve", "Nobody"));
  EXPECT_EQ(book().by_address("tel:+1")->name, "Bob");
  EXPECT_EQ(book().by_address("tel:+2")->name, "Eve");
  const auto again = import({file[0], file[1], file[2]});
  EXPECT_EQ(again.created + again.updated, 0u);
  EXPECT_EQ(again.unchanged, 3u);
}

TEST_F(PersonBookTest, AnImportTakesNobodysAddress) {
  ASSERT_TRUE(create("Bob", {kBob}));
  ASSERT_TRUE(create("Eve", {"tel:+2"}));
  import({person("Both", {kBob, "tel:+2", "tel:+3"})});
  EXPECT_EQ(book().by_address("tel:+2")->name, "Eve");
  EXPECT_EQ(book().by_address("tel:+3")->name, "Bob");
}

TEST_F(PersonBookTest, ANameStandsForTheFirstAddressThatCanBeReached) {
  using Purpose = PersonBook::Purpose;
  ASSERT_TRUE(create("Bob Marley", {"mailto:bob@example.org", kBob, "tel:+1"}));
  EXPECT_EQ(*book().address_of("bob marley", Purpose::message), kBob);
  EXPECT_EQ(book().address_of("bob marley", Purpose::call).error().reason, "PERSON_NOT_REACHABLE");
  add_account("sip:alice@example.org");
  EXPECT_EQ(*book().address_of("Bob Marley", Purpose::call), "tel:+1");
  // What is no name is as it was typed, and so is the beginning of one.
  for (const char* typed : {"bob", "echo", "+49", "bob@example.org", "sip:x"})
    EXPECT_EQ(*book().address_of(typed, Purpose::call), typed);
  ASSERT_TRUE(create("Bob Marley", {"tel:+5"}));
  EXPECT_EQ(book().address_of("Bob Marley", Purpose::call).error().reason, "AMBIGUOUS");
}

TEST_F(PersonBookTest, IsListedInPages) {
  for (const char* name : {"Carol", "alice", "Bob"}) ASSERT_TRUE(create(name, {}));
  EXPECT_THAT(names(), ElementsAre("alice", "Bob", "Carol"));
  const auto first = book().list("", "", 2);
  ASSERT_THAT(first, SizeIs(2));
  const auto rest = book().list("", first[1].person.id.str(), 2);
  ASSERT_THAT(rest, SizeIs(1));
  EXPECT_EQ(rest[0].person.name, "Carol");
  EXPECT_THAT(book().list("ARO", "", 10), SizeIs(1));
}

TEST_F(PersonBookTest, WhatIsNotOnDiskIsToldSo) {
  store.fail = true;
  const auto bob = create("Bob", {kBob});
  ASSERT_FALSE(bob);
  EXPECT_EQ(bob.error().reason, "STORE_WRITE_FAILED");
}

}  // namespace
}  // namespace commd::core
