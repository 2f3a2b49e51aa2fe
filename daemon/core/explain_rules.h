// The parts of explain(). Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "daemon/core/call_facts.h"
#include "daemon/model/call_trace.h"

namespace commd::core {

using Findings = std::vector<model::Finding>;

// How and why it has ended.
Findings explain_end(const CallFacts& facts);
// Why media has no way or no keys: while they are looked for, and where they were not found.
Findings explain_way(const CallFacts& facts);
// Of a call whose keys were not agreed on: why it has ended, and what it still waits for.
model::Finding keys_failed(const base::Error& error);
model::Finding keys_missing(const CallFacts& facts);
// With whom they were agreed on by ZRTP.
Findings explain_words(const CallFacts& facts);
// Somebody wanted a running call to go on with less protection.
Findings explain_downgrade(const CallFacts& facts);
// What comes, and what does not.
Findings explain_heard(const CallFacts& facts);
// What is sent, and what of it arrives.
Findings explain_said(const CallFacts& facts);

// 10/8, 192.168/16 and their kind: no address of the open network.
bool is_private_ip(const std::string& ip);
// "37 s"
std::string in_seconds(base::Duration time);
std::string joined(const std::vector<std::string>& words);

}  // namespace commd::core
