// Where words go: results to stdout, talk to stderr. Main thread.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <system_error>

#include "clients/client/error.h"
#include "clients/commctl/line.h"

namespace commd::commctl {

// One line of the proto's JSON mapping with the proto's field names; fields at
// their default are printed.
std::string json_of(const google::protobuf::Message& message);

// What was printed could not be written: a full disk, a closed descriptor, a reader
// that went away. Nothing more can be printed: the program ends with 1.
class StdoutError : public std::system_error {
 public:
  explicit StdoutError(int error)
      : std::system_error(error, std::generic_category(), "cannot write to stdout") {}
};

class Output {
 public:
  enum class Format { human, json };
  enum class Talk { normal, quiet };

  Output(Format format, Talk talk);

  bool json() const { return format_ == Format::json; }
  bool quiet() const { return talk_ == Talk::quiet; }

  // ---- results, to stdout; throw StdoutError ----
  void print(const google::protobuf::Message& message) const;  // JSON
  void print(const Line& line) const;
  void print(const std::string& text) const { print(Line{{text}}); }
  // Prose: broken between words at the terminal's width when there is one.
  void print_wrapped(const Line& line, size_t margin) const;
  // Cut to the terminal's width when there is one; else as wide as it needs.
  void print(const Table& table) const;
  // As it is: help, scripts, JSON. Ours, never text from the network.
  void print_raw(std::string_view text) const;

  // ---- talk, to stderr ----
  void say(const Line& line) const;  // not when quiet
  void say(const std::string& text) const { say(Line{{text}}); }
  void complain(const std::string& text) const;  // always; "commctl: " before it
  // With --json an object {"error": {...}}. Lists the choices the daemon offers.
  void complain(const client::ClientError& error) const;

  Colour stderr_colour() const { return stderr_colour_; }

 private:
  Format format_;
  Talk talk_;
  Colour stdout_colour_;
  Colour stderr_colour_;
};

// Rows of the terminal at `descriptor`; 24 when it does not tell.
size_t terminal_rows(int descriptor);

// Width of the terminal at `descriptor`; 0: not a terminal.
size_t terminal_columns(int descriptor);

}  // namespace commd::commctl
