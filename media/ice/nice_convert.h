// libnice's candidates and addresses, to and from the model's; of this room alone.
// Pure; any thread.
#pragma once

#include <nice/agent.h>

#include <memory>
#include <optional>
#include <string>

#include "daemon/model/session_description.h"
#include "media/ice/nice_library.h"

namespace commd::ice {

// False if `ip` is no literal.
bool to_nice(const std::string& ip, uint16_t port, NiceAddress& out);
model::TransportAddress from_nice(const NiceAddress& address);

struct CandidateFree {
  const NiceLibrary* library;
  void operator()(NiceCandidate* candidate) const noexcept { library->candidate_free(candidate); }
};
using Candidate = std::unique_ptr<NiceCandidate, CandidateFree>;

// Null if the address is no literal.
Candidate to_nice(const NiceLibrary& library, const model::IceCandidate& candidate);
model::IceCandidate from_nice(const NiceCandidate& candidate);

// Which of the agent's TURN servers a local relayed candidate is from: libnice keeps
// that in its priority (bits 6 to 8 of the local preference, candidate.c).
std::optional<size_t> relay_of(const NiceCandidate& candidate);

}  // namespace commd::ice
