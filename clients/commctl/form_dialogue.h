// Asks a person for the answers to a form, line by line in the terminal; takes them from the
// command line where they stand there. Main thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clients/commctl/context.h"
#include "clients/commctl/form_text.h"
#include "commd/v1/form.pb.h"

namespace commd::commctl {

// A line typed by the person, without its end; nothing at the end of input.
std::optional<std::string> ask_line(const Context& context, const Line& prompt);

class FormDialogue {
 public:
  // Throws UsageError for what is no KEY=VALUE, and for a file that cannot be read.
  explicit FormDialogue(const Context& context);

  // The answers to `form`. Nothing: the person wants no more of it. Throws UsageError where
  // nobody is there to be asked and something must be.
  std::optional<v1::DataForm> fill(const v1::DataForm& form);
  // Whether there is a person to be asked.
  bool asks() const { return asks_; }
  // Words about answers that nothing asked for; empty: none are left.
  std::string unused() const;

 private:
  std::optional<v1::DataForm> ask(const v1::DataForm& form) const;
  // Empty: it stays as it is.
  std::optional<std::vector<std::string>> ask(const v1::FormField& field) const;
  std::optional<std::vector<std::string>> ask_lines(const v1::FormField& field) const;
  void show(const std::vector<Line>& lines) const;

  const Context& context_;
  Answers answers_;
  bool asks_;
};

// --set, --set-file and --defaults.
std::vector<Option> form_options();

}  // namespace commd::commctl
