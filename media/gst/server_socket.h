// Notices that a sound server's socket has appeared, so that nobody needs to try again
// and again while there is none. GLib thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "daemon/base/unique_fd.h"
#include "daemon/loop/glib_loop.h"

namespace commd::gst {

// The socket's path: of `server` in PulseAudio's notation ("unix:/path",
// "{machine}unix:/path", "/path"), of $PULSE_SERVER if that is empty, else the usual
// place below $XDG_RUNTIME_DIR. Empty when it is not a local one or cannot be told.
std::optional<std::string> server_socket(const std::string& server);

// False when libpulse, asked for `server`, could only find that nobody is there: its
// socket does not exist, and nothing (an X11 display, a client.conf of PulseAudio) sends
// it elsewhere. Any thread.
bool may_have_server(const std::string& server);

// Ends every connection of this process to that socket, from outside: libpulse waits
// for answers of a server that hangs, up to 30 s each. Any thread.
void hang_up(const std::string& path);

class SocketWatch {
 public:
  // Calls `appeared` whenever something of the path's last two parts is created. The
  // callback may destroy the watch. Does nothing if the system has no watches left.
  SocketWatch(const loop::GlibLoop& loop, const std::string& path, std::function<void()> appeared);

 private:
  void watch_folders();
  bool read_events();

  std::string folder_;  // the socket's
  std::string parent_;  // that one's
  std::string socket_name_;
  std::string folder_name_;
  base::UniqueFd inotify_;
  int folder_watch_ = -1;
  int parent_watch_ = -1;
  loop::AttachedSource source_;
};

}  // namespace commd::gst
