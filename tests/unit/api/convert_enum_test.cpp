// Every value of every enum of the model has its own of the API, with the same name,
// and the other way round.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>

#include "daemon/api/convert.h"
#include "daemon/api/convert_form.h"
#include "daemon/api/convert_service.h"
#include "daemon/api/event_encoder.h"
#include "tests/unit/api/filled.h"

namespace commd::api {
namespace {

using google::protobuf::EnumDescriptor;

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  return text;
}

// What the values of the enum have in front of their names: "STATE_".
std::string prefix_of(const EnumDescriptor& names) {
  const std::string zero = names.value(0)->name();
  const std::string word = "UNSPECIFIED";
  return zero.substr(0, zero.size() - word.size());
}

// `convert` turns one value of the model into its number of the API. `other_names`
// are those whose names differ.
template <class Model>
void expect_same_names(const EnumDescriptor& api, const std::function<int(Model)>& convert,
                       const std::map<std::string, std::string>& other_names = {}) {
  std::map<int, std::string> taken;
  const std::vector<std::string> names = test::names_of<Model>();
  ASSERT_GE(names.size(), 2U) << api.full_name();
  for (size_t i = 0; i < names.size(); ++i) {
    const int number = convert(static_cast<Model>(i));
    const auto* value = api.FindValueByNumber(number);
    ASSERT_NE(value, nullptr) << api.full_name() << " has no " << names[i];
    const auto renamed = other_names.find(names[i]);
    const std::string wanted = renamed == other_names.end() ? upper(names[i]) : renamed->second;
    EXPECT_EQ(value->name(), prefix_of(api) + wanted) << "for " << names[i];
    EXPECT_TRUE(taken.emplace(number, names[i]).second) << value->name() << " stands for two";
  }
  for (int i = 1; i < api.value_count(); ++i)
    EXPECT_TRUE(taken.contains(api.value(i)->number())) << api.value(i)->name() << " is never used";
}

// The same, for a setting: it also comes back.
template <class Model>
void expect_setting(Model model::AccountSettings::*member, const std::string& field,
                    const std::map<std::string, std::string>& other_names = {}) {
  const auto* descriptor = v1::AccountSettings::descriptor()->FindFieldByName(field);
  ASSERT_NE(descriptor, nullptr);
  expect_same_names<Model>(
      *descriptor->enum_type(),
      [&](Model value) {
        model::AccountSettings settings;
        settings.*member = value;
        v1::AccountSettings out;
        to_proto(settings, &out);
        EXPECT_EQ(settings_from(out).*member, value) << field;
        return out.GetReflection()->GetEnumValue(out, descriptor);
      },
      other_names);
}

template <class Model, class Resource, class Proto>
std::function<int(Model)> of(Model Resource::*member, int (*get)(const Proto&)) {
  return [=](Model value) {
    Resource resource{};
    resource.*member = value;
    Proto out;
    to_proto(resource, &out);
    return get(out);
  };
}

TEST(ConvertEnums, OfAccounts) {
  expect_same_names<model::AccountState>(*v1::Account::State_descriptor(),
                                         of<model::AccountState, model::Account, v1::Account>(
                                             &model::Account::state, [](const v1::Account& a) {
                                               return static_cast<int>(a.state());
                                             }));
  expect_same_names<model::Protocol>(*v1::Account::Protocol_descriptor(),
                                     of<model::Protocol, model::Account, v1::Account>(
                                         &model::Account::protocol, [](const v1::Account& a) {
                                           return static_cast<int>(a.protocol());
                                         }));
}

TEST(ConvertEnums, OfMailboxes) {
  expect_same_names<model::MailboxState>(*v1::MessageWaiting::State_descriptor(),
                                         [](model::MailboxState state) {
                                           model::Account account;
                                           account.message_waiting.state = state;
                                           v1::Account out;
                                           to_proto(account, &out);
                                           EXPECT_EQ(out.has_message_waiting(),
                                                     state != model::MailboxState::off);
                                           return static_cast<int>(out.message_waiting().state());
                                         },
                                         {{"off", "UNSPECIFIED"}});
}

TEST(ConvertEnums, OfSettings) {
  using S = model::AccountSettings;
  expect_setting(&S::transport, "transport", {{"automatic", "UNSPECIFIED"}});
  expect_setting(&S::auto_answer, "auto_answer");
  expect_setting(&S::encryption, "encryption");
  expect_setting(&S::ice, "ice");
  expect_setting(&S::accept_from, "accept_from");
  expect_setting(&S::latch, "latch", {{"automatic", "AUTO"}});
  expect_setting(&S::dtmf, "dtmf", {{"automatic", "AUTO"}});
  expect_setting(&S::transfers, "transfers");
}

TEST(ConvertEnums, OfCalls) {
  using C = model::Call;
  using P = v1::Call;
  expect_same_names<model::CallState>(*P::State_descriptor(),
                                      of<model::CallState, C, P>(&C::state, [](const P& c) {
                                        return static_cast<int>(c.state());
                                      }));
  expect_same_names<model::CallDirection>(
      *P::Direction_descriptor(), of<model::CallDirection, C, P>(&C::direction, [](const P& c) {
        return static_cast<int>(c.direction());
      }));
  expect_same_names<model::EndReason>(
      *P::EndReason_descriptor(),
      of<model::EndReason, C, P>(&C::end_reason,
                                 [](const P& c) { return static_cast<int>(c.end_reason()); }),
      {{"none", "UNSPECIFIED"}});
  expect_same_names<model::EndedBy>(
      *P::EndedBy_descriptor(),
      of<model::EndedBy, C, P>(&C::ended_by,
                               [](const P& c) { return static_cast<int>(c.ended_by()); }),
      {{"nobody", "UNSPECIFIED"}});
  expect_same_names<model::SecurityLevel>(*v1::CallSecurity::Level_descriptor(),
                                          [](model::SecurityLevel level) {
                                            C call;
                                            call.security.level = level;
                                            P out;
                                            to_proto(call, &out);
                                            return static_cast<int>(out.security().level());
                                          });
  expect_same_names<model::TransferStatus::State>(*v1::TransferStatus::State_descriptor(),
                                                  [](model::TransferStatus::State state) {
                                                    C call;
                                                    call.transfer.state = state;
                                                    P out;
                                                    to_proto(call, &out);
                                                    return static_cast<int>(out.transfer().state());
                                                  },
                                                  {{"none", "UNSPECIFIED"}});
}

TEST(ConvertEnums, OfExplanations) {
  expect_same_names<model::Finding::Severity>(
      *v1::Finding::Severity_descriptor(), [](model::Finding::Severity severity) {
        core::CallExplained explained;
        explained.findings.emplace_back().severity = severity;
        v1::ExplainCallResponse out;
        to_proto(explained, &out);
        return static_cast<int>(out.findings(0).severity());
      });
  expect_same_names<model::TraceStep::Kind>(*v1::TraceStep::Kind_descriptor(),
                                            [](model::TraceStep::Kind kind) {
                                              core::CallExplained explained;
                                              explained.steps.emplace_back().kind = kind;
                                              v1::ExplainCallResponse out;
                                              to_proto(explained, &out);
                                              return static_cast<int>(out.steps(0).kind());
                                            },
                                            {{"finding", "UNSPECIFIED"}});
}

TEST(ConvertEnums, OfDevices) {
  expect_same_names<model::Device::Kind>(
      *v1::Device::Kind_descriptor(),
      of<model::Device::Kind, model::Device, v1::Device>(
          &model::Device::kind, [](const v1::Device& d) { return static_cast<int>(d.kind()); }));
}

TEST(ConvertEnums, OfMessages) {
  using M = model::Message;
  using P = v1::Message;
  expect_same_names<model::MessageDirection>(
      *P::Direction_descriptor(), of<model::MessageDirection, M, P>(&M::direction, [](const P& m) {
        return static_cast<int>(m.direction());
      }));
  expect_same_names<model::MessageState>(*P::State_descriptor(),
                                         of<model::MessageState, M, P>(&M::state, [](const P& m) {
                                           return static_cast<int>(m.state());
                                         }));
  expect_same_names<model::Typing>(*v1::Typing::State_descriptor(), [](model::Typing state) {
    return static_cast<int>(to_proto(state));
  });
  for (const auto state : {model::Typing::composing, model::Typing::paused, model::Typing::stopped})
    EXPECT_EQ(typing_from(to_proto(state)), state);
  EXPECT_EQ(typing_from(v1::Typing::STATE_UNSPECIFIED), std::nullopt);
}

TEST(ConvertEnums, OfFiles) {
  using T = model::FileTransfer;
  using P = v1::FileTransfer;
  expect_same_names<model::MessageDirection>(
      *P::Direction_descriptor(), of<model::MessageDirection, T, P>(&T::direction, [](const P& t) {
        return static_cast<int>(t.direction());
      }));
  expect_same_names<model::TransferState>(*P::State_descriptor(),
                                          of<model::TransferState, T, P>(&T::state, [](const P& t) {
                                            return static_cast<int>(t.state());
                                          }));
  // What is not decided yet is not specified.
  T transfer;
  for (const auto& [method, told] :
       {std::pair{model::TransferMethod::undecided, P::METHOD_UNSPECIFIED},
        std::pair{model::TransferMethod::http, P::METHOD_HTTP},
        std::pair{model::TransferMethod::socks5, P::METHOD_SOCKS5},
        std::pair{model::TransferMethod::in_band, P::METHOD_IN_BAND}}) {
    transfer.method = method;
    P out;
    to_proto(transfer, &out);
    EXPECT_EQ(out.method(), told);
  }
  EXPECT_EQ(route_from(P::ROUTE_UNSPECIFIED), model::TransferRoute::any);
  EXPECT_EQ(route_from(P::ROUTE_SERVER), model::TransferRoute::server);
  EXPECT_EQ(route_from(P::ROUTE_DIRECT), model::TransferRoute::direct);
}

TEST(ConvertEnums, OfContacts) {
  using C = model::Contact;
  using P = v1::Contact;
  expect_same_names<model::Subscription>(
      *P::Subscription_descriptor(),
      of<model::Subscription, C, P>(&C::subscription,
                                    [](const P& c) { return static_cast<int>(c.subscription()); }));
  expect_same_names<model::Availability>(*v1::Presence::Availability_descriptor(),
                                         [](model::Availability availability) {
                                           v1::Presence out;
                                           to_proto(model::Presence{availability, {}, {}}, &out);
                                           EXPECT_EQ(presence_from(out).availability, availability);
                                           return static_cast<int>(out.availability());
                                         });
}

TEST(ConvertEnums, OfForms) {
  expect_same_names<model::FieldType>(*v1::FormField::Type_descriptor(), [](model::FieldType type) {
    return static_cast<int>(to_proto(type));
  });
}

TEST(ConvertEnums, OfCommands) {
  using Step = v1::CommandStep;
  expect_same_names<model::CommandStatus>(
      *Step::Status_descriptor(),
      [](model::CommandStatus status) { return static_cast<int>(to_proto(status)); });
  expect_same_names<model::CommandAction>(*Step::Action_descriptor(),
                                          [](model::CommandAction action) {
                                            EXPECT_EQ(action_from(to_proto(action)), action);
                                            return static_cast<int>(to_proto(action));
                                          },
                                          {{"usual", "UNSPECIFIED"}});
  expect_same_names<model::NoteLevel>(*Step::Note::Level_descriptor(), [](model::NoteLevel level) {
    return static_cast<int>(to_proto(level));
  });
}

// No enum of the API is left out above.
TEST(ConvertEnums, OfRooms) {
  expect_same_names<model::RoomState>(
      *v1::Room::State_descriptor(),
      of<model::RoomState, model::Room, v1::Room>(
          &model::Room::state, [](const v1::Room& r) { return static_cast<int>(r.state()); }));
  expect_same_names<model::Affiliation>(*v1::Room::Affiliation_descriptor(),
                                        [](model::Affiliation value) {
                                          EXPECT_EQ(affiliation_from(to_proto(value)), value);
                                          return static_cast<int>(to_proto(value));
                                        });
  expect_same_names<model::RoomRole>(*v1::Room::Role_descriptor(), [](model::RoomRole value) {
    EXPECT_EQ(role_from(to_proto(value)), value);
    return static_cast<int>(to_proto(value));
  });
  expect_same_names<model::OccupantChange>(
      *v1::OccupantChanged::Kind_descriptor(),
      of<model::OccupantChange, model::OccupantNews, v1::OccupantChanged>(
          &model::OccupantNews::change,
          [](const v1::OccupantChanged& c) { return static_cast<int>(c.kind()); }));
  EXPECT_FALSE(affiliation_from(v1::Room::AFFILIATION_UNSPECIFIED));
  EXPECT_FALSE(role_from(v1::Room::ROLE_UNSPECIFIED));
}

TEST(ConvertEnums, AreAllTested) {
  std::vector<std::string> found;
  for (const char* file :
       {"commd/v1/account.proto", "commd/v1/call.proto", "commd/v1/contact.proto",
        "commd/v1/device.proto", "commd/v1/discovery.proto", "commd/v1/event.proto",
        "commd/v1/file.proto", "commd/v1/form.proto", "commd/v1/message.proto",
        "commd/v1/person.proto", "commd/v1/presence.proto", "commd/v1/room.proto",
        "commd/v1/system.proto"}) {
    const auto* proto = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(file);
    if (!proto) continue;
    for (int m = 0; m < proto->message_type_count(); ++m)
      for (int e = 0; e < proto->message_type(m)->enum_type_count(); ++e)
        found.push_back(proto->message_type(m)->enum_type(e)->name());
    EXPECT_EQ(proto->enum_type_count(), 0) << file;
  }
  // Of these, ImportPeopleRequest.Format is the service's alone.
  EXPECT_EQ(found.size(), 37U) << "test the new enum above, then count it";
}

// ---- events ----------------------------------------------------------------------

model::Event event_of(model::EventBody body) { return {7, at(8), std::move(body)}; }

std::vector<std::pair<std::string, model::EventBody>> all_bodies() {
  static_assert(std::variant_size_v<model::EventBody> == 19, "add the new event here");
  return {{"account_changed", model::AccountChanged{filled_account()}},
          {"account_removed", model::AccountRemoved{model::AccountId("account_removed")}},
          {"call_changed", model::CallChanged{filled_call()}},
          {"dtmf_received", model::DtmfReceived{model::CallId("call"), '#'}},
          {"device_changed", model::DeviceChanged{filled_device()}},
          {"device_removed", model::DeviceRemoved{"device_removed"}},
          {"message_changed", model::MessageChanged{filled_message()}},
          {"typing", model::TypingChanged{model::AccountId("a"), "peer", model::Typing::paused}},
          {"contact_changed", model::ContactChanged{filled_contact()}},
          {"contact_removed", model::ContactRemoved{model::AccountId("contact"), "removed"}},
          {"presence_changed", model::PresenceChanged{filled_own_presence()}},
          {"person_changed", model::PersonChanged{filled_person()}},
          {"person_removed", model::PersonRemoved{model::PersonId("person_removed")}},
          {"room_changed", model::RoomChanged{filled_room()}},
          {"room_removed", model::RoomRemoved{model::AccountId("room"), "removed"}},
          {"occupant_changed", model::OccupantChanged{filled_occupant_news()}},
          {"file_changed", model::FileChanged{filled_transfer()}},
          {"file_progress", model::FileProgress{model::TransferId("t"), 1, 2}},
          {"notice", model::Notice{"reason", "message", "subject"}}};
}

TEST(ConvertEvents, EachKindHasItsField) {
  const auto* kinds = v1::Event::descriptor()->FindOneofByName("body");
  EXPECT_EQ(static_cast<size_t>(kinds->field_count()), all_bodies().size());
  for (const auto& [name, body] : all_bodies()) {
    v1::Event out;
    to_proto(event_of(body), &out);
    EXPECT_EQ(out.sequence(), 7U);
    EXPECT_EQ(out.time().seconds(), 8);
    const auto* set = out.GetReflection()->GetOneofFieldDescriptor(out, kinds);
    ASSERT_NE(set, nullptr) << name;
    EXPECT_EQ(set->name(), name);
    if (name == "contact_removed") {
      EXPECT_EQ(out.contact_removed(), "contact/removed") << "its id";
    } else if (name == "room_removed") {
      EXPECT_EQ(out.room_removed(), "room/removed") << "its id";
    } else if (set->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
      EXPECT_EQ(out.GetReflection()->GetString(out, set), name);
    }
  }
}

TEST(ConvertEvents, SmallOnesComeWhole) {
  v1::Event out;
  to_proto(event_of(model::DtmfReceived{model::CallId("call"), '#'}), &out);
  EXPECT_EQ(out.dtmf_received().call(), "call");
  EXPECT_EQ(out.dtmf_received().digit(), "#");
  to_proto(event_of(model::TypingChanged{model::AccountId("a"), "p", model::Typing::paused}), &out);
  EXPECT_EQ(out.typing().account(), "a");
  EXPECT_EQ(out.typing().peer(), "p");
  EXPECT_EQ(out.typing().state(), v1::Typing::STATE_PAUSED);
  to_proto(event_of(model::Notice{"reason", "message", "subject"}), &out);
  EXPECT_EQ(out.notice().reason(), "reason");
  EXPECT_EQ(out.notice().message(), "message");
  EXPECT_EQ(out.notice().subject(), "subject");
}

TEST(ConvertEvents, KeysOfTheSnapshot) {
  ProtoEventEncoder encoder;
  model::Call live = filled_call();
  live.state = model::CallState::active;
  const auto key = [&](model::EventBody body) {
    const ports::EncodedEvent encoded = encoder.encode(event_of(std::move(body)));
    return (encoded.removed ? "-" : "+") + encoded.key;
  };
  EXPECT_EQ(key(model::AccountChanged{filled_account()}), "+accounts/id");
  EXPECT_EQ(key(model::AccountRemoved{model::AccountId("id")}), "-accounts/id");
  EXPECT_EQ(key(model::CallChanged{live}), "+calls/id");
  EXPECT_EQ(key(model::CallChanged{filled_call()}), "-calls/id");
  EXPECT_EQ(key(model::DeviceChanged{filled_device()}), "+devices/id");
  EXPECT_EQ(key(model::DeviceRemoved{"id"}), "-devices/id");
  EXPECT_EQ(key(model::MessageChanged{filled_message()}), "+");
  EXPECT_EQ(key(model::TypingChanged{}), "+");
  EXPECT_EQ(key(model::ContactChanged{filled_contact()}), "+accounts/account/contacts/address");
  EXPECT_EQ(key(model::ContactRemoved{model::AccountId("account"), "address"}),
            "-accounts/account/contacts/address");
  EXPECT_EQ(key(model::PresenceChanged{filled_own_presence()}), "+accounts/account/presence");
  EXPECT_EQ(key(model::RoomChanged{filled_room()}), "+accounts/account/rooms/address");
  EXPECT_EQ(key(model::RoomRemoved{model::AccountId("account"), "address"}),
            "-accounts/account/rooms/address");
  EXPECT_EQ(key(model::OccupantChanged{filled_occupant_news()}), "+");
  EXPECT_EQ(key(model::PersonChanged{filled_person()}), "+people/id");
  EXPECT_EQ(key(model::PersonRemoved{model::PersonId("id")}), "-people/id");
  EXPECT_EQ(key(model::Notice{}), "+");
}

// Stored bytes are a response that lacks its token: both parts joined are the whole.
TEST(ConvertEvents, BytesAreAResponseWithoutToken) {
  ProtoEventEncoder encoder;
  const auto encoded = encoder.encode(event_of(model::CallChanged{filled_call()}));
  v1::WatchResponse token;
  token.set_resume_token("log.7");
  v1::WatchResponse whole;
  ASSERT_TRUE(whole.ParseFromString(token.SerializeAsString() + *encoded.bytes));
  EXPECT_EQ(whole.resume_token(), "log.7");
  EXPECT_EQ(whole.event().call_changed().id(), "id");
}

}  // namespace
}  // namespace commd::api
