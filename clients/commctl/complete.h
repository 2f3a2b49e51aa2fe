// Shell completion, answered by the program itself: the scripts of bash, zsh and
// fish only ask "commctl __complete WORD..." and show the lines. Main thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "clients/commctl/command.h"

namespace commd::commctl {

struct Candidate {
  std::string word;
  std::string what;  // a few words, may be empty
};

// What the daemon knows; nothing where it cannot be asked.
class Lookup {
 public:
  Lookup() = default;
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;
  virtual ~Lookup() = default;
  virtual std::vector<Candidate> accounts() = 0;
  virtual std::vector<Candidate> contacts() = 0;  // their addresses
  virtual std::vector<Candidate> people() = 0;    // their names
  virtual std::vector<Candidate> rooms() = 0;     // their addresses
  virtual std::vector<Candidate> live_calls() = 0;
  virtual std::vector<Candidate> ended_calls() = 0;
  virtual std::vector<Candidate> captures() = 0;   // "pulse:NAME"
  virtual std::vector<Candidate> playbacks() = 0;  // "pulse:NAME"
};

// Stands for "names of files belong here"; the scripts know it.
inline constexpr const char* files_marker = ":files";

// What can stand in place of the last of `words` (which may be empty), all of it
// beginning with that word.
std::vector<Candidate> completions(const std::vector<Command>& commands,
                                   const std::vector<std::string>& words, Lookup& lookup);

// "commctl __complete": one "WORD<TAB>what" a line. Never fails; asks the daemon for
// at most half a second.
int print_completions(const std::vector<Command>& commands, const std::vector<std::string>& words);

// The scripts for the shells; empty for another shell.
std::string completion_script(const std::string& shell);

}  // namespace commd::commctl
