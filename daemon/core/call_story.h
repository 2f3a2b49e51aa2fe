// What a call remembers of itself for people who ask: its trace, and the facts that explain() goes
// by. It changes nothing of the call.
//
// Core thread only.
#pragma once

#include <map>
#include <string>

#include "daemon/base/error.h"
#include "daemon/core/call_facts.h"
#include "daemon/model/call_trace.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/media_engine.h"

namespace commd::core {

class CallStory {
 public:
  using Kind = model::TraceStep::Kind;
  enum class By { us, them };
  enum class What { offer, answer };

  explicit CallStory(const ports::Clock& clock) : clock_(clock) {}

  void note(Kind kind, std::string code, std::string text,
            std::map<std::string, std::string> details = {});
  void state(const model::Call& call);
  void route_failed(const base::Error& error);
  // What media may do; before it is opened.
  void opened(const ports::MediaConfig& media);
  void described(By by, What what, const model::SessionDescription& description);
  void candidates(By by, const model::TransportDescription& news);
  // From the media; its time is now.
  void traced(model::TraceStep step);
  // A new one is sought.
  void way_gone();
  void media_agreed(const std::string& codec, const model::CallSecurity& security);
  void media_failed(const base::Error& error);
  // An offer of the far end's was; the call goes on as it is. True: a person must be told that it,
  // or somebody in between, has asked to go on with less protection; once.
  bool offer_refused(const base::Error& error);
  // The words were compared with this person, and this call has none. True: that is news.
  bool words_missing();
  // In the media path.
  bool awaits_keys() const { return facts_.keys_awaited && !facts_.keys_agreed; }
  void end_failed(ports::MediaObserver::End which, const base::Error& error);
  void usable(bool can_talk);
  // First packets each way, once.
  void figures(const model::MediaStats& stats);

  // All but the account, the figures and the devices that fail now.
  CallFacts facts(const model::Call& call) const;
  const model::CallTrace& trace() const { return trace_; }
  void keep(const model::Finding& finding);

 private:
  void count(By by, const model::IceParameters& ice);
  void note_first(const char* code, const char* text, base::Duration ago);

  const ports::Clock& clock_;
  model::CallTrace trace_;
  CallFacts facts_;
  model::CallState told_state_ = model::CallState::ended;
  base::WallTime rings_since_{};   // zero: never did
  base::MonoTime usable_since_{};  // zero: not now
  bool sent_noted_ = false;
  bool received_noted_ = false;
};

// A verdict that was kept with a call, as it was.
model::Finding finding_of(const model::TraceStep& step);

}  // namespace commd::core
