// What a call can tell of itself: asked for, told unasked while it is silent, and kept with the
// call log.
#include <utility>

#include "daemon/core/call_book.h"
#include "daemon/core/call_control.h"
#include "daemon/core/explain.h"

namespace commd::core {

using base::fail;
using model::CallState;
using model::Finding;
using model::TraceStep;

namespace {

bool is_finding(const TraceStep& step) { return step.kind == TraceStep::Kind::finding; }

// Verdicts that were kept are no steps to a reader.
CallExplained split(const model::Call& call, const std::vector<TraceStep>& kept) {
  CallExplained explained{call, {}, {}};
  for (const TraceStep& step : kept)
    if (is_finding(step))
      explained.findings.push_back(finding_of(step));
    else
      explained.steps.push_back(step);
  return explained;
}

}  // namespace

// ---- a call ----------------------------------------------------------------------

CallFacts CallControl::facts(const model::MediaStats* stats) const {
  CallFacts facts = story_.facts(call_);
  if (stats != nullptr) facts.stats = *stats;
  facts.confirmed = confirmed_;
  if (const model::Account* account = context_.book.accounts_.get(call_.account)) {
    facts.account_online = account->state == model::AccountState::online;
    facts.account_message = account->state_message;
  }
  using Kind = model::Device::Kind;
  if (!kept_story_ && call_.capture.kind == model::AudioSource::Kind::device)
    for (const std::string& trouble : context_.devices.troubles(Kind::capture, call_.capture.name))
      facts.capture_trouble.push_back(trouble);
  if (!kept_story_ && call_.playback.kind == model::AudioSink::Kind::device)
    for (const std::string& trouble :
         context_.devices.troubles(Kind::playback, call_.playback.name))
      facts.playback_trouble.push_back(trouble);
  return facts;
}

void CallControl::explain(std::function<void(CallExplained)> done) {
  if (!alive() && kept_story_) return done(split(call_, story_.trace().steps()));
  with_figures([this, done = std::move(done)](const model::MediaStats* stats) {
    CallExplained explained = split(call_, story_.trace().steps());
    explained.findings = core::explain(facts(stats));
    done(std::move(explained));
  });
}

void CallControl::with_figures(std::function<void(const model::MediaStats*)> then) {
  if (last_stats_) return then(&*last_stats_);
  if (!media_) return then(nullptr);
  media_->stats(guarded([this, then = std::move(then)](const model::MediaStats& stats) {
    story_.figures(stats);
    then(&stats);
  }));
}

// The clock of silence runs while the call is answered and nobody holds it; anew when sound can go
// both ways.
void CallControl::watch_silence() {
  const CallState state = call_.state;
  story_.usable(state == CallState::active || state == CallState::ended);
  const bool watched = state == CallState::connecting || state == CallState::active;
  if (!watched || plan_.service) {
    silence_state_ = CallState::ended;
    return silence_timer_.reset();
  }
  // It runs, or has run.
  if (silence_state_ == state) return;
  silence_state_ = state;
  silence_timer_ = context_.timers.after(patience_with_silence, [this] { look_at_silence(); });
}

void CallControl::look_at_silence() {
  silence_timer_.reset();
  with_figures([this](const model::MediaStats* stats) {
    if (!alive()) return;
    const auto finding = why_silent(facts(stats));
    if (!finding) return;
    story_.note(CallStory::Kind::packets, "CALL_SILENT", finding->text,
                {{"finding", finding->code}});
    context_.log.emit(model::Notice{"CALL_SILENT",
                                    finding->code + ": " + finding->text + " " + finding->advice,
                                    call_.id.str()});
  });
}

// After the last figures are there, or never will be.
void CallControl::keep_story() {
  if (plan_.service || kept_story_) return;
  if (last_stats_) story_.figures(*last_stats_);
  for (const Finding& finding : core::explain(facts(last_stats_ ? &*last_stats_ : nullptr)))
    story_.keep(finding);
  kept_story_ = true;
  context_.log.keep({ports::PutTrace{call_.id, story_.trace().steps()}});
}

// ---- all of them -----------------------------------------------------------------

void CallBook::explain(const std::string& reference, ExplainDone done) {
  auto control = find(reference, Eligible::any);
  if (control) return (*control)->explain(std::move(done));
  if (control.error().code != base::Code::not_found) return done(fail(control.error()));
  if (!reference.empty())
    return get(reference, [this, done = std::move(done)](base::Result<model::Call> call) {
      if (!call) return done(fail(call.error()));
      explain_logged(*call, done);
    });
  ports::CallQuery newest;
  newest.limit = 1;
  store_.query_calls(newest, [this, none = control.error(), done = std::move(done)](
                                 base::Result<std::vector<model::Call>> calls) {
    if (!calls) return done(fail(calls.error()));
    if (calls->empty()) return done(fail(none));
    // What has ended just now may be richer than what is written by now.
    if (const auto ended = ended_.find(calls->front().id); ended != ended_.end())
      return ended->second->explain(done);
    explain_logged(calls->front(), done);
  });
}

void CallBook::explain_logged(const model::Call& call, const ExplainDone& done) {
  store_.query_trace(call.id, [call, done](base::Result<std::vector<TraceStep>> steps) {
    if (!steps) return done(fail(steps.error()));
    CallExplained explained = split(call, *steps);
    // From before there were traces, or the daemon died during the call.
    if (explained.findings.empty()) {
      CallFacts facts;
      facts.call = call;
      explained.findings = core::explain(facts);
    }
    done(std::move(explained));
  });
}

}  // namespace commd::core
