// Why a call in Jingle ended, in the words of the core, and the other way round. Pure; any thread.
#pragma once

#include "daemon/base/error.h"
#include "daemon/ports/signalling.h"
#include "daemon/xmpp/jingle_stanza.h"

namespace commd::xmpp {

enum class CallPhase { unanswered, answered };

// What the far end said with session-terminate. `ended_by`: which party that was.
ports::LegEnd end_of(const JingleWhy& why, CallPhase phase, JingleParty ended_by);
// A request of ours that was refused, where the call cannot be without it.
ports::LegEnd end_of(const base::Error& refusal);
// What this end says, with words for a person: some programs show nothing else.
JingleWhy why_of(ports::Refusal refusal);
// As the party `us` hangs up.
JingleWhy why_hung_up(CallPhase phase, JingleParty us);

}  // namespace commd::xmpp
