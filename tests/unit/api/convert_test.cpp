// Nothing of the model is lost on its way to the API, and nothing lands in another
// field: by reflection, so that a new field or value without conversion fails here.
#include "daemon/api/convert.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "tests/unit/api/filled.h"

namespace commd::api {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

using Visit = std::function<void(const Message&, const FieldDescriptor&, const std::string&)>;

bool well_known(const FieldDescriptor& field) {
  return field.message_type()->full_name().starts_with("google.protobuf.");
}

// Every field of the message, set or not, with its path.
void for_each_field(const Message& message, const Visit& visit, const std::string& prefix = {}) {
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    const std::string path = prefix + field.name();
    visit(message, field, path);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field.is_repeated() &&
        !well_known(field))
      for_each_field(message.GetReflection()->GetMessage(message, &field), visit, path + ".");
  }
}

bool is_set(const Message& message, const FieldDescriptor& field) {
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  return std::find(set.begin(), set.end(), &field) != set.end();
}

// Every field is set, but those named; every text is the path of its own field.
void expect_all_in_place(const Message& message, const std::set<std::string>& unset = {}) {
  for_each_field(
      message, [&](const Message& in, const FieldDescriptor& field, const std::string& path) {
        EXPECT_EQ(is_set(in, field), !unset.contains(path)) << path;
        if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING || unset.contains(path)) return;
        const std::string text = field.is_repeated()
                                     ? in.GetReflection()->GetRepeatedString(in, &field, 0)
                                     : in.GetReflection()->GetString(in, &field);
        const std::string prefixed = "pulse:" + path;  // audio endpoints are spelled so
        const std::string wanted = path.starts_with("settings.") ? path.substr(9) : path;
        EXPECT_TRUE(text == wanted || text == prefixed) << path << " has " << text;
      });
}

TEST(Convert, AnAccountComesWhole) {
  v1::Account out;
  to_proto(filled_account(), &out);
  expect_all_in_place(out);
  EXPECT_EQ(out.create_time().seconds(), 1);
  EXPECT_EQ(out.state_time().seconds(), 2);
  EXPECT_EQ(out.retry_time().seconds(), 3);
  EXPECT_EQ(out.settings().register_expiry_s(), 101U);
  EXPECT_EQ(out.settings().keepalive_s(), 102U);
  EXPECT_EQ(out.settings().ring_timeout_s(), 103U);
  EXPECT_EQ(out.settings().session_expires_s(), 104U);
}

TEST(Convert, ACallComesWhole) {
  v1::Call out;
  to_proto(filled_call(), &out);
  expect_all_in_place(out);
  EXPECT_EQ(out.create_time().seconds(), 1);
  EXPECT_EQ(out.answer_time().seconds(), 2);
  EXPECT_EQ(out.end_time().seconds(), 3);
  EXPECT_EQ(out.end_sip_code(), 486);
  EXPECT_EQ(out.transfer().sip_code(), 503);
  EXPECT_EQ(out.transfer_request().expire_time().seconds(), 4);
}

TEST(Convert, WhatWasSaidInARoomHasANick) {
  model::Message said = filled_message();
  said.sender = "xmpp:tea@rooms.example.org/Bob/2";
  v1::Message out;
  to_proto(said, &out);
  EXPECT_EQ(out.nick(), "Bob/2");
  said.occupant.clear();
  v1::Message device;
  to_proto(said, &device);
  EXPECT_EQ(device.nick(), "");
}

TEST(Convert, ARoomComesWhole) {
  v1::Room out;
  model::Room room = filled_room();
  to_proto(room, &out);
  EXPECT_EQ(out.id(), "account/address");
  out.set_id("id");
  const std::set<std::string> invitation = {"invitation", "invitation.inviter", "invitation.text",
                                            "invitation.time"};
  expect_all_in_place(out, invitation);
  EXPECT_EQ(out.occupants(), 11);
  EXPECT_EQ(out.unread(), 12);
  EXPECT_EQ(out.unread_mentions(), 13);
  room.name.clear();
  room.state = model::RoomState::invited;
  v1::Room asked;
  to_proto(room, &asked);
  EXPECT_EQ(asked.name(), "not told") << "its own name, where the bookmark has none";
  asked.set_name("name");
  asked.set_id("id");
  expect_all_in_place(asked, {"affiliation", "role"});
  EXPECT_EQ(asked.invitation().time().seconds(), 1);
}

TEST(Convert, NewsOfAnOccupantComeWhole) {
  v1::OccupantChanged out;
  to_proto(filled_occupant_news(), &out);
  EXPECT_EQ(out.room(), "account/address");
  out.set_room("room");
  expect_all_in_place(out);
}

TEST(Convert, AMessageComesWhole) {
  v1::Message out;
  to_proto(filled_message(), &out);
  expect_all_in_place(out, {"nick"});
  EXPECT_EQ(out.time().seconds(), 1);
  EXPECT_EQ(out.state_time().seconds(), 2);
  EXPECT_EQ(out.edit_time().seconds(), 3);
  ASSERT_EQ(out.reactions_size(), 1);
  EXPECT_EQ(out.reactions(0).sender(), "sender");
  ASSERT_EQ(out.reactions(0).emojis_size(), 2);
  EXPECT_EQ(out.reactions(0).emojis(1), "two");
  EXPECT_EQ(out.attachment().size(), 5);
  model::Message never = filled_message();
  never.edit_time = {};
  v1::Message plain;
  to_proto(never, &plain);
  EXPECT_FALSE(plain.has_edit_time());
}

TEST(Convert, AFileComesWhole) {
  v1::FileTransfer out;
  to_proto(filled_transfer(), &out);
  expect_all_in_place(out);
  EXPECT_EQ(out.size(), 101);
  EXPECT_EQ(out.transferred(), 102);
  EXPECT_EQ(out.create_time().seconds(), 1);
  EXPECT_EQ(out.state_time().seconds(), 2);
}

TEST(Convert, AContactComesWhole) {
  v1::Contact out;
  to_proto(filled_contact(), &out);
  EXPECT_EQ(out.id(), "account/address");
  out.set_id("id");
  expect_all_in_place(out);
  EXPECT_EQ(out.presence().time().seconds(), 4);
  ASSERT_EQ(out.resources_size(), 1);
  expect_all_in_place(out.resources(0));
  EXPECT_EQ(out.resources(0).presence().time().seconds(), 2);
  EXPECT_EQ(out.resources(0).idle_since().seconds(), 3);
  EXPECT_EQ(out.resources(0).priority(), 7);
}

TEST(Convert, APersonComesWhole) {
  v1::Person out;
  to_proto(core::PersonView{filled_person(), {"contacts"}, filled_presence("presence.status", 3)},
           &out);
  ASSERT_EQ(out.addresses_size(), 1);
  EXPECT_EQ(out.addresses(0).address(), "addresses.address");
  EXPECT_EQ(out.addresses(0).label(), "addresses.label");
  expect_all_in_place(out);
  EXPECT_EQ(out.create_time().seconds(), 1);
  EXPECT_EQ(out.update_time().seconds(), 2);
  v1::Person event;
  to_proto(filled_person(), &event);
  EXPECT_FALSE(event.has_presence());
}

TEST(Convert, AConversationComesWhole) {
  v1::Conversation out;
  to_proto(model::Conversation{filled_message(), 3, 2}, &out);
  EXPECT_EQ(out.account(), "account");
  EXPECT_EQ(out.peer(), "peer");
  EXPECT_EQ(out.unread(), 3);
  EXPECT_EQ(out.unread_mentions(), 2);
  EXPECT_EQ(out.last().id(), "id");
}

TEST(Convert, APresenceComesWholeAndGoesBack) {
  v1::OwnPresence out;
  to_proto(filled_own_presence(), &out);
  expect_all_in_place(out);
  EXPECT_EQ(out.presence().time().seconds(), 1);
  model::Presence back = presence_from(out.presence());
  EXPECT_EQ(back.time, base::WallTime{}) << "when it is said is not the client's to tell";
  back.time = at(1);
  EXPECT_EQ(back, filled_own_presence().presence);
  EXPECT_EQ(presence_from({}).availability, model::Availability::available);
}

TEST(Convert, WhatDidNotHappenIsAbsent) {
  model::Call call = filled_call();
  call.answer_time = call.end_time = {};
  call.transfer_request = {};
  v1::Call out;
  to_proto(call, &out);
  EXPECT_FALSE(out.has_answer_time());
  EXPECT_FALSE(out.has_end_time());
  EXPECT_FALSE(out.has_transfer_request());
  core::CallStatsOf stats = filled_stats();
  stats.stats.round_trip_ms = stats.stats.mouth_to_ear_ms = -1;
  stats.stats.since_last_packet = base::Duration{-1};
  v1::CallStats figures;
  to_proto(stats, &figures);
  EXPECT_FALSE(figures.has_round_trip_ms());
  EXPECT_FALSE(figures.has_mouth_to_ear_ms());
  EXPECT_FALSE(figures.has_since_last_packet());
}

TEST(Convert, AnExplanationComesWhole) {
  core::CallExplained explained;
  explained.call = filled_call();
  explained.findings = {{model::Finding::Severity::problem, "code", "text", "advice"}};
  explained.steps = {{model::TraceStep::Kind::packets,
                      "code",
                      "text",
                      {{"key", "bad \xff bytes"}},
                      base::WallTime(std::chrono::milliseconds(2500)),
                      3}};
  v1::ExplainCallResponse out;
  to_proto(explained, &out);
  EXPECT_EQ(out.call().id(), explained.call.id.str());
  ASSERT_EQ(out.findings_size(), 1);
  expect_all_in_place(out.findings(0));
  EXPECT_EQ(out.findings(0).severity(), v1::Finding::SEVERITY_PROBLEM);
  ASSERT_EQ(out.steps_size(), 1);
  const v1::TraceStep& step = out.steps(0);
  expect_all_in_place(step);
  EXPECT_EQ(step.kind(), v1::TraceStep::KIND_PACKETS);
  EXPECT_EQ(step.time().seconds(), 2);
  EXPECT_EQ(step.count(), 3U);
  EXPECT_EQ(step.details().at("key"), "bad \uFFFD bytes") << "protobuf refuses ill-formed UTF-8";
}

TEST(Convert, StatisticsComeWhole) {
  v1::CallStats out;
  to_proto(filled_stats(), &out);
  expect_all_in_place(out);
  const std::map<std::string, double> numbers = {{"sent.packets", 101},
                                                 {"sent.bytes", 102},
                                                 {"sent.packets_lost", 103},
                                                 {"sent.loss_ratio", 100.25},
                                                 {"sent.jitter_ms", 100.5},
                                                 {"sent.level_dbov", 100.75},
                                                 {"sent.ssrc", 104},
                                                 {"received.packets", 201},
                                                 {"received.bytes", 202},
                                                 {"received.packets_lost", 203},
                                                 {"received.loss_ratio", 200.25},
                                                 {"received.jitter_ms", 200.5},
                                                 {"received.level_dbov", 200.75},
                                                 {"received.ssrc", 204},
                                                 {"packets_late", 1},
                                                 {"packets_duplicate", 2},
                                                 {"packets_rejected", 3},
                                                 {"frames_concealed", 4},
                                                 {"frames_played", 5},
                                                 {"jitter_buffer_ms", 6},
                                                 {"round_trip_ms", 7},
                                                 {"mouth_to_ear_ms", 8},
                                                 {"mos", 4.25}};
  size_t seen = 0;
  for_each_field(out,
                 [&](const Message& in, const FieldDescriptor& field, const std::string& path) {
                   const auto* r = in.GetReflection();
                   double value = 0;
                   if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64)
                     value = static_cast<double>(r->GetUInt64(in, &field));
                   else if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32)
                     value = r->GetUInt32(in, &field);
                   else if (field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE)
                     value = r->GetDouble(in, &field);
                   else
                     return;
                   ++seen;
                   ASSERT_TRUE(numbers.contains(path)) << path;
                   EXPECT_EQ(value, numbers.at(path)) << path;
                 });
  EXPECT_EQ(seen, numbers.size());
  EXPECT_EQ(out.duration().seconds(), 2);
  EXPECT_EQ(out.duration().nanos(), 500'000'000);
  EXPECT_EQ(out.since_last_packet().nanos(), 250'000'000);
}

TEST(Convert, ADeviceComesWhole) {
  v1::Device out;
  to_proto(filled_device(), &out);
  expect_all_in_place(out);
  EXPECT_EQ(out.kind(), v1::Device::KIND_PLAYBACK);
}

// One flag at a time, so that none can stand for another.
template <class Model, class Proto>
void expect_flags(const std::map<std::string, bool Model::*>& flags) {
  for (const auto& [name, member] : flags) {
    Model model{};
    for (const auto& [other, m] : flags) model.*m = other == name;
    Proto out;
    to_proto(model, &out);
    size_t seen = 0;
    for_each_field(out, [&, flag = name](const Message& in, const FieldDescriptor& field,
                                         const std::string& path) {
      if (field.cpp_type() != FieldDescriptor::CPPTYPE_BOOL || path.find('.') != std::string::npos)
        return;
      ++seen;
      EXPECT_EQ(in.GetReflection()->GetBool(in, &field), path == flag)
          << flag << " shows in " << path;
    });
    EXPECT_EQ(seen, flags.size());
  }
}

TEST(Convert, FlagsAreNotSwapped) {
  using C = model::Call;
  expect_flags<C, v1::Call>({{"missed", &C::missed},
                             {"held_by_local", &C::held_local},
                             {"held_by_remote", &C::held_remote},
                             {"muted", &C::muted},
                             {"recording", &C::recording},
                             {"playing", &C::playing},
                             {"waiting", &C::waiting},
                             {"owned", &C::owned}});
  using A = model::Account;
  expect_flags<A, v1::Account>({{"enabled", &A::enabled},
                                {"has_password", &A::has_password},
                                {"has_turn_password", &A::has_turn_password}});
  using K = model::Contact;
  expect_flags<K, v1::Contact>(
      {{"asked", &K::asked}, {"asks", &K::asks}, {"blocked", &K::blocked}, {"listed", &K::listed}});
  using D = model::Device;
  expect_flags<D, v1::Device>({{"default", &D::is_default}, {"monitor", &D::is_monitor}});
  using S = model::AccountSettings;
  expect_flags<S, v1::AccountSettings>({{"register", &S::register_},
                                        {"relay_only", &S::relay_only},
                                        {"early_send", &S::early_send},
                                        {"default", &S::is_default},
                                        {"do_not_disturb", &S::do_not_disturb},
                                        {"call_waiting", &S::call_waiting},
                                        {"hide_number", &S::hide_number},
                                        {"allow_clear_text", &S::allow_clear_text},
                                        {"message_waiting", &S::message_waiting},
                                        {"publish_presence", &S::publish_presence},
                                        {"zrtp", &S::zrtp}});
}

TEST(Convert, SettingsGoThereAndBack) {
  v1::AccountSettings out;
  to_proto(filled_settings(), &out);
  EXPECT_EQ(settings_from(out), filled_settings());
  v1::AccountSettings defaults;
  to_proto(model::AccountSettings{}, &defaults);
  EXPECT_EQ(settings_from(defaults), model::AccountSettings{});
  EXPECT_EQ(settings_from(v1::AccountSettings{}), model::AccountSettings{});
}

// Each setting alone, over the defaults: a conversion that reads another's field, or
// forgets one, gives another value or none.
TEST(Convert, EachSettingIsReadFromItsOwnField) {
  v1::AccountSettings all;
  to_proto(filled_settings(), &all);
  std::set<std::string> distinct;
  for (int i = 0; i < all.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = all.GetDescriptor()->field(i);
    v1::AccountSettings one = all;
    for (int other = 0; other < all.GetDescriptor()->field_count(); ++other)
      if (other != i) one.GetReflection()->ClearField(&one, all.GetDescriptor()->field(other));
    const model::AccountSettings read = settings_from(one);
    EXPECT_NE(read, model::AccountSettings{}) << field->name() << " is not read";
    v1::AccountSettings back;
    to_proto(read, &back);
    google::protobuf::util::MessageDifferencer differ;
    EXPECT_TRUE(differ.CompareWithFields(one, back, {field}, {field})) << field->name();
    distinct.insert(back.SerializeAsString());
  }
  EXPECT_EQ(distinct.size(), static_cast<size_t>(all.GetDescriptor()->field_count()));
}

TEST(Convert, UnspecifiedIsTheDefault) {
  v1::AccountSettings in;
  for (int i = 0; i < in.GetDescriptor()->field_count(); ++i)
    if (const FieldDescriptor* field = in.GetDescriptor()->field(i);
        field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM)
      in.GetReflection()->SetEnumValue(&in, field, 0);
  EXPECT_EQ(settings_from(in), model::AccountSettings{});
}

TEST(Convert, OneCallTakesOnlyItsOwnSettings) {
  const std::set<std::string> allowed = {"encryption", "codecs",      "dtmf",
                                         "early_send", "hide_number", "latch"};
  static_assert(field_count<core::CallOverrides>() == 6,
                "allow it above, and say so in call.proto");
  v1::AccountSettings all;
  to_proto(filled_settings(), &all);
  for (int i = 0; i < all.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = all.GetDescriptor()->field(i);
    v1::AccountSettings one;
    one.CopyFrom(all);
    for (int other = 0; other < all.GetDescriptor()->field_count(); ++other)
      if (other != i) one.GetReflection()->ClearField(&one, all.GetDescriptor()->field(other));
    const auto overrides = overrides_from(one);
    ASSERT_EQ(overrides.has_value(), allowed.contains(field->name())) << field->name();
    if (!overrides) {
      EXPECT_EQ(overrides.error().details.at("field"), "settings." + field->name());
      continue;
    }
    const int taken = overrides->encryption.has_value() + !overrides->codecs.empty() +
                      overrides->dtmf.has_value() + overrides->early_send.has_value() +
                      overrides->hide_number.has_value() + overrides->latch.has_value();
    EXPECT_EQ(taken, 1) << field->name();
  }
}

TEST(Convert, HostileTextBecomesValidUtf8) {
  model::Call call;
  const std::string bad = "\xC3\x28 \xFF\xFE end";
  call.remote = call.local = {bad, bad};
  call.end_detail.text = call.diverted_by = call.referred_by = bad;
  call.transfer.text = call.transfer.target = bad;
  v1::Call out;
  to_proto(call, &out);
  v1::Call back;
  // proto3 refuses ill-formed UTF-8 when it reads.
  ASSERT_TRUE(back.ParseFromString(out.SerializeAsString()));
  EXPECT_NE(back.end_text().find("end"), std::string::npos);
}

TEST(Convert, HostileContactsBecomeValidUtf8) {
  const std::string bad = "\xC3\x28 \xFF\xFE end";
  model::Contact contact = filled_contact();
  contact.address = contact.name = contact.nickname = contact.asks_text = bad;
  contact.groups = {bad};
  contact.presence.status = bad;
  contact.resources = {{bad, {model::Availability::dnd, bad, {}}, 0, {}, bad, bad}};
  v1::Contact out;
  to_proto(contact, &out);
  v1::Contact back;
  ASSERT_TRUE(back.ParseFromString(out.SerializeAsString()));
  EXPECT_FALSE(back.resources(0).has_idle_since());
  EXPECT_FALSE(back.resources(0).presence().has_time());
}

TEST(Convert, TimesBeforeTheEpochAreWellFormed) {
  google::protobuf::Timestamp out;
  set_time(base::WallTime{std::chrono::milliseconds(-1)}, &out);
  EXPECT_EQ(out.seconds(), -1);
  EXPECT_EQ(out.nanos(), 999'000'000);
}

}  // namespace
}  // namespace commd::api
