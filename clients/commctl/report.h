// What a call was like: who, how long, codec, encryption, latency, loss, jitter,
// MOS, why it ended. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "clients/commctl/line.h"
#include "commd/v1/call.pb.h"

namespace commd::commctl {

// For a person; one line a fact. `stats` may be empty (the call had no media).
std::vector<Line> report_lines(const v1::Call& call, const v1::CallStats& stats);

// For scripts: the call's JSON object with one more member, "stats".
std::string report_json(const v1::Call& call, const v1::CallStats& stats);

// "Name   value" with the values in one column.
std::vector<Line> fact_lines(const std::vector<std::pair<std::string, Span>>& facts);

// "0.4 %"
std::string percent(double ratio);
// "4.2 ms"
std::string in_ms(double milliseconds);

}  // namespace commd::commctl
