#include "clients/commctl/form_dialogue.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "clients/commctl/terminal.h"

namespace commd::commctl {
namespace {

constexpr size_t longest_line = 4096;

bool at_a_terminal() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

// What a terminal gives at a time is a line.
std::optional<std::string> read_line() {
  std::array<char, longest_line> line{};
  const ssize_t got = ::read(STDIN_FILENO, line.data(), line.size());
  if (got <= 0) return std::nullopt;
  std::string text(line.data(), static_cast<size_t>(got));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

bool has_questions(const v1::DataForm& form) {
  return std::any_of(form.fields().begin(), form.fields().end(), is_question);
}

}  // namespace

std::optional<std::string> ask_line(const Context& context, const Line& prompt) {
  const std::string text = render(prompt, context.out().stderr_colour());
  [[maybe_unused]] const auto shown = ::write(STDERR_FILENO, text.data(), text.size());
  return read_line();
}

FormDialogue::FormDialogue(const Context& context) : context_(context) {
  std::string why;
  for (const std::string& pair : context.all("--set")) answers_.add(pair, why);
  if (!why.empty()) context.usage_error(why);
  for (const std::string& pair : context.all("--set-file")) {
    const size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size())
      context.usage_error("\"" + pair + "\" is not KEY=FILE");
    answers_.add_value(pair.substr(0, equals), read_password(pair.substr(equals + 1)));
  }
  asks_ =
      at_a_terminal() && !context.out().json() && answers_.empty() && !context.has("--defaults");
}

void FormDialogue::show(const std::vector<Line>& lines) const {
  for (const Line& line : lines) context_.out().say(line);
}

std::optional<v1::DataForm> FormDialogue::fill(const v1::DataForm& form) {
  if (asks_) return ask(form);
  v1::DataForm filled;
  std::string why;
  if (!answers_.take(form, filled, why)) throw UsageError(why);
  if (has_questions(form) && answers_.empty() && !context_.has("--defaults")) {
    show(heading_lines(form));
    show(question_lines(form));
    throw UsageError(
        "it asks something: answer with --set KEY=VALUE, or take what is there with --defaults");
  }
  return filled;
}

std::optional<v1::DataForm> FormDialogue::ask(const v1::DataForm& form) const {
  v1::DataForm filled;
  show(heading_lines(form));
  for (const v1::FormField& field : form.fields()) {
    if (field.type() == v1::FormField::TYPE_FIXED) {
      for (const std::string& words : field.values()) context_.out().say(words);
      continue;
    }
    if (!is_question(field)) continue;
    show(choice_lines(field));
    const auto values = ask(field);
    if (!values) return std::nullopt;
    if (values->empty()) continue;
    v1::FormField* answer = filled.add_fields();
    answer->set_name(field.name());
    for (const std::string& value : *values) answer->add_values(value);
  }
  return filled;
}

std::optional<std::vector<std::string>> FormDialogue::ask(const v1::FormField& field) const {
  if (field.type() == v1::FormField::TYPE_TEXT_MULTI) return ask_lines(field);
  while (true) {
    const Line prompt = prompt_of(field);
    const auto typed = field.type() == v1::FormField::TYPE_TEXT_PRIVATE
                           ? ask_password(render(prompt, context_.out().stderr_colour()))
                           : ask_line(context_, prompt);
    if (!typed) return std::nullopt;
    if (typed->empty()) {
      if (!field.required() || field.values_size() > 0) return std::vector<std::string>{};
      context_.out().say("It must have a value.");
      continue;
    }
    std::string why;
    if (auto values = answer_of(field, *typed, why)) return values;
    context_.out().say(why + ".");
  }
}

std::optional<std::vector<std::string>> FormDialogue::ask_lines(const v1::FormField& field) const {
  std::vector<std::string> lines;
  Line prompt = prompt_of(field);
  prompt.push_back({"(an empty line ends it) ", Style::dim});
  while (true) {
    const auto line = ask_line(context_, lines.empty() ? prompt : Line{{"  "}});
    if (!line) return std::nullopt;
    if (!line->empty()) {
      lines.push_back(*line);
      continue;
    }
    if (!lines.empty() || !field.required() || field.values_size() > 0) return lines;
    context_.out().say("It must have a value.");
  }
}

std::string FormDialogue::unused() const {
  const std::string left = answers_.left();
  return left.empty() ? left : "nothing asked for " + left;
}

std::vector<Option> form_options() {
  return {{"--set", "KEY=VALUE", "an answer to what is asked; several of one KEY are its values",
           Word::any, true},
          {"--set-file", "KEY=FILE", "the same from a file, - for stdin: for secrets", Word::file,
           true},
          {"--defaults", "", "take what is there for everything that is not answered"}};
}

}  // namespace commd::commctl
