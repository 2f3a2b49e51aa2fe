#include "daemon/model/call_trace.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "daemon/base/escape.h"

namespace commd::model {
namespace {

constexpr size_t kinds = static_cast<size_t>(TraceStep::Kind::finding) + 1;

std::string bounded(std::string text) {
  if (text.size() <= CallTrace::most_text) return text;
  text.resize(CallTrace::most_text);
  return base::to_valid_utf8(text) + "...";
}

}  // namespace

const char* to_string(TraceStep::Kind kind) {
  switch (kind) {
    case TraceStep::Kind::call:
      return "call";
    case TraceStep::Kind::description:
      return "description";
    case TraceStep::Kind::candidate:
      return "candidate";
    case TraceStep::Kind::path:
      return "path";
    case TraceStep::Kind::keys:
      return "keys";
    case TraceStep::Kind::packets:
      return "packets";
    case TraceStep::Kind::device:
      return "device";
    case TraceStep::Kind::finding:
      break;
  }
  return "finding";
}

const char* to_string(Finding::Severity severity) {
  switch (severity) {
    case Finding::Severity::info:
      return "info";
    case Finding::Severity::warning:
      return "warning";
    case Finding::Severity::problem:
      break;
  }
  return "problem";
}

void CallTrace::add(TraceStep step) {
  step.text = bounded(std::move(step.text));
  while (step.details.size() > most_details) step.details.erase(std::prev(step.details.end()));
  for (auto& [key, value] : step.details) value = bounded(std::move(value));
  const auto last = std::find_if(steps_.rbegin(), steps_.rend(),
                                 [&](const TraceStep& one) { return one.kind == step.kind; });
  if (last != steps_.rend() && last->code == step.code && last->text == step.text) {
    last->count += step.count;
    return;
  }
  if (steps_.size() >= most_steps) make_room();
  const auto after = std::find_if(steps_.rbegin(), steps_.rend(),
                                  [&](const TraceStep& one) { return one.time <= step.time; });
  steps_.insert(after.base(), std::move(step));
}

void CallTrace::make_room() {
  std::array<size_t, kinds> counts{};
  for (const TraceStep& step : steps_) ++counts[static_cast<size_t>(step.kind)];
  const auto most = std::max_element(counts.begin(), counts.end());
  const auto kind = static_cast<TraceStep::Kind>(most - counts.begin());
  size_t skip = *most / 2;
  const auto victim = std::find_if(steps_.begin(), steps_.end(), [&](const TraceStep& step) {
    return step.kind == kind && skip-- == 0;
  });
  steps_.erase(victim);
}

}  // namespace commd::model
