#include "clients/commctl/view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "clients/commctl/duration.h"
#include "clients/commctl/report.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

constexpr double quietest = -60;

bool is_unicode(const View& view) { return view.symbols == Symbols::unicode; }

// Left part cut as needed, right part at the edge.
Line spread(Line left, Line right, size_t columns) {
  if (right.empty()) return left;
  const size_t right_width = width_of(right);
  if (right_width + 10 > columns) return left;
  const size_t room = columns - right_width - 2;
  size_t used = width_of(left);
  if (used > room) {
    left = {{render(left, Colour::off, room), left.empty() ? Style::plain : left.front().style}};
    used = width_of(left);
  }
  left.push_back({std::string(room - std::min(used, room) + 2, ' ')});
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

std::string timer_of(const v1::Call& call, const google::protobuf::Timestamp& now) {
  const auto& begin = call.has_answer_time() ? call.answer_time() : call.create_time();
  const auto& end = call.has_end_time() ? call.end_time() : now;
  const auto passed = std::max(between(begin, end), std::chrono::milliseconds(0));
  return clock_text(std::chrono::duration_cast<std::chrono::seconds>(passed));
}

Line party_line(const View& view) {
  const v1::Call& call = *view.call;
  const bool incoming = call.direction() == v1::Call::DIRECTION_INCOMING;
  const char* arrow =
      is_unicode(view) ? (incoming ? "\u2190 " : "\u2192 ") : (incoming ? "<- " : "-> ");
  return spread({{arrow + party_text(call.remote()), Style::bold}},
                {{state_text(call), style_of(call.state())}, {"  " + timer_of(call, view.now)}},
                view.columns);
}

// The symbol only underlines what the words say.
Line security_line(const View& view) {
  const v1::CallSecurity& security = view.call->security();
  // Both are agreed on with the first answer; until then there is nothing to judge.
  if (view.call->codec().empty()) return {{"no sound yet", Style::dim}};
  const bool locked = security.level() == v1::CallSecurity::LEVEL_ENCRYPTED ||
                      security.level() == v1::CallSecurity::LEVEL_VERIFIED;
  std::string lock;
  if (security.level() != v1::CallSecurity::LEVEL_UNSPECIFIED && is_unicode(view))
    lock = locked ? "\U0001F512 " : "\U0001F513 ";
  return spread({{lock + security_text(security), style_of(security)}},
                {{codec_text(view.call->codec())}}, view.columns);
}

std::string level_text(double level) {
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%4.0f dB", std::max(level, -127.0));
  return buffer.data();
}

Line meter_part(const View& view, const char* name, const v1::StreamStats& stream, size_t cells,
                Span instead) {
  if (!instead.text.empty()) {
    instead.text.resize(std::max(instead.text.size(), cells + 10), ' ');
    return {{name}, instead};
  }
  const double level = stream.packets() == 0 ? -127 : stream.level_dbov();
  const Style style = level > -3 ? Style::bad : Style::good;
  return {{name}, {"["}, {meter(level, cells, view.symbols), style}, {"] " + level_text(level)}};
}

std::vector<Line> meter_lines(const View& view) {
  static const v1::CallStats none;
  const v1::CallStats& stats = view.stats != nullptr ? *view.stats : none;
  const bool narrow = view.columns < 60;
  const size_t taken = narrow ? 18 : 36;
  const size_t room = view.columns > taken ? view.columns - taken : 5;
  const size_t cells = std::clamp<size_t>(narrow ? room : room / 2, 5, 24);
  const Span muted = view.call->muted() ? Span{"muted", Style::bad} : Span{};
  Line you = meter_part(view, "you  ", stats.sent(), cells, muted);
  const Line them = meter_part(view, "them ", stats.received(), cells, {});
  if (narrow) return {you, them};
  you.push_back({"   "});
  you.insert(you.end(), them.begin(), them.end());
  return {you};
}

Line quality_line(const View& view) {
  if (view.stats == nullptr || view.call->codec().empty()) return {};
  const v1::CallStats& stats = *view.stats;
  std::array<char, 32> mos{};
  std::snprintf(mos.data(), mos.size(), "MOS %.1f ", stats.mos());
  const Style style = stats.mos() >= 4.0   ? Style::good
                      : stats.mos() >= 3.6 ? Style::warning
                                           : Style::bad;
  Line line;
  if (stats.mos() > 0) line.push_back({mos.data() + mos_word(stats.mos()) + "   ", style});
  // What has no room is left out, the least telling last.
  std::vector<std::string> parts = {"loss " + percent(stats.received().loss_ratio()),
                                    "jitter " + in_ms(stats.received().jitter_ms())};
  if (stats.has_round_trip_ms()) parts.push_back("round trip " + in_ms(stats.round_trip_ms()));
  for (const std::string& part : parts)
    if (width_of(line) + part.size() <= view.columns) line.push_back({part + "   "});
  return line;
}

std::vector<std::string> keys_of(const View& view) {
  if (view.call == nullptr) return {"q quit"};
  std::vector<std::string> keys = {view.call->muted() ? "m unmute" : "m mute"};
  const auto state = view.call->state();
  if (state == v1::Call::STATE_ACTIVE || state == v1::Call::STATE_HELD) {
    keys.emplace_back(view.call->held_by_local() ? "h resume" : "h hold");
    keys.emplace_back("0-9*# digits");
    keys.emplace_back("t transfer");
    keys.emplace_back(view.call->recording() ? "r stop recording" : "r record");
  }
  keys.emplace_back("q hang up");
  if (!view.parked.empty()) keys.emplace_back("s switch");
  return keys;
}

// In as many lines as they need.
std::vector<Line> key_lines(const View& view) {
  std::vector<std::string> lines(1);
  for (const std::string& key : keys_of(view)) {
    if (!lines.back().empty() && lines.back().size() + 2 + key.size() > view.columns)
      lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : "  ") + key;
  }
  std::vector<Line> styled;
  for (const std::string& line : lines) styled.push_back({{line, Style::dim}});
  return styled;
}

Line transfer_line(const View& view) {
  return spread({{transfer_request_text(*view.call), Style::warning}},
                {{"y call them  n stay", Style::dim}}, view.columns);
}

Line ringing_line(const View& view, const v1::Call& call, bool selected) {
  Line keys;
  if (selected) {
    const bool several = view.ringing.size() > 1;
    keys = {{several ? "a answer  d decline  Tab next" : "a answer  d decline", Style::dim}};
  }
  const char* bell = is_unicode(view) ? "\u260E " : "* ";
  Line left = {
      {std::string(selected ? bell : "  ") + party_text(call.remote()) + " calls " + call.account(),
       selected ? Style::warning : Style::plain}};
  return spread(std::move(left), std::move(keys), view.columns);
}

// What a terminal of few rows keeps longest comes first.
enum class Worth { most, message, meter, security, quality, parked, keys };

struct Row {
  Worth worth;
  Line line;
};

std::vector<Line> worthiest(std::vector<Row> rows, size_t limit) {
  while (rows.size() > std::max<size_t>(limit, 1)) {
    // The last one of those that are worth least.
    const auto least = std::max_element(
        rows.rbegin(), rows.rend(), [](const Row& a, const Row& b) { return a.worth < b.worth; });
    rows.erase(std::next(least).base());
  }
  std::vector<Line> lines;
  for (Row& row : rows) lines.push_back(std::move(row.line));
  return lines;
}

}  // namespace

Symbols symbols_of_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): never set by us
    if (value == nullptr || *value == '\0') continue;
    const std::string text = value;
    const bool utf8 = text.find("UTF-8") != std::string::npos ||
                      text.find("utf8") != std::string::npos ||
                      text.find("utf-8") != std::string::npos;
    return utf8 ? Symbols::unicode : Symbols::ascii;
  }
  return Symbols::ascii;
}

std::string meter(double level_dbov, size_t cells, Symbols symbols) {
  const double share = std::clamp((level_dbov - quietest) / -quietest, 0.0, 1.0);
  std::string bar;
  if (symbols == Symbols::ascii) {
    const auto full = static_cast<size_t>(std::lround(share * static_cast<double>(cells)));
    return std::string(full, '#') + std::string(cells - full, '.');
  }
  static constexpr std::array<const char*, 9> eighths = {
      "", "\u258F", "\u258E", "\u258D", "\u258C", "\u258B", "\u258A", "\u2589", "\u2588"};
  const auto parts = static_cast<size_t>(std::lround(share * static_cast<double>(cells) * 8));
  for (size_t i = 0; i < parts / 8; ++i) bar += eighths[8];
  bar += eighths[parts % 8];
  const size_t used = parts / 8 + (parts % 8 != 0 ? 1 : 0);
  return bar + std::string(cells - used, ' ');
}

std::vector<Line> view_lines(const View& view) {
  std::vector<Row> rows;
  const auto add = [&](Worth worth, Line line) { rows.push_back({worth, std::move(line)}); };
  if (view.call != nullptr) {
    add(Worth::most, party_line(view));
    if (view.call->has_transfer_request()) add(Worth::most, transfer_line(view));
    add(Worth::security, security_line(view));
    for (Line& line : meter_lines(view)) add(Worth::meter, std::move(line));
    add(Worth::quality, quality_line(view));
  } else {
    add(Worth::most, {{view.idle}});
  }
  for (const v1::Call* const call : view.parked)
    add(Worth::parked,
        {{"  " + party_text(call->remote()) + "  " + state_text(*call), Style::dim}});
  for (size_t i = 0; i < view.ringing.size(); ++i)
    add(i == 0 ? Worth::most : Worth::parked, ringing_line(view, *view.ringing[i], i == 0));
  if (!view.message.empty()) add(Worth::message, {{view.message, Style::warning}});
  if (!view.prompt.empty()) {
    add(Worth::most, {{view.prompt, Style::bold}});
  } else {
    for (Line& line : key_lines(view)) add(Worth::keys, std::move(line));
  }
  return worthiest(std::move(rows), view.rows);
}

}  // namespace commd::commctl
