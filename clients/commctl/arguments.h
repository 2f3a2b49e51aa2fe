// The command line, taken apart by the table of commands. Pure functions; any
// thread.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "clients/commctl/command.h"

namespace commd::commctl {

// A mistake on the command line: exit 2. The message is for a person and may hold
// what they typed.
class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& message, std::string command = {})
      : std::runtime_error(message), command_(std::move(command)) {}
  // The command whose --help would help; empty: none was recognised.
  const std::string& command() const { return command_; }

 private:
  std::string command_;
};

struct Arguments {
  // nullptr: none was named; then `group` may be the noun that was.
  const Command* command = nullptr;
  std::string group;
  std::vector<std::string> words;                           // the command's arguments
  std::map<std::string, std::vector<std::string>> options;  // by long name, "--from"

  bool has(const std::string& option) const { return options.contains(option); }
  // The last value given, empty for none.
  std::string value(const std::string& option) const;
};

// Options may stand anywhere; "--" ends them; "--name=value" works too. With --help
// or --version nothing is required; "help" in front of a command is the same as
// --help. An empty word or value is refused: it is a variable that was left unset
// more often than meant. Throws UsageError, which names the nearest word that would
// have been right.
Arguments parse(const std::vector<Command>& commands, const std::vector<std::string>& line);

// Of `choices` the one that `word` is most likely a slip of; empty when none is
// near (more than a third of the letters differ).
std::string nearest(std::string_view word, const std::vector<std::string>& choices);

// " Did you mean \"calls\"?", or nothing.
std::string suggestion(std::string_view word, const std::vector<std::string>& choices);

}  // namespace commd::commctl
