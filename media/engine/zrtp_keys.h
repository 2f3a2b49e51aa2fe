// Between the values of the core and media/zrtp: who we are in ZRTP, with whom a call's keys are
// to be agreed on, what came of it.
//
// Values that never change; any thread.
#pragma once

#include <memory>

#include "daemon/model/zrtp.h"
#include "media/zrtp/zrtp_association.h"

namespace commd::engine {

// Of one session: what it says first, and what is remembered of others.
struct ZrtpSelf {
  zrtp::OwnHello hello;
  std::shared_ptr<const model::ZrtpMemory> memory;
};
// Null without a memory, or with one that has no name of ours.
std::shared_ptr<const ZrtpSelf> zrtp_self(std::shared_ptr<const model::ZrtpMemory> memory);

// Keys that the two ends agree on by ZRTP (RFC 6189).
struct ZrtpPlan {
  zrtp::ZrtpOptions::Manner manner = zrtp::ZrtpOptions::Manner::prompt;
  zrtp::HashImage peer{};  // of the far end's Hello
  std::shared_ptr<const ZrtpSelf> self;

  // The same association, whoever began it.
  friend bool operator==(const ZrtpPlan& a, const ZrtpPlan& b) {
    return a.peer == b.peer && a.self == b.self;
  }
};

zrtp::ZrtpAssociation make_association(const ZrtpPlan& plan, uint32_t ssrc);
model::ZrtpAgreement to_agreement(const zrtp::Outcome& outcome);

}  // namespace commd::engine
