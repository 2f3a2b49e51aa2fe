// What answers at an address and what it offers beside talking: commands (XEP-0050), gateways to
// other networks (XEP-0100). Values; any thread. What came is as it came: to be escaped where
// it is shown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/model/form.h"

namespace commd::model {

// Of what comes no more is kept.
inline constexpr size_t max_services = 256;
inline constexpr size_t max_commands = 256;
inline constexpr size_t max_service_features = 256;
inline constexpr size_t max_service_identities = 16;
inline constexpr size_t max_command_notes = 32;
inline constexpr size_t max_service_name_bytes = 1024;

struct Service {
  std::string address;  // "xmpp:irc.example.org"
  std::string name;
  std::vector<std::string> identities;  // "gateway/irc"
  std::vector<std::string> features;
  bool has_commands = false;
  bool gateway = false;
  bool registered = false;  // this account is, with a gateway

  friend bool operator==(const Service&, const Service&) = default;
};

struct Command {
  std::string address;  // who runs it
  std::string node;     // its name for programs
  std::string name;

  friend bool operator==(const Command&, const Command&) = default;
};

enum class CommandStatus { executing, completed, canceled };
// `usual`: what the command itself takes for the next step.
enum class CommandAction { usual, next, prev, complete, cancel };
enum class NoteLevel { info, warn, error };

struct CommandNote {
  NoteLevel level = NoteLevel::info;
  std::string text;

  friend bool operator==(const CommandNote&, const CommandNote&) = default;
};

// Where a command has come to.
struct CommandStep {
  std::string session;  // names the run
  CommandStatus status = CommandStatus::executing;
  std::optional<DataForm> form;
  std::vector<CommandNote> notes;
  std::vector<CommandAction> actions;  // what may come next, beside `usual` and `cancel`
  CommandAction default_action = CommandAction::complete;  // what `usual` is

  friend bool operator==(const CommandStep&, const CommandStep&) = default;
};

// What a service wants to know of who registers with it (XEP-0077).
struct Registration {
  bool registered = false;
  DataForm form;
  std::string url;  // where else to register; may be empty

  friend bool operator==(const Registration&, const Registration&) = default;
};

}  // namespace commd::model
