// Discovery of services (XEP-0030 2.5), ad-hoc commands (XEP-0050 1.3) and in-band registration
// (XEP-0077 2.4) as stanzas: requests are built, answers are read. Pure; on the thread of the
// stanza. What comes in is hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/service.h"
#include "daemon/ports/services.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

// ---- discovery -------------------------------------------------------------------------

struct DiscoItem {
  Jid jid;
  std::string node, name;
};

Stanza items_request(const Jid& of, std::string_view node = {});
Stanza info_request(const Jid& of);
// Of an answer with a disco#items query; at most model::max_services. Who has no address is
// left out.
std::vector<DiscoItem> read_items(const Element& answer);
// Takes over what an answer with a disco#info query says. Not for hashes: what is said twice
// counts once.
void read_info(const Element& answer, model::Service& service);

// ---- commands ----------------------------------------------------------------------------

std::vector<model::Command> read_commands(const Element& answer);
Stanza command_request(const Jid& of, const ports::CommandRequest& request);
// ANSWER_UNREADABLE where it is none, is of another command or another run than the request's,
// or has a form that cannot be read.
base::Result<model::CommandStep> read_command(const Element& answer,
                                              const ports::CommandRequest& request);

// ---- registration ----------------------------------------------------------------------

Stanza registration_request(const Jid& with);
// A form where there is one, else the elements of section 3.1, as fields of the same names.
// ANSWER_UNREADABLE where it is neither.
base::Result<ports::RegistrationAsked> read_registration(const Element& answer);
Stanza register_request(const Jid& with, const ports::RegistrationAsked& asked);
Stanza unregister_request(const Jid& with);

}  // namespace commd::xmpp
