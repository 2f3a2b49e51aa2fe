#include "daemon/core/contact_book.h"

#include "daemon/core/contact_text.h"
#include "tests/unit/core/contacts_fixture.h"

namespace commd::core {
namespace {

using model::Availability;
using model::Subscription;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const model::AccountId kAccount(kAlice);

class ContactBookTest : public ContactsFixture {
 protected:
  static ports::RosterEntry entry(const std::string& address,
                                  Subscription subscription = Subscription::both) {
    return {address, "Name of " + address.substr(5, 3), {"Friends"}, subscription, false};
  }
  void list(std::vector<ports::RosterEntry> entries, bool begins = true, bool complete = true) {
    core->roster_report({kAccount, std::move(entries), {}, begins, complete});
  }
  void there(const std::string& device, Availability availability = Availability::available,
             const std::string& status = {}, int priority = 0, const std::string& who = kBob) {
    model::Resource resource;
    resource.name = device;
    resource.presence = {availability, status, clock.wall};
    resource.priority = priority;
    core->presence_report({kAccount, who, resource, false});
  }
  void asks(const std::string& who, const std::string& text = "hi", bool withdrawn = false) {
    core->subscription_requested({kAccount, who, "Nick", text, withdrawn});
  }
  base::Result<model::Contact> bob() { return core->contacts().find(kBob); }
  std::string found(const std::string& reference) {
    const auto contact = core->contacts().find(reference);
    return contact ? contact->address : contact.error().reason;
  }
  std::vector<std::string> addresses() {
    std::vector<std::string> all;
    for (const auto& each : core->contacts().list()) all.push_back(each.address);
    return all;
  }
  ContactBook::Done note() {
    return [this](base::Result<model::Contact> result) {
      answers.push_back(result ? "ok" : result.error().reason);
      if (result) last = *result;
    };
  }
  ContactBook::Ended note_end() {
    return [this](base::Result<void> result) {
      answers.push_back(result ? "ok" : result.error().reason);
    };
  }
  size_t changes() {
    return events<model::ContactChanged>().size() + events<model::ContactRemoved>().size();
  }
  std::vector<std::string> answers;
  model::Contact last;
};

// ---- the list ------------------------------------------------------------------------------

TEST_F(ContactBookTest, TellsOnlyWhatChanged) {
  list({entry(kBob), entry("xmpp:carol@example.org")});
  EXPECT_EQ(changes(), 2U);
  list({entry(kBob), entry("xmpp:carol@example.org", Subscription::to)});
  EXPECT_EQ(changes(), 3U);
  EXPECT_EQ(bob()->name, "Name of bob");
  EXPECT_TRUE(bob()->listed);
}

TEST_F(ContactBookTest, WhoIsOnTheListNoMoreIsGone) {
  list({entry(kBob), entry("xmpp:carol@example.org")});
  list({entry("xmpp:dave@example.org")}, true, false);
  EXPECT_THAT(addresses(), SizeIs(3)) << "not before all was told";
  list({entry(kBob)}, false, true);
  EXPECT_THAT(addresses(), ElementsAre(kBob, "xmpp:dave@example.org"));
  ASSERT_THAT(events<model::ContactRemoved>(), SizeIs(1));
  EXPECT_EQ(events<model::ContactRemoved>()[0].address, "xmpp:carol@example.org");
}

TEST_F(ContactBookTest, IsKnownAfterARestartWithoutAServer) {
  list({entry(kBob), entry("xmpp:carol@example.org")});
  there("phone");
  asks("xmpp:eve@example.org");
  core->roster_report({kAccount, {}, {"xmpp:carol@example.org"}, false, false});
  restart();
  EXPECT_THAT(addresses(), ElementsAre(kBob)) << "who asks is named again by the server";
  EXPECT_EQ(bob()->name, "Name of bob");
  EXPECT_THAT(bob()->groups, ElementsAre("Friends"));
  EXPECT_EQ(bob()->subscription, Subscription::both);
  EXPECT_EQ(bob()->presence.availability, Availability::unavailable);
  encoder.events.clear();
  list({entry(kBob)});
  EXPECT_EQ(changes(), 0U) << "it is as it was";
  list({});
  EXPECT_THAT(events<model::ContactRemoved>(), SizeIs(1)) << "watchers know of him";
}

TEST_F(ContactBookTest, TheServerNeedNotTellWhatIsKnown) {
  core->roster_report(
      {kAccount, {entry(kBob), entry("xmpp:eve@example.org")}, {}, true, true, "v1"});
  core->roster_report({kAccount, {}, {"xmpp:eve@example.org"}, false, false, "v2"});
  core->roster_report({kAccount, {}, {}, false, false});
  restart();
  EXPECT_THAT(room.asked, testing::Contains("known v2 " + kBob + " Name of bob"));
  core->roster_report({kAccount, {}, {}, true, true, ""});
  restart();
  EXPECT_THAT(room.asked, testing::Each(testing::Not(testing::StartsWith("known"))))
      << "the server versions its lists no more";
}

TEST_F(ContactBookTest, GoesWithItsAccount) {
  list({entry(kBob)});
  core->accounts().remove(kAccount, [](auto) {});
  EXPECT_THAT(addresses(), IsEmpty());
  list({entry(kBob)});
  there("phone");
  asks("xmpp:eve@example.org");
  EXPECT_THAT(addresses(), IsEmpty()) << "what comes late is of nobody";
  restart();
  EXPECT_THAT(addresses(), IsEmpty());
}

TEST_F(ContactBookTest, IsFoundByIdAddressAndTheBeginningOfEither) {
  add_account("xmpp:other@example.org");
  list({entry(kBob), entry("xmpp:bobby@example.org"), entry("xmpp:carol@example.org")});
  core->roster_report({model::AccountId("xmpp:other@example.org"),
                       {entry("xmpp:carol@example.org")},
                       {},
                       true,
                       true});
  EXPECT_EQ(found(kBob), kBob);
  EXPECT_EQ(found("bob@example.org"), kBob);
  EXPECT_EQ(found(kAlice + "/" + kBob), kBob);
  EXPECT_EQ(found("bobb"), "xmpp:bobby@example.org");
  EXPECT_EQ(found("bob"), "AMBIGUOUS");
  EXPECT_EQ(found("carol@example.org"), "AMBIGUOUS");
  EXPECT_EQ(found("xmpp:other@example.org/xmpp:c"), "xmpp:carol@example.org");
  EXPECT_EQ(found("dave"), "NOT_FOUND");
  EXPECT_EQ(found(""), "INVALID_ARGUMENT");
  EXPECT_THAT(core->contacts().list(model::AccountId("xmpp:other@example.org")), SizeIs(1));
}

// ---- presence --------------------------------------------------------------------------------

TEST_F(ContactBookTest, TheBestDeviceSpeaksForThePerson) {
  list({entry(kBob)});
  there("pc", Availability::away, "out", 5);
  there("phone", Availability::available, "here", 1);
  EXPECT_EQ(bob()->presence.status, "out") << "priority goes before all";
  there("phone", Availability::available, "here", 5);
  EXPECT_EQ(bob()->presence.status, "here");
  EXPECT_EQ(bob()->resources.at(0).name, "phone");
  there("phone", Availability::unavailable);
  EXPECT_EQ(bob()->presence.status, "out");
  there("pc", Availability::unavailable, "bye");
  EXPECT_EQ(bob()->presence.availability, Availability::unavailable);
  EXPECT_EQ(bob()->presence.status, "bye");
  EXPECT_THAT(bob()->resources, IsEmpty());
}

TEST_F(ContactBookTest, StrangersMakeNoContacts) {
  there("x", Availability::available, {}, 0, "xmpp:eve@example.org");
  EXPECT_THAT(addresses(), IsEmpty());
  asks("xmpp:eve@example.org");
  there("x", Availability::available, {}, 0, "xmpp:eve@example.org");
  EXPECT_THAT(core->contacts().find("eve")->resources, IsEmpty()) << "nor do those who ask";
}

TEST_F(ContactBookTest, DevicesAreBounded) {
  list({entry(kBob)});
  for (int i = 0; i < 100; ++i) there("d" + std::to_string(i));
  EXPECT_THAT(bob()->resources, SizeIs(model::max_resources));
}

TEST_F(ContactBookTest, NobodyIsThereOnceTheSessionIsOver) {
  list({entry(kBob), entry("xmpp:carol@example.org")});
  there("phone");
  encoder.events.clear();
  core->presence_lost(kAccount);
  EXPECT_EQ(bob()->presence.availability, Availability::unavailable);
  EXPECT_EQ(changes(), 1U) << "carol was not there";
  // It takes nobody off the list.
  list({entry(kBob)}, false, false);
  EXPECT_THAT(addresses(), SizeIs(2));
  there("phone");
  core->presence_report({kAccount, kBob, {}, true});
  EXPECT_THAT(bob()->resources, IsEmpty());
}

// ---- who asks ----------------------------------------------------------------------------------

TEST_F(ContactBookTest, WhoAsksIsShownUntilHeIsAnswered) {
  asks("xmpp:eve@example.org", "please");
  const auto eve = core->contacts().find("eve");
  ASSERT_TRUE(eve);
  EXPECT_TRUE(eve->asks);
  EXPECT_FALSE(eve->listed);
  EXPECT_EQ(eve->asks_text, "please");
  EXPECT_EQ(eve->nickname, "Nick");
  core->contacts().approve("eve", note());
  EXPECT_THAT(room.asked, ElementsAre("allow xmpp:eve@example.org"));
  EXPECT_EQ(last.subscription, Subscription::from);
  EXPECT_FALSE(last.asks);
  EXPECT_TRUE(last.listed);
  asks("xmpp:mallory@example.org");
  core->contacts().deny("mallory", note_end());
  EXPECT_EQ(room.asked.back(), "refuse xmpp:mallory@example.org");
  EXPECT_EQ(found("mallory"), "NOT_FOUND");
  asks("xmpp:mallory@example.org");
  asks("xmpp:mallory@example.org", {}, true);
  EXPECT_EQ(found("mallory"), "NOT_FOUND");
  EXPECT_THAT(answers, ElementsAre("ok", "ok"));
}

TEST_F(ContactBookTest, AFloodOfRequestsIsBounded) {
  for (size_t i = 0; i < ContactBook::most_requests + 100; ++i)
    asks("xmpp:bot" + std::to_string(i) + "@spam.org");
  EXPECT_THAT(addresses(), SizeIs(ContactBook::most_requests));
  encoder.events.clear();
  for (int i = 0; i < 100; ++i) asks("xmpp:bot1@spam.org");
  EXPECT_EQ(changes(), 0U) << "the same again is nothing new";
  core->contacts().deny("bot7@spam.org", note_end());
  asks("xmpp:eve@example.org");
  EXPECT_EQ(found("eve"), "xmpp:eve@example.org") << "there is room again";
}

// ---- what a person does ------------------------------------------------------------------------

TEST_F(ContactBookTest, AddsAndAsks) {
  room.hold = true;
  core->contacts().add({"Bob@Example.org", {}, "Bob", {"Work", "Family", "Work"}}, note());
  ASSERT_THAT(room.waiting, SizeIs(1));
  EXPECT_THAT(addresses(), IsEmpty()) << "not before the server has him";
  room.waiting[0]();
  ASSERT_THAT(room.waiting, SizeIs(2));
  EXPECT_THAT(answers, IsEmpty());
  room.waiting[1]();
  EXPECT_THAT(room.asked,
              ElementsAre("put " + kBob + " Bob Family Work", "ask " + kBob + " Alice"));
  EXPECT_EQ(last.name, "Bob");
  encoder.events.clear();
  list({{kBob, "Bob", {"Family", "Work"}, Subscription::none, false}});
  EXPECT_EQ(changes(), 0U) << "the server's own words say the same";
}

TEST_F(ContactBookTest, AddingOneWhoIsSeenAsksNotAgain) {
  list({entry(kBob)});
  core->contacts().add({kBob, {}, {}, {}}, note());
  EXPECT_THAT(room.asked, ElementsAre("put " + kBob + " Name of bob Friends"));
  EXPECT_THAT(answers, ElementsAre("ok"));
}

TEST_F(ContactBookTest, RenamesAndRemoves) {
  list({entry(kBob)});
  core->contacts().update("bob", {"Robert", std::nullopt}, note());
  EXPECT_EQ(last.name, "Robert");
  core->contacts().update("bob", {std::nullopt, std::vector<std::string>{}}, note());
  EXPECT_THAT(last.groups, IsEmpty());
  EXPECT_EQ(last.name, "Robert");
  core->contacts().remove("bob", note_end());
  EXPECT_THAT(addresses(), IsEmpty());
  asks("xmpp:eve@example.org");
  core->contacts().update("eve", {"Eve", std::nullopt}, note());
  core->contacts().remove("eve", note_end());
  EXPECT_THAT(answers, ElementsAre("ok", "ok", "ok", "CONTACT_NOT_LISTED", "CONTACT_NOT_LISTED"));
}

TEST_F(ContactBookTest, BlocksContactsAndStrangers) {
  list({entry(kBob)});
  there("phone");
  core->contacts().block("bob", {}, note());
  EXPECT_TRUE(last.blocked);
  EXPECT_THAT(last.resources, IsEmpty());
  there("phone");
  EXPECT_THAT(bob()->resources, IsEmpty());
  core->contacts().block("eve@example.org", {}, note());
  EXPECT_THAT(addresses(), ElementsAre(kBob, "xmpp:eve@example.org"));
  core->contacts().unblock("eve", note_end());
  core->contacts().unblock("bob", note_end());
  EXPECT_THAT(addresses(), ElementsAre(kBob));
  core->block_report({kAccount, {kBob, "xmpp:spam.org"}, true, true});
  core->block_report({kAccount, {"xmpp:spam.org"}, true, true});
  EXPECT_FALSE(bob()->blocked);
  core->block_report({kAccount, {}, false, true});
  EXPECT_THAT(addresses(), ElementsAre(kBob));
}

TEST_F(ContactBookTest, WhatTheServerRefusesIsNotSo) {
  list({entry(kBob)});
  room.result = base::fail(base::Code::failed_precondition, "ACCOUNT_NOT_ONLINE", "it is not");
  encoder.events.clear();
  core->contacts().update("bob", {"Robert", std::nullopt}, note());
  core->contacts().remove("bob", note_end());
  core->contacts().block("bob", {}, note());
  core->contacts().unblock("bob", note_end());
  core->contacts().approve("bob", note());
  core->contacts().deny("bob", note_end());
  core->contacts().add({"carol@example.org", {}, {}, {}}, note());
  EXPECT_THAT(answers, testing::AllOf(SizeIs(7), testing::Each("ACCOUNT_NOT_ONLINE")));
  EXPECT_EQ(changes(), 0U);
}

TEST_F(ContactBookTest, WhatCannotBeIsRefusedWithItsField) {
  const auto add = [&](const std::string& address, const std::string& name,
                       std::vector<std::string> groups, const std::string& account = {}) {
    core->contacts().add({address, account, name, std::move(groups)}, note());
    return std::exchange(answers, {}).at(0);
  };
  EXPECT_EQ(add("nobody", {}, {}), "INVALID_ARGUMENT");
  EXPECT_EQ(add(kBob, std::string(257, 'x'), {}), "INVALID_ARGUMENT");
  EXPECT_EQ(add(kBob, "\xFF", {}), "INVALID_ARGUMENT");
  EXPECT_EQ(add(kBob, {}, {""}), "INVALID_ARGUMENT");
  EXPECT_EQ(add(kBob, {}, std::vector<std::string>(33, "g")), "INVALID_ARGUMENT");
  EXPECT_EQ(add("sip:bob@example.org", {}, {}, "local"), "CONTACTS_NOT_SUPPORTED");
  EXPECT_EQ(add(kBob, {}, {}, "nobody"), "NOT_FOUND");
  EXPECT_THAT(room.asked, IsEmpty());
}

TEST(ContactText, GoesThereAndBack) {
  model::Contact contact;
  contact.name = "B\x1fob";
  contact.groups = {"A", "B"};
  contact.subscription = Subscription::to;
  contact.asked = true;
  model::Contact back;
  ASSERT_TRUE(read_contact(text_of(contact), back));
  EXPECT_EQ(back.name, "Bob");
  EXPECT_EQ(back.groups, contact.groups);
  EXPECT_EQ(back.subscription, Subscription::to);
  EXPECT_TRUE(back.asked && back.listed);
  for (const char* bad : {"", "both", "both\x1f", "friend\x1f\x1fx"})
    EXPECT_FALSE(read_contact(bad, back)) << bad;
}

}  // namespace
}  // namespace commd::core
