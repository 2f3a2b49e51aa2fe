#include <array>
#include <cstdio>

#include "clients/commctl/call_verb.h"
#include "clients/commctl/commands.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/report.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

template <class... Values>
std::string format(const char* pattern, Values... values) {
  std::array<char, 160> buffer{};
  std::snprintf(buffer.data(), buffer.size(), pattern, values...);
  return buffer.data();
}

std::string stream_text(const v1::StreamStats& stream) {
  return format(
      "%s, %llu packets, %llu bytes, lost %s, jitter %s, level %.0f dB",
      codec_text(stream.codec()).c_str(), static_cast<unsigned long long>(stream.packets()),
      static_cast<unsigned long long>(stream.bytes()), percent(stream.loss_ratio()).c_str(),
      in_ms(stream.jitter_ms()).c_str(), stream.level_dbov());
}

std::string oddities_text(const v1::CallStats& stats) {
  return format("%llu late, %llu twice, %llu rejected",
                static_cast<unsigned long long>(stats.packets_late()),
                static_cast<unsigned long long>(stats.packets_duplicate()),
                static_cast<unsigned long long>(stats.packets_rejected()));
}

std::string frames_text(const v1::CallStats& stats) {
  return format("%llu played, %llu of them made up for lost ones",
                static_cast<unsigned long long>(stats.frames_played()),
                static_cast<unsigned long long>(stats.frames_concealed()));
}

// "host to srflx", "relay (our relay over tcp) to prflx".
std::string path_text(const v1::MediaPath& path) {
  std::string text = path.local_type();
  if (!path.relay_transport().empty()) text += " (our relay over " + path.relay_transport() + ")";
  text += " to " + path.remote_type();
  if (path.transport() != "udp") text += " over " + path.transport();
  return text;
}

void show(const Output& out, const v1::CallStats& stats) {
  std::vector<std::pair<std::string, Span>> facts = {
      {"call", {stats.call()}},
      {"duration", {human_duration(milliseconds_of(stats.duration()))}},
      {"sent", {stream_text(stats.sent())}},
      {"received", {stream_text(stats.received())}},
      {"packets", {oddities_text(stats)}},
      {"frames", {frames_text(stats)}},
      {"jitter buffer", {in_ms(stats.jitter_buffer_ms())}},
  };
  if (stats.has_round_trip_ms()) facts.push_back({"round trip", {in_ms(stats.round_trip_ms())}});
  if (stats.has_mouth_to_ear_ms())
    facts.push_back({"mouth to ear", {in_ms(stats.mouth_to_ear_ms())}});
  if (stats.mos() > 0)
    facts.push_back({"MOS", {format("%.2f (%s)", stats.mos(), mos_word(stats.mos()).c_str())}});
  facts.push_back({"encryption", {security_text(stats.security()), style_of(stats.security())}});
  facts.push_back({"addresses", {stats.local_address() + " to " + stats.remote_address()}});
  if (stats.has_path()) facts.push_back({"path", {path_text(stats.path())}});
  for (const Line& line : fact_lines(facts)) out.print(line);
}

int run(Context& context) {
  const v1::GetCallStatsResponse response = context.client().get_call_stats(context.word(0));
  const Output& out = context.out();
  if (response.stats().empty() && !out.json()) out.say("No calls now.");
  for (const v1::CallStats& stats : response.stats()) {
    if (out.json()) {
      out.print(stats);
      continue;
    }
    if (&stats != &response.stats(0)) out.print("");
    show(out, stats);
  }
  return 0;
}

}  // namespace

Command calls_stats_command() {
  return {
      "calls stats",
      "Show codec, loss, jitter, delay and encryption of calls",
      "Ended calls keep their last numbers for a minute.",
      {{"commctl calls stats", "all calls"}, {"commctl calls stats 4f2a --json", "for a script"}},
      {{"CALL", "an id or a unique prefix of one; left out: all calls", Word::call,
        Argument::Count::optional}},
      {},
      run};
}

}  // namespace commd::commctl
