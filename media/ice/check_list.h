// The pairs that a check list is made of (RFC 8445, section 6.1.2). Pure; any thread.
#pragma once

#include <vector>

#include "media/ice/ice_events.h"

namespace commd::ice {

// Best first, at most `most`. Local reflexive candidates are left out, as their base
// stands for them (section 6.1.2.4).
std::vector<IceReport::Pair> form_pairs(const std::vector<model::IceCandidate>& local,
                                        const std::vector<model::IceCandidate>& remote,
                                        IceRole role, size_t most = 256);

}  // namespace commd::ice
