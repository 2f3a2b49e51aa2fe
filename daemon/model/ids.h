// The identifiers of the model. Values; any thread.
#pragma once

#include "daemon/base/id.h"

namespace commd::model {

// An account's id: its address unless the person chose another one.
using AccountId = base::Id<struct AccountTag>;
// A call's id: random, short, never reused; what clients see.
using CallId = base::Id<struct CallTag>;
// One signalling dialog or session of a call. A call has one network leg today.
using LegId = base::Id<struct LegTag>;
// One early or confirmed dialog of a forked call: SIP's remote tag, XMPP's full
// JID. Empty where the protocol has not told one yet.
using BranchId = base::Id<struct BranchTag>;

// A message's id: random, never reused; what clients see, and its id on the wire.
using MessageId = base::Id<struct MessageTag>;

// The id of somebody in the address book: random, never reused.
using PersonId = base::Id<struct PersonTag>;
// A file transfer's id: random, never reused; what clients see.
using TransferId = base::Id<struct TransferTag>;

}  // namespace commd::model
