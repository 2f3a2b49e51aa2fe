// The terminal and the signals. What is changed about the terminal is put back
// however the program ends; only a SIGKILL leaves it changed. Main thread.
#pragma once

#include <poll.h>
#include <signal.h>
#include <termios.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "clients/client/descriptor.h"

namespace commd::commctl {

// Gives descriptors 0 to 2 to /dev/null where they were closed, so that the socket to
// the daemon gets none of these numbers and what is printed into it. Reading from and
// printing to them goes on failing. First of all.
void fill_standard_descriptors();

// SIGINT ends the program with 130; it and every other deadly signal restore the
// terminal first. To be called once, before anything else.
void install_signal_handlers();

// Input of a terminal without echo, and key by key where `keys` says so, until this
// object is gone. At most one at a time.
class TerminalMode {
 public:
  enum class Input { lines_unseen, keys };
  enum class Cursor { shown, hidden };
  TerminalMode(int descriptor, Input input);
  ~TerminalMode();

  // The cursor of the terminal drawn on, which is shown again with the rest.
  static void set_cursor(int descriptor, Cursor cursor);

  TerminalMode(const TerminalMode&) = delete;
  TerminalMode& operator=(const TerminalMode&) = delete;
};

// Signals as something to wait for, while this object lives. Make it before the
// first thread: threads inherit the mask.
class SignalInbox {
 public:
  // SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP; SIGPIPE is ignored meanwhile.
  SignalInbox();
  ~SignalInbox();
  SignalInbox(const SignalInbox&) = delete;
  SignalInbox& operator=(const SignalInbox&) = delete;

  int descriptor() const { return descriptor_.number(); }
  // The next signal that came, or nothing.
  std::optional<int> next() const;

 private:
  sigset_t before_{};
  struct sigaction pipe_before_ {};
  client::Descriptor descriptor_;
};

using Deadline = std::optional<std::chrono::steady_clock::time_point>;

// Waits until one of them is readable or the deadline is past; false: it is past.
// Negative descriptors are left out.
bool wait_readable(const std::vector<int>& descriptors, Deadline deadline);

// The earlier one; nullopt is never.
Deadline earlier(Deadline a, Deadline b);

// Asks for a password on the controlling terminal, unseen. nullopt: no terminal, or
// end of input.
std::optional<std::string> ask_password(const std::string& prompt);

// The one line of a file, or of stdin for "-". Throws UsageError for what cannot be
// read or is longer than 4096 bytes or several lines.
std::string read_password(const std::string& path);

}  // namespace commd::commctl
