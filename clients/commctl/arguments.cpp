#include "clients/commctl/arguments.h"

#include <algorithm>

#include "clients/client/escape.h"

namespace commd::commctl {
namespace {

using Words = std::vector<std::string>;

// The edit distance (insert, delete, replace, swap of neighbours).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

class Parser {
 public:
  Parser(const std::vector<Command>& commands, const Words& line)
      : commands_(commands), line_(line) {}

  Arguments run() {
    for (const std::string& word : line_)
      if (!client::is_utf8(word)) fail("\"" + word + "\" is not written in UTF-8");
    while (at_ < line_.size()) {
      const std::string& word = line_[at_++];
      if (options_ended_ || word.size() < 2 || word[0] != '-') {
        plain(word);
      } else if (word == "--") {
        options_ended_ = true;
      } else {
        option(word);
      }
    }
    take_late_options();
    if (!result_.has("--help") && !result_.has("--version")) check_counts();
    return std::move(result_);
  }

 private:
  std::string name() const {
    return result_.command != nullptr ? std::string(result_.command->name) : result_.group;
  }

  void plain(const std::string& word) {
    if (result_.command != nullptr) {
      argument(word);
      return;
    }
    if (word == "help") {
      result_.options["--help"];
      return;
    }
    const std::string full = result_.group.empty() ? word : result_.group + " " + word;
    for (const Command& command : commands_) {
      if (command.name == full) {
        result_.command = &command;
        return;
      }
    }
    const auto& nouns = groups();
    const auto noun = std::find_if(nouns.begin(), nouns.end(),
                                   [&](const Group& group) { return group.name == full; });
    if (noun == nouns.end()) unknown_command(word);
    result_.group = full;
  }

  void argument(const std::string& word) {
    const auto& wanted = result_.command->arguments;
    if (word.empty() && !wanted.empty()) {
      const size_t at = std::min(result_.words.size(), wanted.size() - 1);
      fail(std::string(wanted[at].name) + " is empty; leave it out or write it");
    }
    result_.words.push_back(word);
  }

  [[noreturn]] void unknown_command(const std::string& word) const {
    Words choices;
    const std::string lead = result_.group.empty() ? "" : result_.group + " ";
    const auto& planned = planned_commands();
    if (std::find(planned.begin(), planned.end(), lead + word) != planned.end())
      throw UsageError(
          "\"" + lead + word + "\" is not available yet in this version (" + COMMD_VERSION + ").",
          result_.group);
    for (const Command& command : commands_) {
      if (!command.name.starts_with(lead)) continue;
      const std::string_view rest = command.name.substr(lead.size());
      choices.emplace_back(rest.substr(0, rest.find(' ')));
    }
    throw UsageError("unknown command \"" + lead + word + "\"." + suggestion(word, choices),
                     result_.group);
  }

  const Option* find(std::string_view word) const {
    const auto matches = [&](const Option& o) { return o.name == word || o.short_name == word; };
    const auto& common = common_options();
    auto found = std::find_if(common.begin(), common.end(), matches);
    if (found != common.end()) return &*found;
    if (result_.command == nullptr) return nullptr;
    const auto& own = result_.command->options;
    found = std::find_if(own.begin(), own.end(), matches);
    return found != own.end() ? &*found : nullptr;
  }

  void option(const std::string& word) {
    const size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
    const std::string name = word.substr(0, equals);
    const Option* const known = find(name);
    if (known == nullptr) {
      if (result_.command != nullptr) unknown_option(name);
      // An option of the command may stand before its name; whether it takes the
      // next word is only known then, so it has to be written with "=".
      early_.push_back(word);
      return;
    }
    store(*known, equals == std::string::npos ? nullptr : &word[equals] + 1);
  }

  void store(const Option& option, const char* attached) {
    auto& values = result_.options[std::string(option.name)];
    if (option.value.empty()) {
      if (attached != nullptr) fail(std::string(option.name) + " takes no value");
      return;
    }
    if (attached != nullptr) {
      values.emplace_back(attached);
    } else if (at_ < line_.size()) {
      values.push_back(line_[at_++]);
    } else {
      fail(std::string(option.name) + " wants a value: " + std::string(option.name) + " " +
           std::string(option.value));
    }
    if (values.back().empty() && !option.may_be_empty)
      fail(std::string(option.name) + " is empty; leave it out or give it a value");
    if (!option.repeated && values.size() > 1)
      fail(std::string(option.name) + " was given more than once");
  }

  void take_late_options() {
    for (const std::string& word : early_) {
      const size_t equals = word.find('=');
      const Option* const known = find(word.substr(0, equals));
      if (known == nullptr) unknown_option(word.substr(0, equals));
      if (equals == std::string::npos && !known->value.empty())
        fail("write " + std::string(known->name) + " after the command");
      store(*known, equals == std::string::npos ? nullptr : &word[equals] + 1);
    }
  }

  [[noreturn]] void unknown_option(const std::string& word) const {
    Words choices;
    for (const Option& option : common_options()) choices.emplace_back(option.name);
    if (result_.command != nullptr)
      for (const Option& option : result_.command->options) choices.emplace_back(option.name);
    fail("unknown option \"" + word + "\"." + suggestion(word, choices));
  }

  void check_counts() const {
    if (result_.command == nullptr) return;
    const auto& wanted = result_.command->arguments;
    std::vector<std::string_view> required;
    bool endless = false;
    for (const Argument& argument : wanted) {
      using enum Argument::Count;
      if (argument.count == one || argument.count == some) required.push_back(argument.name);
      if (argument.count == some || argument.count == any) endless = true;
    }
    // What there is, is taken for required ones first.
    if (result_.words.size() < required.size())
      fail(std::string(required[result_.words.size()]) + " is missing");
    if (!endless && result_.words.size() > wanted.size())
      fail("too many words: \"" + result_.words[wanted.size()] + "\"");
  }

  [[noreturn]] void fail(const std::string& message) const { throw UsageError(message, name()); }

  const std::vector<Command>& commands_;
  const Words& line_;
  size_t at_ = 0;
  bool options_ended_ = false;
  Words early_;
  Arguments result_;
};

}  // namespace

std::string Arguments::value(const std::string& option) const {
  const auto found = options.find(option);
  return found == options.end() || found->second.empty() ? "" : found->second.back();
}

Arguments parse(const std::vector<Command>& commands, const Words& line) {
  return Parser(commands, line).run();
}

std::string nearest(std::string_view word, const Words& choices) {
  std::string best;
  if (word.size() > 64) return best;
  size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& choice : choices) {
    const size_t steps = distance(word, choice);
    if (steps < best_distance) {
      best_distance = steps;
      best = choice;
    }
  }
  if (!best.empty()) return best;
  // A beginning of exactly one of them is a near miss too.
  for (const std::string& choice : choices) {
    if (word.size() < 2 || !choice.starts_with(word) || choice == best) continue;
    if (!best.empty()) return {};
    best = choice;
  }
  return best;
}

std::string suggestion(std::string_view word, const Words& choices) {
  const std::string near = nearest(word, choices);
  return near.empty() ? "" : " Did you mean \"" + near + "\"?";
}

}  // namespace commd::commctl
