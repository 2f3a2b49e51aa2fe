#include <charconv>

#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

std::string length_of(const v1::Call& call, const google::protobuf::Timestamp& now) {
  if (!call.has_answer_time()) return "";
  const auto& end = call.has_end_time() ? call.end_time() : now;
  return clock_text(
      std::chrono::duration_cast<std::chrono::seconds>(between(call.answer_time(), end)));
}

Span outcome_of(const v1::Call& call) {
  if (call.state() != v1::Call::STATE_ENDED) return {state_text(call), style_of(call.state())};
  if (call.missed()) return {"missed", Style::warning};
  return {end_text(call)};
}

Table table_of(const google::protobuf::RepeatedPtrField<v1::Call>& calls) {
  const auto now = timestamp_now();
  Table table;
  table.header = {"ID", "", "WITH", "STATE", "LENGTH", "BEGAN", "ACCOUNT"};
  table.flexible = 2;
  for (const v1::Call& call : calls) {
    table.rows.push_back({{call.id()},
                          {call.direction() == v1::Call::DIRECTION_INCOMING ? "in" : "out"},
                          {party_text(call.remote())},
                          outcome_of(call),
                          {length_of(call, now)},
                          {local_time(call.create_time(), now)},
                          {call.account(), Style::dim}});
  }
  return table;
}

v1::ListCallsRequest request_of(const Context& context) {
  v1::ListCallsRequest request;
  request.set_missed(context.has("--missed"));
  request.set_ended(context.has("--ended") || request.missed());
  if (context.has("--limit")) {
    if (!request.ended()) context.usage_error("--limit belongs to --ended or --missed");
    const std::string text = context.option("--limit");
    int32_t limit = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (parsed.ptr != text.data() + text.size() || limit < 1 || limit > 1000)
      context.usage_error("--limit takes a number from 1 to 1000");
    request.set_page_size(limit);
  }
  return request;
}

int run(Context& context) {
  const v1::ListCallsRequest request = request_of(context);
  const v1::ListCallsResponse response = context.client().list_calls(request);
  const Output& out = context.out();
  if (out.json()) {
    for (const v1::Call& call : response.calls()) out.print(call);
    return 0;
  }
  if (response.calls().empty()) {
    out.say(request.missed()  ? "No missed calls."
            : request.ended() ? "No calls in the log."
                              : "No calls now. \"commctl calls list --ended\" shows the log.");
    return 0;
  }
  out.print(table_of(response.calls()));
  if (!response.next_page_token().empty()) out.say("There are more; see --limit.");
  return 0;
}

}  // namespace

Command calls_list_command() {
  return {"calls list",
          "List the calls that run, or the call log",
          "",
          {{"commctl calls list", "calls now"},
           {"commctl calls list --ended", "the call log, newest first"},
           {"commctl calls list --missed --limit 5", "the last five missed calls"}},
          {},
          {{"--ended", "", "the call log"},
           {"--missed", "", "missed calls of the log"},
           {"--limit", "N", "at most N of the log, 1 to 1000 (default 100)"}},
          run};
}

}  // namespace commd::commctl
