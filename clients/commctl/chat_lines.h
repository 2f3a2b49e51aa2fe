// What a chat shows of its messages. Pure functions; any thread.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <vector>

#include "clients/commctl/line.h"
#include "commd/v1/message.pb.h"

namespace commd::commctl {

// Whether what a person typed names the one that the daemon calls `peer`: the scheme may be
// left out, a device or parameters may follow.
bool is_peer(const std::string& typed, const std::string& peer);

// "14:03 bob@example.org: Hello", as many lines as the text has or as `columns` ask for
// (unlimited: only those of the text); what goes on is indented. Not escaped yet.
std::vector<Line> message_lines(const v1::Message& message, const google::protobuf::Timestamp& now,
                                size_t columns);

// Why it did not arrive, in one line.
Line failure_line(const v1::Message& message);

}  // namespace commd::commctl
