// What two ends of ZRTP (RFC 6189) keep of each other, and what a call has agreed on. Values; any
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "daemon/base/secret.h"

namespace commd::model {

// Of one end, whatever its address. Secrets have 32 octets, or are empty.
struct ZrtpSecrets {
  base::Secret rs1;
  base::Secret rs2;       // the one before
  bool verified = false;  // a person here has compared the words
};

// Ends by their ZID, 12 octets as hexadecimal digits.
struct ZrtpMemory {
  std::string zid;  // our own
  std::map<std::string, ZrtpSecrets> peers;
};

struct ZrtpAgreement {
  std::string peer;  // the far end's ZID
  std::string sas;   // four characters that people compare
  // A secret of an earlier call is known here and not there: people must compare.
  bool mismatch = false;
  // People have compared before: here, and on the far end as that says.
  bool verified = false;
  bool peer_verified = false;
  // To be kept from now on, for so long; the largest: for ever, 0: not at all.
  ZrtpSecrets next;
  uint32_t keep_s = 0xFFFFFFFF;
};

}  // namespace commd::model
