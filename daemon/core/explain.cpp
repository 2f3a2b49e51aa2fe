#include "daemon/core/explain.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>

#include "daemon/core/explain_rules.h"

namespace commd::core {
namespace {

using model::CallState;
using model::Finding;

Findings media_findings(const CallFacts& facts) {
  Findings all = explain_way(facts);
  if (!all.empty()) return all;
  for (Findings some :
       {explain_downgrade(facts), explain_words(facts), explain_heard(facts), explain_said(facts)})
    std::move(some.begin(), some.end(), std::back_inserter(all));
  return all;
}

// No fault, and said beside how the call is.
bool plays_nowhere(const CallFacts& facts) {
  return facts.call.answer_time != base::WallTime{} && facts.stats &&
         facts.call.playback.kind == model::AudioSink::Kind::none;
}

Finding playback_none() {
  return {Finding::Severity::info, "PLAYBACK_NONE",
          "What comes from the far end is played nowhere here (playback none).",
          "Name where it is to be heard in the next call: commctl call, or calls answer, with "
          "--playback default; or [audio] playback in commd.toml"};
}

Finding how_it_is(const CallFacts& facts) {
  using Severity = Finding::Severity;
  switch (facts.call.state) {
    case CallState::dialing:
      return {
          Severity::info, "DIALING", "The call is being placed; nobody has answered it yet.", {}};
    case CallState::ringing:
      return facts.call.direction == model::CallDirection::incoming
                 ? Finding{Severity::info, "RINGING", "It rings here.",
                           "Answer it: commctl calls answer"}
                 : Finding{Severity::info, "RINGING", "It rings at the far end.", {}};
    case CallState::early:
      return {Severity::info,
              "EARLY_MEDIA",
              "Not answered yet; the far end or its network plays something.",
              {}};
    case CallState::connecting:
      return {Severity::info, "CONNECTING", "The call is answered, its media is being set up.", {}};
    case CallState::active:
      if (facts.stats && facts.stats->received.packets > 0)
        return {Severity::info,
                "SOUND_BOTH_WAYS",
                "Sound goes both ways; nothing is wrong that can be seen from here.",
                {}};
      return {Severity::info, "JUST_CONNECTED",
              "The call has just been connected; it is too early to judge it.",
              "Ask again in some seconds."};
    case CallState::held:
      return {Severity::info, "HELD", "The call is on hold.", {}};
    case CallState::ended:
      break;
  }
  return {Severity::info, "ENDED", "The call has ended.", {}};
}

}  // namespace

bool is_private_ip(const std::string& ip) {
  constexpr std::array prefixes = {"10.", "192.168.", "169.254.", "127.", "fc",
                                   "fd",  "fe8",      "fe9",      "fea",  "feb"};
  if (std::any_of(prefixes.begin(), prefixes.end(),
                  [&](const char* prefix) { return ip.starts_with(prefix); }))
    return true;
  const auto second = [&](size_t skip) { return std::atoi(ip.c_str() + skip); };
  if (ip.starts_with("172.")) return second(4) >= 16 && second(4) < 32;
  if (ip.starts_with("100.")) return second(4) >= 64 && second(4) < 128;
  return ip == "::1";
}

std::string in_seconds(base::Duration time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  return std::to_string((ms + 500) / 1000) + " s";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<Finding> explain(const CallFacts& facts) {
  Findings all;
  if (facts.call.state == CallState::ended) all = explain_end(facts);
  if (facts.call.answer_time != base::WallTime{})
    for (Finding& one : media_findings(facts))
      if (std::none_of(all.begin(), all.end(), [&](const auto& f) { return f.code == one.code; }))
        all.push_back(std::move(one));
  if (all.empty()) all.push_back(how_it_is(facts));
  if (plays_nowhere(facts)) all.push_back(playback_none());
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.severity > b.severity; });
  return all;
}

std::optional<Finding> why_silent(const CallFacts& facts) {
  if (facts.call.state == CallState::ended || facts.call.held_local || facts.call.held_remote)
    return std::nullopt;
  for (Finding& one : media_findings(facts))
    if (one.severity == Finding::Severity::problem) return std::move(one);
  return std::nullopt;
}

}  // namespace commd::core
