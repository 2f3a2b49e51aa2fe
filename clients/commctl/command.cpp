#include "clients/commctl/command.h"

namespace commd::commctl {

std::string synopsis_of(const Command& command) {
  std::string text;
  for (const Option& option : command.options) {
    text += " [" + std::string(option.name);
    if (!option.value.empty()) text += " " + std::string(option.value);
    text += option.repeated ? "]..." : "]";
  }
  for (const Argument& argument : command.arguments) {
    const bool optional =
        argument.count == Argument::Count::optional || argument.count == Argument::Count::any;
    text += optional ? " [" : " ";
    text += argument.name;
    if (optional) text += "]";
    if (argument.count == Argument::Count::some || argument.count == Argument::Count::any)
      text += "...";
  }
  return text.empty() ? text : text.substr(1);
}

const std::vector<Option>& common_options() {
  static const std::vector<Option> options = {
      {"--socket", "PATH", "the daemon's socket (default: $COMMD_SOCKET, then the usual place)",
       Word::file},
      {"--json", "", "print JSON: one object a line, fields as in the API"},
      {"--timeout", "DURATION",
       "give up after this long: 500ms, 10s, 2m; a bare number is seconds"},
      {"--quiet", "", "print nothing but results and errors", Word::any, false, "-q"},
      {"--help", "", "explain the command", Word::any, false, "-h"},
      {"--version", "", "print the version"},
  };
  return options;
}

const std::vector<Group>& groups() {
  static const std::vector<Group> all = {
      {"account", "SIP and XMPP accounts: add, list, show, set, enable, disable, remove"},
      {"calls", "calls that run and the call log: list, answer, hold, transfer, ..."},
      {"message", "what is written and read: send, list, search, export, reply, correct, ..."},
      {"contact", "the people you know: list, show, add, rename, remove, approve, block, ..."},
      {"person", "the address book: list, show, add, change, import, merge, split, suggest"},
      {"room", "rooms of several people: join, leave, list, members, invite, topic, kick, ..."},
      {"file", "files to and from people: send, get, accept, reject, cancel, resume, list, show"},
      {"presence", "what your contacts see of you: set, show"},
      {"service", "what servers and gateways offer: list, commands, run, register, ..."},
      {"device", "microphones and speakers: list, test"},
  };
  return all;
}

const std::vector<std::string_view>& planned_commands() {
  static const std::vector<std::string_view> all = {"conference"};
  return all;
}

}  // namespace commd::commctl
