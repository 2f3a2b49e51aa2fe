#include "daemon/xmpp/service_stanza.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp {
namespace {

using model::CommandAction;
using model::CommandStatus;
using model::FieldType;
using test::stanza_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const Jid kService = *Jid::parse("irc.example.org");

std::string result(const std::string& payload) {
  return "<iq type='result' from='irc.example.org' id='1'>" + payload + "</iq>";
}

// ---- discovery -------------------------------------------------------------------------

TEST(ServiceDiscovery, ReadsWhatSomebodyIs) {
  model::Service service;
  read_info(
      stanza_of(result("<query xmlns='http://jabber.org/protocol/disco#info'>"
                       "<identity category='gateway' type='sms' name='Texts'/>"
                       "<identity category='gateway' type='sms' name='again'/>"
                       "<feature var='jabber:iq:register'/><feature var='jabber:iq:register'/>"
                       "<feature var='http://jabber.org/protocol/commands'/></query>")),
      service);
  EXPECT_THAT(service.identities, ElementsAre("gateway/sms"));
  EXPECT_THAT(service.features, SizeIs(2));
  EXPECT_EQ(service.name, "Texts");
  EXPECT_TRUE(service.gateway);
  EXPECT_TRUE(service.has_commands);
}

TEST(ServiceDiscovery, AGatewayToIrcCallsItselfAConference) {
  model::Service service;
  read_info(stanza_of(result("<query xmlns='http://jabber.org/protocol/disco#info'>"
                             "<identity category='conference' type='irc'/></query>")),
            service);
  EXPECT_TRUE(service.gateway);
  service = {};
  read_info(stanza_of(result("<query xmlns='http://jabber.org/protocol/disco#info'>"
                             "<identity category='conference' type='text'/></query>")),
            service);
  EXPECT_FALSE(service.gateway);
}

TEST(ServiceDiscovery, ListsAreBounded) {
  std::string items, features;
  for (int i = 0; i < 1000; ++i) {
    items += "<item jid='s" + std::to_string(i) + ".example.org'/>";
    features += "<feature var='f" + std::to_string(i) + "'/>";
  }
  items = "<item/><item jid='a@@b'/>" + items;
  EXPECT_THAT(read_items(stanza_of(result("<query xmlns='http://jabber.org/protocol/disco#items'>" +
                                          items + "</query>"))),
              SizeIs(model::max_services));
  model::Service service;
  read_info(stanza_of(result("<query xmlns='http://jabber.org/protocol/disco#info'>"
                             "<identity category='" +
                             std::string(5000, 'x') + "' type='y'/>" + features + "</query>")),
            service);
  EXPECT_THAT(service.features, SizeIs(model::max_service_features));
  EXPECT_LE(service.identities.front().size(), model::max_service_name_bytes + 2);
}

// ---- commands ----------------------------------------------------------------------------

std::string command(const std::string& attributes, const std::string& inside = "") {
  return result("<command xmlns='http://jabber.org/protocol/commands' node='order' " + attributes +
                ">" + inside + "</command>");
}

base::Result<model::CommandStep> step_of(const std::string& xml, const std::string& session = "") {
  ports::CommandRequest request;
  request.node = "order";
  request.session = session;
  return read_command(stanza_of(xml), request);
}

std::string fault_of(const std::string& xml, const std::string& session = "") {
  const auto step = step_of(xml, session);
  return step ? "none" : step.error().reason;
}

TEST(Commands, AreBegunAndGoneOnWith) {
  ports::CommandRequest request;
  request.node = "order";
  EXPECT_THAT(command_request(kService, request).to_text(),
              AllOf(HasSubstr("action=\"execute\""), HasSubstr("to=\"irc.example.org\""),
                    Not(HasSubstr("sessionid")), Not(HasSubstr("jabber:x:data"))));
  request.session = "s1";
  request.action = CommandAction::next;
  request.form.emplace();
  request.form->fields.push_back({"dish", FieldType::list_single, {}, {}, true, {"soup"}});
  EXPECT_THAT(command_request(kService, request).to_text(),
              AllOf(HasSubstr("action=\"next\""), HasSubstr("sessionid=\"s1\""),
                    HasSubstr("type=\"submit\""), HasSubstr("<value>soup</value>")));
}

TEST(Commands, AStepSaysWhatCanComeNext) {
  const auto first = step_of(
      command("sessionid='s1' status='executing'",
              "<actions execute='next'><next/><complete/></actions>"
              "<note type='warn'>careful</note><note>fine</note>"
              "<x xmlns='jabber:x:data' type='form'><field var='dish' type='text-single'/></x>"));
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->session, "s1");
  EXPECT_THAT(first->actions, ElementsAre(CommandAction::next, CommandAction::complete));
  EXPECT_EQ(first->default_action, CommandAction::next);
  ASSERT_THAT(first->notes, SizeIs(2));
  EXPECT_EQ(first->notes[0].level, model::NoteLevel::warn);
  ASSERT_TRUE(first->form);
  EXPECT_THAT(first->form->fields, SizeIs(1));
}

TEST(Commands, WithoutActionsThereIsOneStage) {
  const auto step = step_of(command("sessionid='s1' status='executing'"));
  ASSERT_TRUE(step);
  EXPECT_THAT(step->actions, ElementsAre(CommandAction::complete));
  EXPECT_EQ(step->default_action, CommandAction::complete);
  const auto odd = step_of(command("sessionid='s1' status='executing'",
                                   "<actions execute='next'><prev/><complete/></actions>"));
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->default_action, CommandAction::complete) << "what is not offered is no default";
}

TEST(Commands, TheEndHasNoActions) {
  const auto done = step_of(command("sessionid='s1' status='completed'"), "s1");
  ASSERT_TRUE(done);
  EXPECT_EQ(done->status, CommandStatus::completed);
  EXPECT_THAT(done->actions, IsEmpty());
  EXPECT_TRUE(step_of(command("status='completed'"))) << "at once, without a session";
}

TEST(Commands, AnswersThatAreNoneAreRefused) {
  EXPECT_EQ(fault_of(result("<query xmlns='x'/>")), "ANSWER_UNREADABLE");
  EXPECT_EQ(fault_of(command("sessionid='s1' status='doing'")), "ANSWER_UNREADABLE");
  EXPECT_EQ(fault_of(command("sessionid='s1'")), "ANSWER_UNREADABLE");
  EXPECT_EQ(fault_of(command("status='executing'")), "ANSWER_UNREADABLE") << "it could not go on";
  EXPECT_EQ(fault_of(command("sessionid='s2' status='executing'"), "s1"), "ANSWER_UNREADABLE")
      << "another run";
  EXPECT_EQ(fault_of(command("sessionid='" + std::string(5000, 's') + "' status='executing'")),
            "ANSWER_UNREADABLE");
  EXPECT_EQ(fault_of(result("<command xmlns='http://jabber.org/protocol/commands' node='other' "
                            "sessionid='s1' status='completed'/>")),
            "ANSWER_UNREADABLE");
  EXPECT_EQ(fault_of(command("sessionid='s1' status='executing'",
                             "<x xmlns='jabber:x:data' type='form'><field var='a'/>"
                             "<field var='a'/></x>")),
            "ANSWER_UNREADABLE");
}

TEST(Commands, NotesAreBounded) {
  std::string notes;
  for (int i = 0; i < 500; ++i) notes += "<note>n</note>";
  const auto step = step_of(command("status='completed'", notes));
  ASSERT_TRUE(step);
  EXPECT_THAT(step->notes, SizeIs(model::max_command_notes));
}

// ---- registration ----------------------------------------------------------------------

TEST(InBandRegistration, OldElementsBecomeAForm) {
  const auto asked = read_registration(stanza_of(
      result("<query xmlns='jabber:iq:register'><registered/><instructions>Say who you are"
             "</instructions><username>bob</username><password/><key>k1</key><x/></query>")));
  ASSERT_TRUE(asked);
  EXPECT_TRUE(asked->legacy);
  EXPECT_TRUE(asked->registration.registered);
  const model::DataForm& form = asked->registration.form;
  EXPECT_THAT(form.instructions, ElementsAre("Say who you are"));
  ASSERT_THAT(form.fields, SizeIs(3));
  EXPECT_THAT(form.field("username")->values, ElementsAre("bob"));
  EXPECT_EQ(form.field("password")->type, FieldType::text_private);
  EXPECT_EQ(form.field("key")->type, FieldType::hidden);
  ports::RegistrationAsked filled = *asked;
  filled.registration.form.fields[1].values = {"secret"};
  EXPECT_THAT(register_request(kService, filled).to_text(),
              AllOf(HasSubstr("<username>bob</username>"), HasSubstr("<password>secret</password>"),
                    HasSubstr("<key>k1</key>"), Not(HasSubstr("jabber:x:data"))));
}

TEST(InBandRegistration, AFormCountsMore) {
  const auto asked = read_registration(stanza_of(
      result("<query xmlns='jabber:iq:register'><username/><x xmlns='jabber:x:data' type='form'>"
             "<field var='FORM_TYPE' type='hidden'><value>jabber:iq:register</value></field>"
             "<field var='number' type='text-single'><required/></field></x>"
             "<x xmlns='jabber:x:oob'><url>https://example.org/join</url></x></query>")));
  ASSERT_TRUE(asked);
  EXPECT_FALSE(asked->legacy);
  EXPECT_THAT(asked->registration.form.fields, SizeIs(2));
  EXPECT_EQ(asked->registration.url, "https://example.org/join");
  EXPECT_THAT(
      register_request(kService, *asked).to_text(),
      AllOf(HasSubstr("type=\"submit\""), HasSubstr("FORM_TYPE"), Not(HasSubstr("<username"))));
}

TEST(InBandRegistration, IsEnded) {
  EXPECT_THAT(unregister_request(kService).to_text(),
              HasSubstr("<query xmlns=\"jabber:iq:register\"><remove/></query>"));
}

TEST(InBandRegistration, WhatIsNoneIsRefused) {
  const auto none = read_registration(stanza_of(result("<query xmlns='x'/>")));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason, "ANSWER_UNREADABLE");
  EXPECT_FALSE(read_registration(
      stanza_of(result("<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' "
                       "type='form'><field var='a'/><field var='a'/></x></query>"))));
}

}  // namespace
}  // namespace commd::xmpp
