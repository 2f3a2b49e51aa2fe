// Where the daemon listens, and why it cannot be reached. Any thread.
#pragma once

#include <functional>
#include <string>

#include "clients/client/error.h"

namespace commd::client {

// What decides about the path; a test brings its own.
struct Environment {
  std::function<std::string(const char*)> variable;  // empty: not set
  unsigned user = 0;                                 // effective user id
  std::string run_user = "/run/user";                // where login folders are
  static Environment of_process();
};

// The unix socket to use: `chosen` (the --socket option), else COMMD_SOCKET, else
// the daemon's own rule: $XDG_RUNTIME_DIR/commd/commd.sock, /run/user/UID/commd/,
// else the state folder's run/. Absolute. Throws ClientError (usage) for a path
// that is too long for a socket.
std::string socket_path(const std::string& chosen, const Environment& environment);

// Why `socket` cannot be used, found by trying: not there, dead, not ours. Says
// how to start the daemon. `told` is what gRPC said, for the cases that are none
// of these.
ClientError unreachable_error(const std::string& socket, const std::string& told);

}  // namespace commd::client
