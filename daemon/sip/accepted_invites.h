// INVITEs of ours that were accepted lately. A provisional answer that the network brings after
// the 2xx says nothing any more (RFC 6026 section 7.2), but nua takes it for a call that still
// rings, and then sends no ACK.
//
// SIP thread only.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

namespace commd::sip {

class AcceptedInvites {
 public:
  // An answer to an INVITE, by the branch of its top Via, which is one transaction's alone.
  // False: it comes too late to mean anything.
  bool counts(std::string_view branch, int status) {
    const uint64_t transaction = std::hash<std::string_view>{}(branch);
    const bool accepted =
        std::find(accepted_.begin(), accepted_.end(), transaction) != accepted_.end();
    if (status < 200) return !accepted;
    if (status < 300 && !accepted) accepted_[next_++ % accepted_.size()] = transaction;
    return true;
  }

 private:
  std::array<uint64_t, 64> accepted_{};
  size_t next_ = 0;
};

}  // namespace commd::sip
