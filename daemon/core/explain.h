// What happened to a call, in plain words, and what to do: rules over what is known of it. Pure;
// any thread.
#pragma once

#include <optional>
#include <vector>

#include "daemon/core/call_facts.h"
#include "daemon/model/call_trace.h"

namespace commd::core {

// After the answer a call is given so long before its silence is worth a word.
inline constexpr base::Duration patience_with_silence = std::chrono::milliseconds(3500);

// The worst first; at least one.
std::vector<model::Finding> explain(const CallFacts& facts);

// Why nothing is heard in one direction, or in both, of a call that is answered: the worst.
// Nothing for a call that is heard, is on hold or muted, or where the two ends have agreed so.
std::optional<model::Finding> why_silent(const CallFacts& facts);

}  // namespace commd::core
