#include "clients/commctl/call_verb.h"
#include "clients/commctl/commands.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/report.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

using Facts = std::vector<std::pair<std::string, Span>>;

void add_text(Facts& facts, const char* name, const std::string& text) {
  if (!text.empty()) facts.push_back({name, {text}});
}

Facts facts_of(const v1::Call& call) {
  const auto now = timestamp_now();
  Facts facts = {
      {"id", {call.id()}},
      {"direction", {word_of(call.direction())}},
      {"with", {party_text(call.remote())}},
      {"as", {party_text(call.local())}},
      {"account", {call.account()}},
      {"state", {state_text(call), style_of(call.state())}},
      {"began", {local_time(call.create_time(), now)}},
  };
  if (call.has_answer_time()) {
    const auto& end = call.has_end_time() ? call.end_time() : now;
    facts.push_back({"answered", {local_time(call.answer_time(), now)}});
    facts.push_back({"lasts", {human_duration(between(call.answer_time(), end))}});
  }
  if (call.state() == v1::Call::STATE_ENDED) facts.push_back({"ended", {end_text(call)}});
  add_text(facts, "codec", call.codec().empty() ? "" : codec_text(call.codec()));
  if (!call.codec().empty())
    facts.push_back({"encryption", {security_text(call.security()), style_of(call.security())}});
  add_text(facts, "words", call.security().sas());
  add_text(facts, "sends", call.capture());
  add_text(facts, "plays to", call.playback());
  add_text(facts, "diverted by", call.diverted_by());
  add_text(facts, "asked for by", call.referred_by());
  if (call.transfer().state() != v1::TransferStatus::STATE_UNSPECIFIED)
    facts.push_back({"transfer",
                     {enum_word(*v1::TransferStatus::State_descriptor(), call.transfer().state()) +
                      " to " + call.transfer().target()}});
  if (call.has_transfer_request())
    facts.push_back({"asks", {transfer_request_text(call), Style::warning}});
  return facts;
}

int run(Context& context) {
  const v1::Call call = context.client().get_call(context.word(0));
  if (context.out().json()) {
    context.out().print(call);
    return 0;
  }
  for (const Line& line : fact_lines(facts_of(call))) context.out().print(line);
  return 0;
}

}  // namespace

Command calls_show_command() {
  return {
      "calls show",
      "Show one call, alive or from the log",
      "",
      {{"commctl calls show", "the only call"}, {"commctl calls show 4f2a", "a prefix of its id"}},
      {{"CALL", "an id or a unique prefix of one; left out: the only call", Word::call_or_log,
        Argument::Count::optional}},
      {},
      run};
}

}  // namespace commd::commctl
