// What waits in a mailbox, as people say it. Pure functions; any thread.
#pragma once

#include "clients/commctl/line.h"
#include "commd/v1/account.pb.h"

namespace commd::commctl {

// "2 new voice messages (1 urgent), 8 old; call sip:box@example.org", "nothing new",
// "the server tells of none (489 Bad Event)".
Span mailbox_span(const v1::MessageWaiting& mailbox);

// Whether there is something to listen to.
bool waits(const v1::Account& account);

}  // namespace commd::commctl
