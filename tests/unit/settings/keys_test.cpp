#include "daemon/settings/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace commd::settings {
namespace {

using testing::ElementsAre;

TEST(Keys, AreNamedOnceAndExplained) {
  std::set<std::string_view> names;
  for (const Key& key : keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_NE(key.name.find('.'), std::string_view::npos);
    EXPECT_FALSE(key.allowed.empty());
    EXPECT_EQ(find_key(key.name), &key);
  }
  EXPECT_EQ(find_key("sip.nothing"), nullptr);
}

TEST(Keys, RefuseOtherTypes) {
  // No key takes a date, and none takes all of the rest.
  for (const Key& key : keys()) {
    Settings settings;
    EXPECT_FALSE(key.store(Other{"a date"}, settings)) << key.name;
    EXPECT_FALSE(key.store(1.5, settings)) << key.name;
    EXPECT_FALSE(key.store(int64_t{-1}, settings)) << key.name;
    EXPECT_EQ(settings, Settings{}) << key.name;
  }
}

// The text of the key after storing, or "refused".
template <class T>
std::string stored(const char* name, T value) {
  Settings settings;
  const Key* const key = find_key(name);
  if (key == nullptr) return "no such key";
  return key->store(Value(value), settings) ? key->text(settings) : "refused";
}

std::string text(const char* name, const std::string& value) { return stored(name, value); }

TEST(Keys, CheckTheirRanges) {
  EXPECT_EQ(stored("sip.local_port", int64_t{0}), "0");
  EXPECT_EQ(stored("sip.local_port", int64_t{65535}), "65535");
  EXPECT_EQ(stored("sip.local_port", int64_t{65536}), "refused");
  EXPECT_EQ(stored("media.workers", int64_t{256}), "256");
  EXPECT_EQ(stored("media.workers", int64_t{257}), "refused");
  EXPECT_EQ(stored("limits.calls", int64_t{0}), "refused");
  EXPECT_EQ(stored("limits.calls", int64_t{100000}), "100000");
  EXPECT_EQ(stored("retention.events", int64_t{1} << 40), "refused");
}

TEST(Keys, CheckPortRanges) {
  EXPECT_EQ(text("media.rtp_ports", "1024-1025"), "\"1024-1025\"");
  EXPECT_EQ(text("media.rtp_ports", "64000-65535"), "\"64000-65535\"");
  for (const char* bad : {"", "-", "20000", "20000-", "-20000", "1022-2000", "20001-20010",
                          "20000-20000", "30000-20000", "20000-65536", "20000-20001x",
                          " 20000-20001", "20000--20001", "+20000-20001"})
    EXPECT_EQ(text("media.rtp_ports", bad), "refused") << bad;
}

TEST(Keys, CheckTheBoundsOfJitter) {
  EXPECT_EQ(text("media.jitter", "0-400"), "\"0-400\"");
  EXPECT_EQ(text("media.jitter", "60-60"), "\"60-60\"");
  for (const char* bad : {"", "-", "20", "20-", "-200", "0-19", "0-401", "200-100", "20 - 200",
                          "20-200ms", "+0-200", "0--200", "99999-400"})
    EXPECT_EQ(text("media.jitter", bad), "refused") << bad;
}

TEST(Keys, CheckTheEndOfSilence) {
  for (const int64_t good : {0, 60, 300, 86400})
    EXPECT_EQ(stored("media.lost_ends_call", good), std::to_string(good));
  for (const int64_t bad : {-1, 1, 59, 86401})
    EXPECT_EQ(stored("media.lost_ends_call", bad), "refused") << bad;
  EXPECT_EQ(text("media.lost_ends_call", "300"), "refused");
}

TEST(Keys, CheckAddresses) {
  using List = std::vector<std::string>;
  EXPECT_EQ(stored("sip.local_listen", List{"192.0.2.7", "2001:db8::1", "0.0.0.0"}),
            "[\"192.0.2.7\", \"2001:db8::1\", \"0.0.0.0\"]");
  for (const char* bad : {"", "example.org", "224.0.0.1", "255.255.255.255", "ff02::1",
                          "192.0.2.7:5060", "[::1]", "1.2.3", "fe80::1%eth0"})
    EXPECT_EQ(stored("sip.local_listen", List{bad}), "refused") << bad;
  EXPECT_EQ(stored("sip.local_listen", List{std::string("::1\0x", 5)}), "refused");
  EXPECT_EQ(stored("sip.local_listen", List(17, "::1")), "refused");
  EXPECT_EQ(text("sip.local_listen", "::1"), "refused");
}

TEST(Keys, CheckAudioEndpoints) {
  EXPECT_EQ(text("audio.capture", "tone:440"), "\"tone:440\"");
  EXPECT_EQ(text("audio.capture", "file:/a.wav,loop"), "\"file:/a.wav,loop\"");
  EXPECT_EQ(text("audio.capture", "pulse:usb"), "\"pulse:usb\"");
  EXPECT_EQ(text("audio.capture", "echo"), "refused");
  EXPECT_EQ(text("audio.playback", "tone:440"), "refused");
  EXPECT_EQ(text("audio.ring", "none"), "\"none\"");
}

TEST(Keys, CheckWordsAndNames) {
  EXPECT_EQ(text("log.level", "debug"), "\"debug\"");
  EXPECT_EQ(text("sip.resolv_conf", "/etc/commd/resolv.conf"), "\"/etc/commd/resolv.conf\"");
  EXPECT_EQ(text("sip.resolv_conf", ""), "\"\"");
  EXPECT_EQ(text("sip.resolv_conf", "resolv.conf"), "refused");
  EXPECT_EQ(text("xmpp.resolv_conf", "/etc/commd/resolv.conf"), "\"/etc/commd/resolv.conf\"");
  EXPECT_EQ(text("xmpp.resolv_conf", "resolv.conf"), "refused");
  EXPECT_EQ(text("log.level", "Debug"), "refused");
  EXPECT_EQ(text("sip.user_agent", "Desk phone (hall)/2"), "\"Desk phone (hall)/2\"");
  EXPECT_EQ(text("sip.user_agent", "x\r\nVia: y"), "refused");
  EXPECT_EQ(text("sip.user_agent", std::string(129, 'x')), "refused");
  EXPECT_EQ(text("api.group", "commd-users"), "\"commd-users\"");
  EXPECT_EQ(text("api.group", "0"), "refused");
  EXPECT_EQ(text("api.group", "a:b"), "refused");
  EXPECT_EQ(stored("log.json", true), "true");
  EXPECT_EQ(text("log.json", "true"), "refused");
}

TEST(Compare, ListsWhatChangesAndWhatWantsARestart) {
  const Settings before;
  Settings after;
  EXPECT_TRUE(compare(before, after).empty());
  after.sip.local_port = 0;
  after.log.level = "debug";
  after.audio.capture.kind = model::AudioSource::Kind::none;
  const auto changes = compare(before, after);
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].key, "sip.local_port");
  EXPECT_EQ(changes[0].before, "5060");
  EXPECT_EQ(changes[0].after, "0");
  EXPECT_EQ(changes[0].applies, Applies::at_restart);
  EXPECT_EQ(changes[1].key, "audio.capture");
  EXPECT_EQ(changes[2].key, "log.level");
  EXPECT_EQ(changes[2].applies, Applies::at_once);
}

TEST(ToText, EscapesAndShortens) {
  EXPECT_EQ(to_text(Value(std::string("a\x1b\n"))), "\"a\\x1b\\n\"");
  EXPECT_EQ(to_text(Value(std::string(1000, 'x'))).size(), 65U);
  EXPECT_LT(to_text(Value(std::vector<std::string>(1000, "x"))).size(), 200U);
  EXPECT_EQ(to_text(Value(0.5)), "0.5");
}

}  // namespace
}  // namespace commd::settings
