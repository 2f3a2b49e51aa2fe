// Words, settings, durations, keys and completion: nothing but UsageError comes out.
#include <cstdint>
#include <string>
#include <vector>

#include "clients/commctl/arguments.h"
#include "clients/commctl/commands.h"
#include "clients/commctl/complete.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/keys.h"
#include "clients/commctl/settings.h"

using namespace commd::commctl;  // NOLINT: one file, one purpose

namespace {

class NoLookup final : public Lookup {
 public:
  std::vector<Candidate> accounts() override { return {}; }
  std::vector<Candidate> contacts() override { return {}; }
  std::vector<Candidate> people() override { return {}; }
  std::vector<Candidate> rooms() override { return {}; }
  std::vector<Candidate> live_calls() override { return {}; }
  std::vector<Candidate> ended_calls() override { return {}; }
  std::vector<Candidate> captures() override { return {}; }
  std::vector<Candidate> playbacks() override { return {}; }
};

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == ' ') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<Command> commands = all_commands();
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> words = words_of(text);
  try {
    parse(commands, words);
  } catch (const UsageError&) {
  }
  commd::v1::AccountSettings settings;
  try {
    apply_setting(text, setting_keys(), settings);
  } catch (const UsageError&) {
  }
  parse_duration(text);
  NoLookup lookup;
  completions(commands, words, lookup);
  KeyReader reader;
  reader.take(text);
  return 0;
}
