// What a command is: one value that says its words, arguments and options. The
// parser, --help, shell completion and the man page all read the same value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace commd::commctl {

class Context;

// What a word on the command line stands for: what completion offers there.
enum class Word {
  any,           // free text
  account,       // an account's id
  call,          // a live call's id
  call_or_log,   // a live call's id, or one of the log
  contact,       // a contact's address
  person,        // somebody of the address book
  room,          // a room's address
  grant,         // what somebody can be in a room
  availability,  // available, away, dnd ...
  resource,      // `account` or `call`
  of_resource,   // an id of what the word before names
  source,        // what to send: default, none, tone:HZ, file:PATH, pulse:NAME
  sink,          // where to play
  file,          // a path
  setting,       // KEY=VALUE of an account
  call_setting,  // KEY=VALUE of one call
  transport,     // udp, tcp, tls
  wait_for,      // state=STATE
  shell,         // bash, zsh, fish
};

// --name, with a value when `value` names one.
struct Option {
  std::string_view name;   // with its dashes: "--from"
  std::string_view value;  // "ACCOUNT"; empty: a switch
  std::string_view help;
  Word word = Word::any;
  bool repeated = false;
  std::string_view short_name = {};  // "-q"
  bool may_be_empty = false;         // "" is a value, and no variable left unset
};

struct Argument {
  enum class Count { one, optional, some, any };  // some: one or more; any: or none
  std::string_view name;                          // "ADDRESS"
  std::string_view help;
  Word word = Word::any;
  Count count = Count::one;
};

struct Example {
  std::string_view line;
  std::string_view what;
};

struct Command {
  std::string_view name;     // "calls list"
  std::string_view summary;  // one line, no full stop
  std::string_view details;  // paragraphs, may be empty
  std::vector<Example> examples;
  std::vector<Argument> arguments;
  std::vector<Option> options;
  int (*run)(Context&) = nullptr;  // the exit code
};

// "[--from ACCOUNT] ADDRESS": what follows the name.
std::string synopsis_of(const Command& command);

// Options that every command takes.
const std::vector<Option>& common_options();

// A noun that stands before several commands, "calls": its summary for the list of
// all commands.
struct Group {
  std::string_view name;
  std::string_view summary;
};
const std::vector<Group>& groups();

// Nouns and commands that are agreed on but cannot do anything yet. They are no part
// of the help and the completion; who types one is told so.
const std::vector<std::string_view>& planned_commands();

}  // namespace commd::commctl
