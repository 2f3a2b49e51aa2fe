#include "clients/commctl/report.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "clients/client/escape.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/output.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

template <class... Values>
std::string format(const char* pattern, Values... values) {
  std::array<char, 96> buffer{};
  std::snprintf(buffer.data(), buffer.size(), pattern, values...);
  return buffer.data();
}

std::string duration_text(const v1::Call& call) {
  if (!call.has_answer_time()) {
    return "not answered, gave up after " +
           human_duration(between(call.create_time(), call.end_time()));
  }
  return human_duration(between(call.answer_time(), call.end_time())) + ", answered after " +
         human_duration(between(call.create_time(), call.answer_time()));
}

std::string latency_text(const v1::CallStats& stats) {
  std::string text;
  if (stats.has_mouth_to_ear_ms()) text = in_ms(stats.mouth_to_ear_ms()) + " mouth to ear";
  if (stats.has_round_trip_ms())
    text += (text.empty() ? "" : ", ") + in_ms(stats.round_trip_ms()) + " network round trip";
  if (stats.jitter_buffer_ms() > 0)
    text += (text.empty() ? "" : ", ") + in_ms(stats.jitter_buffer_ms()) + " jitter buffer";
  return text.empty() ? "not measured" : text;
}

std::string loss_text(const v1::CallStats& stats) {
  return format(
      "%s received (%llu of %llu packets), %s sent", percent(stats.received().loss_ratio()).c_str(),
      static_cast<unsigned long long>(stats.received().packets_lost()),
      static_cast<unsigned long long>(stats.received().packets() + stats.received().packets_lost()),
      percent(stats.sent().loss_ratio()).c_str());
}

Span mos_span(double mos) {
  if (mos <= 0) return {"not known", Style::dim};
  const Style style = mos >= 4.0 ? Style::good : mos >= 3.6 ? Style::warning : Style::bad;
  return {format("%.2f (%s)", mos, mos_word(mos).c_str()), style};
}

}  // namespace

std::string percent(double ratio) { return format("%.1f %%", ratio * 100); }
std::string in_ms(double milliseconds) { return format("%.1f ms", milliseconds); }

std::vector<Line> fact_lines(const std::vector<std::pair<std::string, Span>>& facts) {
  size_t widest = 0;
  for (const auto& [name, value] : facts) widest = std::max(widest, name.size());
  std::vector<Line> lines;
  for (const auto& [name, value] : facts)
    lines.push_back({{name + std::string(widest + 2 - name.size(), ' '), Style::bold}, value});
  return lines;
}

std::vector<Line> report_lines(const v1::Call& call, const v1::CallStats& stats) {
  const bool outgoing = call.direction() != v1::Call::DIRECTION_INCOMING;
  std::vector<std::pair<std::string, Span>> facts;
  facts.push_back({outgoing ? "Called" : "Caller", {party_text(call.remote())}});
  facts.push_back({"Account", {call.account()}});
  facts.push_back({"Call", {call.id()}});
  facts.push_back({"Duration", {duration_text(call)}});
  if (call.has_answer_time()) {
    facts.push_back({"Codec", {codec_text(call.codec())}});
    facts.push_back({"Encryption", {security_text(call.security()), style_of(call.security())}});
    facts.push_back({"Latency", {latency_text(stats)}});
    facts.push_back({"Loss", {loss_text(stats)}});
    facts.push_back({"Jitter", {in_ms(stats.received().jitter_ms())}});
    facts.push_back({"MOS", mos_span(stats.mos())});
  }
  facts.push_back({"Ended", {end_text(call)}});
  return fact_lines(facts);
}

std::string report_json(const v1::Call& call, const v1::CallStats& stats) {
  std::string text = json_of(call);
  text.pop_back();  // the closing brace: an object of a call is never empty
  return text + ",\"stats\":" + json_of(stats) + "}";
}

}  // namespace commd::commctl
