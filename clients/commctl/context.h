// What a command runs with: its arguments, the daemon, and the way to print. Main
// thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "clients/client/client.h"
#include "clients/commctl/arguments.h"
#include "clients/commctl/output.h"

namespace commd::commctl {

class Context {
 public:
  // Throws UsageError for a --timeout that is none.
  Context(const std::vector<Command>& commands, Arguments arguments, const Output& output);

  const std::vector<Command>& commands() const { return commands_; }
  const Arguments& arguments() const { return arguments_; }
  const Output& out() const { return output_; }

  // The command's nth word; empty when it was left out.
  std::string word(size_t n) const;
  std::string option(const std::string& name) const { return arguments_.value(name); }
  bool has(const std::string& name) const { return arguments_.has(name); }
  const std::vector<std::string>& all(const std::string& name) const;
  // Throws UsageError for what is no duration.
  std::optional<std::chrono::milliseconds> duration(const std::string& name) const;

  // What --capture or --playback names, "file:a.wav,loop" with its path made absolute.
  std::string audio(const std::string& name) const;

  // --timeout, if it was given.
  std::optional<std::chrono::milliseconds> timeout() const { return timeout_; }

  // Connects with the first use. Its deadline is --timeout or 10 s.
  client::Client& client();

  [[noreturn]] void usage_error(const std::string& message) const;

 private:
  const std::vector<Command>& commands_;
  Arguments arguments_;
  const Output& output_;
  std::optional<std::chrono::milliseconds> timeout_;
  std::unique_ptr<client::Client> client_;
};

// "file:a.wav,loop" with its path made absolute; everything else as it is.
std::string absolute_audio(const std::string& text);
std::string absolute_path(const std::string& text);

}  // namespace commd::commctl
