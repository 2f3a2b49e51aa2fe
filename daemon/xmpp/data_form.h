// Forms on the wire (XEP-0004 2.13). Pure; on the thread of the stanza. What comes in is hostile.
#pragma once

#include <optional>

#include "daemon/model/form.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// Of an <x xmlns='jabber:x:data'/> that asks for an answer or gives a result. Nothing where
// it is none of both, too large (model::max_form_...), or has a name twice: what was asked could
// not be told from what was not. A type that is not known is text_single (section 3.3).
std::optional<model::DataForm> read_form(const Element& x);

// Adds the answer to a form, type 'submit': names and values, hidden ones as well; what has
// no value is left out (section 3.2).
void write_submit(const model::DataForm& form, const MutableElement& parent);
// Adds 'cancel'.
void write_form_cancel(const MutableElement& parent);

// The value of a hidden FORM_TYPE (XEP-0068); empty: none.
std::string form_type(const model::DataForm& form);

}  // namespace commd::xmpp
