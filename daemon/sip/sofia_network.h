// sofia-sip on a machine whose addresses change.
//
// The library can close all transports of an agent and make others, for which it keeps its
// dialogs and answers what it was asked (it does so itself with NUA_NW_DETECT_TRY_FULL, but
// always for the URL that it began with). It is led to that here. What of it is corrected:
//
//   - The transport that an answer is given by, where that of its request is gone, was given
//     back without ever having been taken.
//   - A request that was on its way over TCP would be looked for on a transport that is gone.
//   - The resolver's sockets are tied to the address that they first left by, and a name
//     server that could not be reached then is never asked again: each question now leaves by
//     the way there is.
//
// SIP thread only.
#pragma once

#include <sofia-sip/nta.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/tport.h>

#include <string>

namespace commd::sip {

// Closes every transport and connection of the agent and listens on `url` instead. `transports`:
// the first of the old ones. A SofiaBirth with the TLS of the nua stands meanwhile. Nobody holds
// one of them (tport_ref): they are destroyed. Not from inside the nua. Requests without an answer
// end with 503; an answer that is still to be given leaves by the new transports. False: it has
// none now, try again.
bool replace_transports(nua_t* nua, nta_agent_t* agent, tport_t* transports,
                        const std::string& url);

// For the hooks only: a transport that nta looked for by name.
tport_t* found_for_answer(tport_t* found);

}  // namespace commd::sip
