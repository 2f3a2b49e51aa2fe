// Events as one line for a person. Pure functions; any thread.
#pragma once

#include "clients/commctl/line.h"
#include "commd/v1/event.pb.h"

namespace commd::commctl {

// "14:03:21  call 4f2a  active  Alice <sip:alice@example.org>"
Line event_line(const v1::Event& event, const google::protobuf::Timestamp& now);

}  // namespace commd::commctl
