// Durations, settings, states, request ids: what the words of a line mean.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "clients/commctl/arguments.h"
#include "clients/commctl/context.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/reach.h"
#include "clients/commctl/request_id.h"
#include "clients/commctl/settings.h"

namespace commd::commctl {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using Settings = v1::AccountSettings;

TEST(Durations, AreRead) {
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("10s"), milliseconds(10000));
  EXPECT_EQ(parse_duration("2m"), milliseconds(120000));
  EXPECT_EQ(parse_duration("7"), milliseconds(7000));
  EXPECT_EQ(parse_duration("0.25"), milliseconds(250));
  EXPECT_EQ(parse_duration("1h"), milliseconds(3600000));
}

TEST(Durations, NonsenseIsRefused) {
  for (const char* text : {"", "s", "-1", "+1", "1 s", "1x", "1e9", "nan", "inf", "1ss", "400d",
                           "99999999999999999999", "0x10"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Durations, AreWritten) {
  EXPECT_EQ(human_duration(milliseconds(850)), "850 ms");
  EXPECT_EQ(human_duration(milliseconds(3200)), "3.2 s");
  EXPECT_EQ(human_duration(seconds(151)), "2 m 31 s");
  EXPECT_EQ(human_duration(seconds(3725)), "1 h 02 m");
  EXPECT_EQ(human_duration(seconds(90061)), "1 d 1 h");
  EXPECT_EQ(clock_text(seconds(151)), "02:31");
  EXPECT_EQ(clock_text(seconds(3751)), "1:02:31");
}

std::string refusal(const std::string& text, const std::vector<std::string>& allowed) {
  Settings settings;
  try {
    apply_setting(text, allowed, settings);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(SettingsText, SetsEveryKindOfField) {
  Settings settings;
  for (const char* text : {"encryption=required", "ice=yes", "codecs=opus, PCMU", "relay-only=on",
                           "register_expiry_s=10m", "keepalive_s=0", "display_name=A=B"})
    apply_setting(text, setting_keys(), settings);
  EXPECT_EQ(settings.encryption(), Settings::ENCRYPTION_REQUIRED);
  EXPECT_EQ(settings.ice(), Settings::ICE_ON);
  EXPECT_THAT(settings.codecs(), ElementsAre("opus", "PCMU"));
  EXPECT_TRUE(settings.relay_only());
  EXPECT_EQ(settings.register_expiry_s(), 600u);
  EXPECT_TRUE(settings.has_keepalive_s());
  EXPECT_EQ(settings.display_name(), "A=B");
  EXPECT_EQ(setting_text(settings, "codecs"), "opus, PCMU");
  EXPECT_EQ(setting_text(settings, "encryption"), "required");
  EXPECT_EQ(setting_text(settings, "relay_only"), "on");
  EXPECT_EQ(setting_text(settings, "stun"), "");
}

TEST(SettingsText, AnEmptyValueIsTheDefault) {
  Settings settings;
  settings.set_stun("x");
  settings.set_transport(Settings::TRANSPORT_TLS);
  EXPECT_EQ(apply_setting("stun=", setting_keys(), settings), "stun");
  apply_setting("transport=auto", setting_keys(), settings);
  EXPECT_FALSE(settings.has_stun());
  EXPECT_FALSE(settings.has_transport());
  apply_setting("dtmf=auto", setting_keys(), settings);  // here it is a value
  EXPECT_EQ(settings.dtmf(), Settings::DTMF_AUTO);
}

TEST(SettingsText, PathsBecomeAbsolute) {
  Settings settings;
  apply_setting("tls_ca_file=ca.pem", setting_keys(), settings);
  EXPECT_EQ(settings.tls_ca_file(), (std::filesystem::current_path() / "ca.pem").string());
  EXPECT_EQ(absolute_audio("file:a.wav,loop"),
            "file:" + (std::filesystem::current_path() / "a.wav").string() + ",loop");
  EXPECT_EQ(absolute_audio("tone:440"), "tone:440");
  EXPECT_EQ(absolute_audio(""), "");
}

TEST(SettingsText, MistakesNameTheChoices) {
  EXPECT_THAT(refusal("encription=off", setting_keys()), HasSubstr("Did you mean \"encryption\"?"));
  EXPECT_THAT(refusal("encryption=on", setting_keys()), HasSubstr("required, preferred, off"));
  EXPECT_THAT(refusal("encryption", setting_keys()), HasSubstr("encryption=VALUE"));
  EXPECT_THAT(refusal("register=maybe", setting_keys()), HasSubstr("on or off"));
  EXPECT_THAT(refusal("ring_timeout_s=soon", setting_keys()), HasSubstr("seconds"));
  EXPECT_THAT(refusal("ring_timeout_s=1500ms", setting_keys()), HasSubstr("seconds"));
  EXPECT_THAT(refusal("stun=x", call_setting_keys()), HasSubstr("cannot be set for one call"));
}

TEST(SettingsText, KeysOfOneCallExist) {
  for (const std::string& key : call_setting_keys())
    EXPECT_THAT(setting_keys(), testing::Contains(key));
}

v1::Call call_in(v1::Call::State state, v1::Call::Direction direction) {
  v1::Call call;
  call.set_state(state);
  call.set_direction(direction);
  return call;
}

TEST(Reach, ACallNeverGoesBack) {
  using C = v1::Call;
  const auto out = [](C::State state) { return call_in(state, C::DIRECTION_OUTGOING); };
  EXPECT_TRUE(may_become(out(C::STATE_DIALING), C::STATE_EARLY));
  EXPECT_TRUE(may_become(out(C::STATE_RINGING), C::STATE_EARLY));
  EXPECT_TRUE(may_become(out(C::STATE_EARLY), C::STATE_RINGING));
  EXPECT_TRUE(may_become(out(C::STATE_HELD), C::STATE_ACTIVE));
  EXPECT_TRUE(may_become(out(C::STATE_ACTIVE), C::STATE_ENDED));
  EXPECT_TRUE(may_become(out(C::STATE_ENDED), C::STATE_ENDED));
  EXPECT_FALSE(may_become(out(C::STATE_ACTIVE), C::STATE_RINGING));
  EXPECT_FALSE(may_become(out(C::STATE_RINGING), C::STATE_DIALING));
  EXPECT_FALSE(may_become(out(C::STATE_ENDED), C::STATE_ACTIVE));
  EXPECT_FALSE(may_become(call_in(C::STATE_RINGING, C::DIRECTION_INCOMING), C::STATE_EARLY));
}

TEST(Reach, AFailedAccountNeedsAPerson) {
  using A = v1::Account;
  A account;
  account.set_state(A::STATE_FAILED);
  EXPECT_FALSE(may_become(account, A::STATE_ONLINE));
  EXPECT_TRUE(may_become(account, A::STATE_FAILED));
  EXPECT_TRUE(may_become(account, A::STATE_DISABLED));
  account.set_state(A::STATE_RETRYING);
  EXPECT_TRUE(may_become(account, A::STATE_ONLINE));
}

TEST(Reach, ConditionsAreRead) {
  EXPECT_THAT(call_states_of("state=active,ended"),
              ElementsAre(v1::Call::STATE_ACTIVE, v1::Call::STATE_ENDED));
  EXPECT_THROW(call_states_of("state=activ"), UsageError);
  EXPECT_THROW(call_states_of("state="), UsageError);
  EXPECT_THROW(call_states_of("active"), UsageError);
  EXPECT_THROW(account_states_of("state=active"), UsageError);
}

TEST(RequestId, IsRandom) {
  EXPECT_EQ(random_request_id().size(), 32u);
  EXPECT_NE(random_request_id(), random_request_id());
}

}  // namespace
}  // namespace commd::commctl
