// What a message answers, and how messages are named on the wire. Pure; any thread.
#pragma once

#include <string>

#include "daemon/base/result.h"
#include "daemon/model/message.h"

namespace commd::core {

// Its id on the wire, by which all but a correction names it; empty: it has none, so that nothing
// can be said of it.
std::string wire_id_of(const model::Message& message);
// By which a correction names it: the writer's own (XEP-0308), also in a room.
std::string own_wire_id_of(const model::Message& message);
// Whether that is one of its names.
bool is_named(const model::Message& message, const std::string& wire_id);
// For a map of messages by what the wire knows of them.
std::string wire_key(const model::AccountId& account, const std::string& peer,
                     const std::string& wire_id);

// What `answer` says of the message it answers. Errors: INVALID_ARGUMENT (reply_to) for one of
// another conversation, MESSAGE_RETRACTED, MESSAGE_UNNAMED.
base::Result<model::Reply> reply_to(const model::Message& message, const model::Message& answer);

}  // namespace commd::core
