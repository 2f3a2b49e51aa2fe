// What happened to a call, step by step, for people who ask why it failed or is silent: what was
// offered, where media went, what keys were agreed on, what came. No secret is in it: no password,
// no key, nothing that a key could be told from. Texts may hold words of the far end: hostile.
// Values; any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/model/ids.h"

namespace commd::model {

struct TraceStep {
  enum class Kind {
    call,         // its state, what a person did
    description,  // an offer or an answer, ours or theirs
    candidate,    // an address where media could go (ICE)
    path,         // relays, checks, the pair in use
    keys,         // of the media
    packets,      // the first ones, and those that are of no use
    device,       // ends of the call's audio
    finding,      // a verdict of core::explain(), kept with a call that has ended
  };
  Kind kind = Kind::call;
  std::string code;  // UPPER_SNAKE, stable
  std::string text;  // one line in plain words
  std::map<std::string, std::string> details{};
  base::WallTime time{};
  unsigned count = 1;  // how often; the time is the first's

  friend bool operator==(const TraceStep&, const TraceStep&) = default;
};
const char* to_string(TraceStep::Kind kind);

// The steps of one call, by time, as many as are worth keeping.
class CallTrace {
 public:
  static constexpr size_t most_steps = 200;
  static constexpr size_t most_text = 600;    // bytes
  static constexpr size_t most_details = 16;  // of a step

  // One that says what the last of its kind said is counted there. Beyond `most_steps` the kind
  // with the most steps loses one from its middle: beginnings and ends tell the most.
  void add(TraceStep step);
  const std::vector<TraceStep>& steps() const { return steps_; }

 private:
  void make_room();

  std::vector<TraceStep> steps_;
};

// What a person is told of a call.
struct Finding {
  enum class Severity {
    info,     // how it is, or how it ended; nothing to do
    warning,  // it works, but not well
    problem,  // it failed, or somebody hears nothing
  };
  Severity severity = Severity::info;
  std::string code;    // UPPER_SNAKE, stable; docs/api.md lists them
  std::string text;    // what happened, in plain words
  std::string advice;  // what to do; empty: nothing

  friend bool operator==(const Finding&, const Finding&) = default;
};
const char* to_string(Finding::Severity severity);

}  // namespace commd::model
