#include "daemon/settings/keys.h"

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>

#include "daemon/model/host_port.h"

namespace commd::settings {
namespace {

// Member<&Settings::sip, &SipSettings::local_port> names one value of Settings.
template <auto Section, auto Field>
struct Member {
  static auto& of(Settings& settings) { return settings.*Section.*Field; }
  static const auto& of(const Settings& settings) { return settings.*Section.*Field; }
};

template <class M>
bool store_flag(const Value& value, Settings& settings) {
  const bool* const flag = std::get_if<bool>(&value);
  if (flag != nullptr) M::of(settings) = *flag;
  return flag != nullptr;
}

template <class M, int64_t lowest, int64_t highest>
bool store_number(const Value& value, Settings& settings) {
  using Number = std::remove_reference_t<decltype(M::of(settings))>;
  static_assert(lowest >= 0 &&
                static_cast<uint64_t>(highest) <= std::numeric_limits<Number>::max());
  const int64_t* const number = std::get_if<int64_t>(&value);
  if (number == nullptr || *number < lowest || *number > highest) return false;
  M::of(settings) = static_cast<Number>(*number);
  return true;
}

template <class M, bool (*accepts)(int64_t)>
bool store_checked_number(const Value& value, Settings& settings) {
  using Number = std::remove_reference_t<decltype(M::of(settings))>;
  const int64_t* const number = std::get_if<int64_t>(&value);
  if (number == nullptr || !accepts(*number)) return false;
  M::of(settings) = static_cast<Number>(*number);
  return true;
}

template <class M, bool (*accepts)(std::string_view)>
bool store_string(const Value& value, Settings& settings) {
  const std::string* const text = std::get_if<std::string>(&value);
  if (text == nullptr || !accepts(*text)) return false;
  M::of(settings) = *text;
  return true;
}

// `parse` gives an optional or a Result.
template <class M, auto parse>
bool store_parsed(const Value& value, Settings& settings) {
  const std::string* const text = std::get_if<std::string>(&value);
  if (text == nullptr) return false;
  auto parsed = parse(*text);
  if (!parsed) return false;
  M::of(settings) = *parsed;
  return true;
}

template <class M>
bool store_addresses(const Value& value, Settings& settings) {
  constexpr size_t most = 16;
  const auto* const list = std::get_if<std::vector<std::string>>(&value);
  if (list == nullptr || list->size() > most ||
      !std::all_of(list->begin(), list->end(), model::is_listen_address))
    return false;
  M::of(settings) = *list;
  return true;
}

template <class M>
std::string text_of(const Settings& settings) {
  return to_text(M::of(settings));
}

template <class M>
std::string number_text(const Settings& settings) {
  return std::to_string(M::of(settings));
}

template <class M>
std::string endpoint_text(const Settings& settings) {
  return to_text(model::to_string(M::of(settings)));
}

bool is_path_or_empty(std::string_view text) {
  return text.empty() ||
         (text.front() == '/' && text.size() <= 4096 && text.find('\0') == std::string_view::npos);
}

bool is_log_level(std::string_view text) {
  constexpr std::array<std::string_view, 6> levels = {"trace", "debug", "info",
                                                      "warn",  "error", "off"};
  return std::find(levels.begin(), levels.end(), text) != levels.end();
}

template <auto Section, auto Field>
constexpr Key flag(std::string_view name) {
  using M = Member<Section, Field>;
  return {name, "true or false", Applies::at_once, store_flag<M>, text_of<M>};
}

template <auto Section, auto Field, int64_t lowest, int64_t highest>
constexpr Key number(std::string_view name, std::string_view allowed,
                     Applies applies = Applies::at_once) {
  using M = Member<Section, Field>;
  return {name, allowed, applies, store_number<M, lowest, highest>, number_text<M>};
}

template <auto Field>
constexpr Key sink(std::string_view name) {
  using M = Member<&Settings::audio, Field>;
  return {name, "\"default\", \"none\", \"file:/PATH.wav\" or \"pulse:NAME\"", Applies::at_once,
          store_parsed<M, model::parse_audio_sink>, endpoint_text<M>};
}

using S = Settings;
using LocalListen = Member<&S::sip, &SipSettings::local_listen>;
using UserAgent = Member<&S::sip, &SipSettings::user_agent>;
using ResolvConf = Member<&S::sip, &SipSettings::resolv_conf>;
using XmppResolvConf = Member<&S::xmpp, &XmppSettings::resolv_conf>;
using Capture = Member<&S::audio, &AudioSettings::capture>;
using LogLevel = Member<&S::log, &LogSettings::level>;
using LogJson = Member<&S::log, &LogSettings::json>;
using RtpPorts = Member<&S::media, &MediaSettings::rtp_ports>;
using Jitter = Member<&S::media, &MediaSettings::jitter>;
using Upnp = Member<&S::media, &MediaSettings::upnp>;
using LostEndsCall = Member<&S::media, &MediaSettings::lost_ends_call_s>;
using Group = Member<&S::api, &ApiSettings::group>;

constexpr auto at_restart = Applies::at_restart;

constexpr auto table = std::to_array<Key>({
    number<&S::sip, &SipSettings::local_port, 0, 65535>(
        "sip.local_port", "a whole number from 0 to 65535 (0 = any free port)", at_restart),
    {"sip.local_listen", "a list of at most 16 IP addresses, for example [\"192.0.2.7\"]",
     at_restart, store_addresses<LocalListen>, text_of<LocalListen>},
    {"sip.user_agent", "printable ASCII of at most 128 characters", at_restart,
     store_string<UserAgent, is_user_agent>, text_of<UserAgent>},
    {"sip.resolv_conf", "the absolute path of a file, or \"\" for /etc/resolv.conf", at_restart,
     store_string<ResolvConf, is_path_or_empty>, text_of<ResolvConf>},

    {"xmpp.resolv_conf", "the absolute path of a file, or \"\" for /etc/resolv.conf", at_restart,
     store_string<XmppResolvConf, is_path_or_empty>, text_of<XmppResolvConf>},

    {"audio.capture",
     "\"default\", \"none\", \"tone:HZ\" (20 to 20000), \"file:/PATH.wav[,loop]\" or "
     "\"pulse:NAME\"",
     Applies::at_once, store_parsed<Capture, model::parse_audio_source>, endpoint_text<Capture>},
    sink<&AudioSettings::playback>("audio.playback"),
    sink<&AudioSettings::ring>("audio.ring"),
    flag<&S::audio, &AudioSettings::echo_cancellation>("audio.echo_cancellation"),
    flag<&S::audio, &AudioSettings::noise_suppression>("audio.noise_suppression"),
    flag<&S::audio, &AudioSettings::gain_control>("audio.gain_control"),

    {"log.level", "\"trace\", \"debug\", \"info\", \"warn\", \"error\" or \"off\"",
     Applies::at_once, store_string<LogLevel, is_log_level>, text_of<LogLevel>},
    {"log.json", "true or false", at_restart, store_flag<LogJson>, text_of<LogJson>},

    {"media.rtp_ports", "\"FIRST-LAST\" with ports from 1024 to 65535, the first even", at_restart,
     store_parsed<RtpPorts, parse_port_range>, text_of<RtpPorts>},
    {"media.jitter", "\"SHORTEST-LONGEST\" in ms: from 0 to 400, the longest at least 20",
     at_restart, store_parsed<Jitter, parse_jitter_range>, text_of<Jitter>},
    {"media.lost_ends_call", "a whole number of seconds from 60 to 86400, or 0 = never",
     Applies::at_once, store_checked_number<LostEndsCall, is_end_of_silence>,
     number_text<LostEndsCall>},
    number<&S::media, &MediaSettings::workers, 0, 256>(
        "media.workers", "a whole number from 0 to 256 (0 = one for each core)", at_restart),
    {"media.upnp", "true or false", at_restart, store_flag<Upnp>, text_of<Upnp>},

    number<&S::limits, &LimitSettings::calls, 1, 100'000>("limits.calls",
                                                          "a whole number from 1 to 100000"),
    number<&S::limits, &LimitSettings::ringing, 1, 100'000>("limits.ringing",
                                                            "a whole number from 1 to 100000"),
    number<&S::limits, &LimitSettings::per_source_rate, 1, 100'000>(
        "limits.per_source_rate", "a whole number of calls a second from 1 to 100000"),
    number<&S::limits, &LimitSettings::watchers, 1, 10'000>("limits.watchers",
                                                            "a whole number from 1 to 10000"),
    number<&S::limits, &LimitSettings::clients, 1, 10'000>("limits.clients",
                                                           "a whole number from 1 to 10000"),

    number<&S::retention, &RetentionSettings::events, 0, 1'000'000'000>(
        "retention.events", "a whole number from 0 to 1000000000 (0 = no bound)", at_restart),
    number<&S::retention, &RetentionSettings::event_days, 0, 36'500>(
        "retention.event_days", "a whole number of days from 0 to 36500 (0 = no bound)",
        at_restart),
    number<&S::retention, &RetentionSettings::calls, 0, 1'000'000'000>(
        "retention.calls", "a whole number from 0 to 1000000000 (0 = no bound)", at_restart),
    number<&S::retention, &RetentionSettings::call_days, 0, 36'500>(
        "retention.call_days", "a whole number of days from 0 to 36500 (0 = no bound)", at_restart),

    number<&S::history, &HistorySettings::keep_days, 0, 36'500>(
        "history.keep_days", "a whole number of days from 0 to 36500 (0 = for ever)", at_restart),

    {"api.group", "the name of a group, or \"\" for none", at_restart,
     store_string<Group, is_group_name>, text_of<Group>},
});

}  // namespace

std::span<const Key> keys() { return table; }

const Key* find_key(std::string_view name) {
  const auto* const found =
      std::find_if(table.begin(), table.end(), [&](const Key& key) { return key.name == name; });
  return found == table.end() ? nullptr : found;
}

std::vector<Change> compare(const Settings& before, const Settings& after) {
  std::vector<Change> changes;
  for (const Key& key : table) {
    std::string old_text = key.text(before);
    std::string new_text = key.text(after);
    if (old_text != new_text)
      changes.push_back(
          {std::string(key.name), std::move(old_text), std::move(new_text), key.applies});
  }
  return changes;
}

}  // namespace commd::settings
