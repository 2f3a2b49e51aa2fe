// A file that goes with a message: its address (XEP-0066 section 3, as XEP-0363 section 11 uses it)
// and what is said of it (XEP-0447 0.2, XEP-0446 0.1). Pure; on the thread of the stanza. What
// comes in is hostile.
#pragma once

#include "daemon/model/message.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// Empty: there is none, or its address is neither http nor https. `body`: the message's text.
model::Attachment read_attachment(const Element& message, const std::string& body);
// Into a message whose body is the address.
void write_attachment(const model::Attachment& attachment, const MutableElement& message);

}  // namespace commd::xmpp
