#include "clients/commctl/help.h"

#include <algorithm>

namespace commd::commctl {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

std::string option_words(const Option& option) {
  std::string text = option.short_name.empty() ? "" : std::string(option.short_name) + ", ";
  text += option.name;
  if (!option.value.empty()) text += " " + std::string(option.value);
  return text;
}

Rows option_rows(const std::vector<Option>& options) {
  Rows rows;
  for (const Option& option : options) rows.emplace_back(option_words(option), option.help);
  return rows;
}

// The words of a usage line, broken between them before `columns`.
std::string wrapped(const std::string& lead, const std::string& words, size_t columns) {
  std::string text = lead;
  size_t used = lead.size();
  size_t begin = 0;
  while (begin < words.size()) {
    // "[--from ACCOUNT]..." stays together.
    size_t end = begin;
    int depth = 0;
    while (end < words.size() && (depth > 0 || words[end] != ' ')) {
      if (words[end] == '[') ++depth;
      if (words[end] == ']') --depth;
      ++end;
    }
    if (used + 1 + (end - begin) > columns) {
      text += "\n" + std::string(11, ' ');
      used = 11;
    }
    text += " " + words.substr(begin, end - begin);
    used += 1 + (end - begin);
    begin = end + 1;
  }
  return text + "\n";
}

// Broken into lines like a usage line.
std::string planned_words() {
  std::string words;
  for (const std::string_view planned : planned_commands())
    words += (words.empty() ? "" : ", ") + std::string(planned);
  return wrapped("Not yet:  ", words, 80) + "\n";
}

constexpr const char* exit_codes =
    "Exit codes: 0 ok, 1 failed, 2 usage, 3 daemon unreachable, 4 not permitted, 5 not found,\n"
    "6 timed out, 130 interrupted.\n";

}  // namespace

std::string two_columns(const Rows& rows) {
  size_t widest = 0;
  for (const auto& [left, right] : rows) widest = std::max(widest, left.size());
  widest = std::min<size_t>(widest, 28);
  std::string text;
  for (const auto& [left, right] : rows) {
    text += "  " + left;
    if (left.size() > widest && !right.empty()) {
      text += "\n  " + std::string(widest + 2, ' ') + right;
    } else if (!right.empty()) {
      text += std::string(widest + 2 - left.size(), ' ') + right;
    }
    text += "\n";
  }
  return text;
}

std::string overview(const std::vector<Command>& commands, const std::string& group) {
  Rows rows;
  std::vector<std::string> seen;
  for (const Command& command : commands) {
    const std::string name(command.name);
    const std::string noun = name.substr(0, name.find(' '));
    if (!group.empty()) {
      if (noun == group && name != noun)
        rows.emplace_back(name.substr(noun.size() + 1), command.summary);
      continue;
    }
    if (name == noun) rows.emplace_back(name, command.summary);
    if (name == noun || std::find(seen.begin(), seen.end(), noun) != seen.end()) continue;
    seen.push_back(noun);
    for (const Group& entry : groups())
      if (entry.name == noun) rows.emplace_back(noun + " ...", entry.summary);
  }
  const std::string lead = group.empty() ? "" : group + " ";
  std::string text = "Usage: commctl " + lead + "COMMAND [OPTION]... [WORD]...\n\nCommands:\n" +
                     two_columns(rows) + "\nOptions of every command:\n" +
                     two_columns(option_rows(common_options())) + "\n";
  if (group.empty()) text += planned_words();
  if (group.empty())
    text += std::string("Examples:\n  commctl account add alice@example.org\n") +
            "  commctl call bob@example.org\n  commctl listen\n\n" + exit_codes;
  return text + "\"commctl " + lead + "COMMAND --help\" explains one of them.\n";
}

std::string help_of(const Command& command) {
  const std::string synopsis = synopsis_of(command);
  std::string text = std::string(command.summary) + ".\n\nExamples:\n";
  for (const Example& example : command.examples)
    text += "  " + std::string(example.line) +
            (example.what.empty() ? "\n" : "\n      " + std::string(example.what) + "\n");
  text += "\n" + wrapped("Usage: commctl " + std::string(command.name), synopsis, 80);
  if (!command.details.empty()) text += "\n" + std::string(command.details) + "\n";
  if (!command.arguments.empty()) {
    Rows rows;
    for (const Argument& argument : command.arguments)
      rows.emplace_back(argument.name, argument.help);
    text += "\nArguments:\n" + two_columns(rows);
  }
  if (!command.options.empty()) text += "\nOptions:\n" + two_columns(option_rows(command.options));
  return text + "\nOptions of every command:\n" + two_columns(option_rows(common_options()));
}

}  // namespace commd::commctl
