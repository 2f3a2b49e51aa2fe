// Waits for a file: a bar in a terminal, lines without one. Main thread.
#pragma once

#include <functional>

#include "clients/commctl/context.h"
#include "commd/v1/file.pb.h"

namespace commd::commctl {

// Runs `begin`, which asks the daemon for a transfer, and follows it until it is at rest; with
// --detach only tells of it. The exit code: 0 it is done, 1 it is not.
int follow_file(Context& context, const std::function<v1::FileTransfer()>& begin);

// The option that this looks at.
Option detach_option();

}  // namespace commd::commctl
