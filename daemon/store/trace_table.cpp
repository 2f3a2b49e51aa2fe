#include "daemon/store/trace_table.h"

#include <charconv>
#include <optional>

namespace commd::store {
namespace {

using Kind = model::TraceStep::Kind;

void add_field(std::string& line, std::string_view field) {
  if (!line.empty()) line += '\t';
  for (const char c : field) {
    if (c == '\\')
      line += "\\\\";
    else if (c == '\n')
      line += "\\n";
    else if (c == '\t')
      line += "\\t";
    else
      line += c;
  }
}

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields(1);
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\t') {
      fields.emplace_back();
      continue;
    }
    char c = line[i];
    if (c == '\\' && i + 1 < line.size()) {
      ++i;
      c = line[i] == 'n' ? '\n' : line[i] == 't' ? '\t' : line[i];
    }
    fields.back() += c;
  }
  return fields;
}

std::optional<Kind> kind_of(const std::string& word) {
  for (int i = 0; i <= static_cast<int>(Kind::finding); ++i)
    if (word == model::to_string(static_cast<Kind>(i))) return static_cast<Kind>(i);
  return std::nullopt;
}

template <class Number>
Number number_of(const std::string& text) {
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::optional<model::TraceStep> step_of(std::string_view line) {
  constexpr size_t fixed = 5;
  const std::vector<std::string> fields = fields_of(line);
  if (fields.size() < fixed) return std::nullopt;
  const auto kind = kind_of(fields[0]);
  if (!kind) return std::nullopt;
  model::TraceStep step;
  step.kind = *kind;
  step.time = base::WallTime(base::WallTime::duration(number_of<int64_t>(fields[1])));
  step.count = number_of<unsigned>(fields[2]);
  step.code = fields[3];
  step.text = fields[4];
  for (size_t i = fixed; i + 1 < fields.size(); i += 2) step.details[fields[i]] = fields[i + 1];
  return step;
}

}  // namespace

std::string encode_trace(const std::vector<model::TraceStep>& steps) {
  std::string text;
  for (const model::TraceStep& step : steps) {
    std::string line;
    add_field(line, model::to_string(step.kind));
    add_field(line, std::to_string(step.time.time_since_epoch().count()));
    add_field(line, std::to_string(step.count));
    add_field(line, step.code);
    add_field(line, step.text);
    for (const auto& [key, value] : step.details) {
      add_field(line, key);
      add_field(line, value);
    }
    text += line + '\n';
  }
  return text;
}

std::vector<model::TraceStep> decode_trace(std::string_view text) {
  std::vector<model::TraceStep> steps;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (auto step = step_of(text.substr(0, end))) steps.push_back(std::move(*step));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return steps;
}

TraceTable::TraceTable(Database& database)
    : put_(database,
           "INSERT OR REPLACE INTO call_trace (call, steps) SELECT id, ?2 FROM call WHERE id = ?1"),
      get_(database, "SELECT steps FROM call_trace WHERE call = ?") {}

void TraceTable::put(const model::CallId& call, const std::vector<model::TraceStep>& steps) {
  const std::string text = encode_trace(steps);
  put_.bind(1, call.str()).bind(2, text).run();
}

std::vector<model::TraceStep> TraceTable::get(const model::CallId& call) {
  std::vector<model::TraceStep> steps;
  get_.bind(1, call.str()).for_each([&](const Statement& row) {
    steps = decode_trace(row.text(0));
  });
  return steps;
}

}  // namespace commd::store
