#include <array>
#include <cstdio>
#include <map>

#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

Style style_of(v1::Finding::Severity severity) {
  if (severity == v1::Finding::SEVERITY_PROBLEM) return Style::bad;
  return severity == v1::Finding::SEVERITY_WARNING ? Style::warning : Style::plain;
}

// "+12.345 s": since the call began.
std::string offset_text(const google::protobuf::Timestamp& begin,
                        const google::protobuf::Timestamp& time) {
  std::array<char, 32> text{};
  const double seconds = static_cast<double>(time.seconds() - begin.seconds()) +
                         static_cast<double>(time.nanos() - begin.nanos()) / 1e9;
  std::snprintf(text.data(), text.size(), "%+9.3f s", seconds);
  return text.data();
}

Line step_line(const v1::Call& call, const v1::TraceStep& step) {
  std::string text = step.text();
  std::string details;
  for (const auto& [key, value] :
       std::map<std::string, std::string>(step.details().begin(), step.details().end()))
    details += (details.empty() ? "" : ", ") + key + " " + value;
  if (!details.empty()) text += " (" + details + ")";
  if (step.count() > 1) text += ", " + std::to_string(step.count()) + " times";
  return {{offset_text(call.create_time(), step.time()) + "  ", Style::dim},
          {step.code(), Style::bold},
          {"  " + text}};
}

int run(Context& context) {
  const v1::ExplainCallResponse response = context.client().explain_call(context.word(0));
  const Output& out = context.out();
  if (out.json()) {
    out.print(response);
    return 0;
  }
  const v1::Call& call = response.call();
  out.print(Line{{"Call " + call.id() + " with " + party_text(call.remote()) + ": "},
                 {state_text(call), commctl::style_of(call.state())}});
  for (const v1::Finding& finding : response.findings()) {
    out.print("");
    out.print_wrapped({{finding.text(), style_of(finding.severity())},
                       {"  [" + finding.code() + "]", Style::dim}},
                      0);
    if (!finding.advice().empty()) out.print_wrapped({{"  What to do: "}, {finding.advice()}}, 2);
  }
  if (!context.has("--trace")) return 0;
  out.print("");
  for (const v1::TraceStep& step : response.steps()) out.print_wrapped(step_line(call, step), 13);
  return 0;
}

}  // namespace

Command explain_command() {
  return {
      "explain",
      "Say in plain words what happened to a call, and what to do",
      "Why it failed, why nothing is heard, or that all is well; of a call that is alive or in\n"
      "the log. The words in brackets are for programs and do not change.",
      {{"commctl explain", "the only live call, or else the last one"},
       {"commctl explain 4f2a --trace", "and each step of it, in seconds since it began"}},
      {{"CALL", "an id or a unique prefix of one; left out: the only live call, or the last one",
        Word::call_or_log, Argument::Count::optional}},
      {{"--trace", "", "also show what happened, step by step"}},
      run};
}

}  // namespace commd::commctl
