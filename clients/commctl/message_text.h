// Messages as a table, and what commands about messages have in common. Main thread.
#pragma once

#include <google/protobuf/repeated_field.h>

#include "clients/commctl/context.h"
#include "clients/commctl/line.h"
#include "commd/v1/message.pb.h"

namespace commd::commctl {

// The newest first, as they come from the daemon; the table has them in their order, as a
// conversation is read.
Table message_table(const google::protobuf::RepeatedPtrField<v1::Message>& newest_first);

// --limit, or what it is when it was left out. Throws UsageError for what is no number
// from 1 to 1000.
int32_t message_limit(const Context& context, int32_t otherwise);

// --since and --until into the request. Throws UsageError for what is no moment.
template <class Request>
void set_times(const Context& context, Request& request);

}  // namespace commd::commctl
