// A headless PulseAudio of a test's own: null sinks "speakers" (the default)
// and "room", and a microphone "mic" (the default) that hears what "room" plays. Its files
// are below a folder of the test.
// The test's thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/temp_folder.h"

namespace commd::gst {

class PulseServer {
 public:
  // Starts it and waits for its socket.
  PulseServer();
  ~PulseServer();

  // As in PULSE_SERVER.
  std::string address() const { return "unix:" + socket(); }
  void start();
  // SIGKILL, or SIGTERM where it may say good-bye; waits for its end.
  void kill();
  void stop();
  // Stopped by SIGSTOP, as if it hung.
  void freeze();
  void thaw();
  // pactl ARGUMENTS; what it prints.
  std::string pactl(const std::vector<std::string>& arguments) const;

 private:
  std::string socket() const { return folder_ / "run" / "native"; }
  void end(int signal);

  test::TempFolder folder_;
  pid_t pid_ = -1;
};

// A program run to its end with this environment added; its output, standard error too.
std::string run_program(const std::vector<std::string>& command,
                        const std::vector<std::string>& environment);

}  // namespace commd::gst
