// libstrophe allocates every stanza through a context. One lives on each thread that
// touches stanzas; no connection object of the library is ever made (docs/adr/0008).
#pragma once

#include <strophe.h>

namespace commd::xmpp {

// The calling thread's context. A stanza is released on the thread that made it, and
// before that thread ends.
xmpp_ctx_t* strophe_context();

}  // namespace commd::xmpp
