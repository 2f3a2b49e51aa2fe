#include "clients/commctl/complete.h"

#include <algorithm>

#include "clients/commctl/contact_text.h"
#include "clients/commctl/room_text.h"
#include "clients/commctl/settings.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

using Candidates = std::vector<Candidate>;

// The words before the cursor, as far as they make sense.
struct Before {
  std::string noun;  // a group's name, without a command yet
  const Command* command = nullptr;
  std::vector<std::string> words;   // of the command
  const Option* waiting = nullptr;  // wants the next word as its value
  bool options_ended = false;       // after "--"
};

const Option* find_option(const Command* command, const std::string& name) {
  const auto matches = [&](const Option& o) { return o.name == name || o.short_name == name; };
  const auto& common = common_options();
  const auto found = std::find_if(common.begin(), common.end(), matches);
  if (found != common.end()) return &*found;
  if (command == nullptr) return nullptr;
  const auto own = std::find_if(command->options.begin(), command->options.end(), matches);
  return own != command->options.end() ? &*own : nullptr;
}

void take_word(const std::vector<Command>& commands, const std::string& word, Before& before) {
  if (before.command != nullptr) {
    before.words.push_back(word);
    return;
  }
  if (word == "help") return;  // what follows is a command all the same
  const std::string full = before.noun.empty() ? word : before.noun + " " + word;
  for (const Command& command : commands)
    if (command.name == full) before.command = &command;
  if (before.command == nullptr) before.noun = full;
}

Before read_before(const std::vector<Command>& commands, const std::vector<std::string>& words) {
  Before before;
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (before.waiting != nullptr) {
      before.waiting = nullptr;
    } else if (word == "--") {
      before.options_ended = true;
    } else if (word.size() > 1 && word[0] == '-' && !before.options_ended) {
      const Option* const option = find_option(before.command, word);
      if (option != nullptr && !option->value.empty()) before.waiting = option;
    } else {
      take_word(commands, word, before);
    }
  }
  return before;
}

Candidates command_words(const std::vector<Command>& commands, const std::string& noun) {
  Candidates found;
  if (noun.empty()) {
    for (const Group& group : groups())
      found.push_back({std::string(group.name), std::string(group.summary)});
    found.push_back({"help", "Explain a command"});
  }
  const std::string lead = noun.empty() ? "" : noun + " ";
  for (const Command& command : commands) {
    if (!command.name.starts_with(lead)) continue;
    const std::string rest(command.name.substr(lead.size()));
    if (rest.find(' ') == std::string::npos) found.push_back({rest, std::string(command.summary)});
  }
  return found;
}

Candidates option_words(const Command* command) {
  Candidates found;
  if (command != nullptr)
    for (const Option& option : command->options)
      found.push_back({std::string(option.name), std::string(option.help)});
  for (const Option& option : common_options())
    found.push_back({std::string(option.name), std::string(option.help)});
  return found;
}

// KEY= first, then KEY=VALUE where the values are few.
Candidates setting_words(const std::vector<std::string>& keys, const std::string& current) {
  Candidates found;
  const size_t equals = current.find('=');
  if (equals != std::string::npos) {
    const std::string key = current.substr(0, equals);
    for (const std::string& value : setting_values(key)) found.push_back({key + "=" + value, ""});
    return found;
  }
  for (const std::string& key : keys) {
    std::string values;
    for (const std::string& value : setting_values(key))
      values += (values.empty() ? "" : ", ") + value;
    found.push_back({key + "=", values});
  }
  return found;
}

Candidates plain(std::initializer_list<const char*> words) {
  Candidates found;
  for (const char* word : words) found.push_back({word, ""});
  return found;
}

Candidates joined(Candidates first, const Candidates& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Candidates state_words(bool of_account) {
  const auto& type = of_account ? *v1::Account::State_descriptor() : *v1::Call::State_descriptor();
  Candidates found;
  for (const std::string& word : enum_words(type)) found.push_back({"state=" + word, ""});
  return found;
}

// It is often a whole address; who begins without "sip:" goes on without it.
Candidates address_words(Candidates found, const std::string& current) {
  for (Candidate& candidate : found) {
    const size_t colon = candidate.word.find(':');
    const std::string bare = colon == std::string::npos ? "" : candidate.word.substr(colon + 1);
    if (!current.empty() && !candidate.word.starts_with(current) && bare.starts_with(current))
      candidate.word = bare;
  }
  return found;
}

Candidates words_for(Word kind, const Before& before, const std::string& current, Lookup& lookup) {
  const bool of_account = !before.words.empty() && before.words[0] == "account";
  switch (kind) {
    case Word::any:
      return {};
    case Word::account:
      return address_words(lookup.accounts(), current);
    case Word::contact:
      return address_words(lookup.contacts(), current);
    case Word::person:
      return lookup.people();
    case Word::room:
      return address_words(lookup.rooms(), current);
    case Word::grant: {
      Candidates found;
      for (const std::string& word : grant_words()) found.push_back({word, ""});
      return found;
    }
    case Word::availability: {
      Candidates found;
      for (const std::string& word : availability_words()) found.push_back({word, ""});
      return found;
    }
    case Word::call:
      return lookup.live_calls();
    case Word::call_or_log:
      return joined(lookup.live_calls(), lookup.ended_calls());
    case Word::resource:
      return plain({"account", "call"});
    case Word::of_resource:
      return of_account ? address_words(lookup.accounts(), current) : lookup.live_calls();
    case Word::source:
      return joined(plain({"default", "none", "tone:440", "file:"}), lookup.captures());
    case Word::sink:
      return joined(plain({"default", "none", "file:"}), lookup.playbacks());
    case Word::file:
      return plain({files_marker});
    case Word::setting:
      return setting_words(setting_keys(), current);
    case Word::call_setting:
      return setting_words(call_setting_keys(), current);
    case Word::transport:
      return plain({"udp", "tcp", "tls"});
    case Word::wait_for:
      return state_words(of_account);
    case Word::shell:
      return plain({"bash", "zsh", "fish"});
  }
  return {};
}

Candidates argument_words(const Before& before, const std::string& current, Lookup& lookup) {
  const auto& arguments = before.command->arguments;
  if (arguments.empty()) return {};
  size_t at = before.words.size();
  if (at >= arguments.size()) {
    const Argument::Count last = arguments.back().count;
    if (last != Argument::Count::some && last != Argument::Count::any) return {};
    at = arguments.size() - 1;
  }
  return words_for(arguments[at].word, before, current, lookup);
}

// "--from=al": the values, each with its option before it.
Candidates attached_words(const Before& before, const std::string& current, Lookup& lookup) {
  const size_t equals = current.find('=');
  const std::string name = current.substr(0, equals);
  const Option* const option = find_option(before.command, name);
  if (option == nullptr || option->value.empty()) return {};
  Candidates found = words_for(option->word, before, current.substr(equals + 1), lookup);
  for (Candidate& candidate : found)
    if (candidate.word != files_marker) candidate.word.insert(0, name + "=");
  return found;
}

Candidates all_words(const std::vector<Command>& commands, const Before& before,
                     const std::string& current, Lookup& lookup) {
  if (before.waiting != nullptr) return words_for(before.waiting->word, before, current, lookup);
  if (!before.options_ended && current.starts_with("--") && current.find('=') != std::string::npos)
    return attached_words(before, current, lookup);
  if (!before.options_ended && current.starts_with("-")) return option_words(before.command);
  if (before.command == nullptr) return command_words(commands, before.noun);
  return argument_words(before, current, lookup);
}

}  // namespace

Candidates completions(const std::vector<Command>& commands, const std::vector<std::string>& words,
                       Lookup& lookup) {
  const std::string current = words.empty() ? "" : words.back();
  Candidates found = all_words(commands, read_before(commands, words), current, lookup);
  std::erase_if(found, [&](const Candidate& candidate) {
    return candidate.word != files_marker && !candidate.word.starts_with(current);
  });
  return found;
}

}  // namespace commd::commctl
