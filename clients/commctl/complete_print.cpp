// The part of completion that asks the daemon and prints.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <string_view>

#include "clients/client/client.h"
#include "clients/client/escape.h"
#include "clients/client/socket.h"
#include "clients/commctl/complete.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

using client::Client;
using client::ClientError;

// A person who pressed Tab does not wait for a daemon that is stuck.
constexpr std::chrono::milliseconds patience(500);

class DaemonLookup final : public Lookup {
 public:
  explicit DaemonLookup(const std::string& socket) : socket_(socket) {}

  std::vector<Candidate> accounts() override {
    return ask([](const Client& client) {
      std::vector<Candidate> found;
      const auto response = client.list_accounts();
      for (const auto& account : response.accounts())
        found.push_back({account.id(), word_of(account.state())});
      return found;
    });
  }
  std::vector<Candidate> contacts() override {
    return ask([](const Client& client) {
      std::vector<Candidate> found;
      const auto response = client.list_contacts({});
      for (const auto& contact : response.contacts())
        found.push_back({contact.address(), contact.name()});
      return found;
    });
  }
  std::vector<Candidate> people() override {
    return ask([](const Client& client) {
      std::vector<Candidate> found;
      v1::ListPeopleRequest request;
      request.set_page_size(1000);
      const auto response = client.list_people(request);
      for (const auto& person : response.people()) found.push_back({person.name(), ""});
      return found;
    });
  }
  std::vector<Candidate> rooms() override {
    return ask([](const Client& client) {
      std::vector<Candidate> found;
      const auto response = client.list_rooms({});
      for (const auto& room : response.rooms()) found.push_back({room.address(), room.name()});
      return found;
    });
  }
  std::vector<Candidate> live_calls() override { return calls(false, 100); }
  std::vector<Candidate> ended_calls() override { return calls(true, 20); }
  std::vector<Candidate> captures() override { return devices(v1::Device::KIND_CAPTURE); }
  std::vector<Candidate> playbacks() override { return devices(v1::Device::KIND_PLAYBACK); }

 private:
  template <class Question>
  std::vector<Candidate> ask(Question question) const {
    try {
      Client client(client::socket_path(socket_, client::Environment::of_process()));
      client.set_timeout(patience);
      return question(client);
    } catch (const ClientError&) {
      return {};  // nothing to offer is no error here
    }
  }

  std::vector<Candidate> calls(bool ended, int limit) const {
    v1::ListCallsRequest request;
    request.set_ended(ended);
    if (ended) request.set_page_size(limit);
    return ask([&](const Client& client) {
      std::vector<Candidate> found;
      const auto response = client.list_calls(request);
      for (const auto& call : response.calls())
        found.push_back({call.id(), word_of(call.state()) + " " + party_text(call.remote())});
      return found;
    });
  }

  std::vector<Candidate> devices(v1::Device::Kind kind) const {
    return ask([&](const Client& client) {
      std::vector<Candidate> found;
      const auto response = client.list_devices();
      for (const auto& device : response.devices())
        if (device.kind() == kind) found.push_back({"pulse:" + device.id(), device.description()});
      return found;
    });
  }

  std::string socket_;
};

// --socket of the line that is being typed.
std::string socket_of(const std::vector<std::string>& words) {
  constexpr std::string_view option = "--socket";
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == option) return words[i + 1];
    if (words[i].starts_with("--socket=")) return words[i].substr(option.size() + 1);
  }
  return {};
}

}  // namespace

// bash puts what it completes into the line as it is. Who asks to be a contact, for example,
// chooses his own name: nothing of it may mean something to a shell.
bool is_harmless(const std::string& word) {
  return std::all_of(word.begin(), word.end(), [](unsigned char c) {
    constexpr std::string_view plain = "._@:/+=%,-";
    return c >= 0x80 || std::isalnum(c) != 0 || plain.find(static_cast<char>(c)) != plain.npos;
  });
}

int print_completions(const std::vector<Command>& commands, const std::vector<std::string>& words) {
  DaemonLookup lookup(socket_of(words));
  for (const Candidate& candidate : completions(commands, words, lookup)) {
    if (!is_harmless(candidate.word)) continue;
    std::string line = client::escape_line(candidate.word);
    if (!candidate.what.empty()) line += "\t" + client::escape_line(candidate.what);
    line += "\n";
    std::fwrite(line.data(), 1, line.size(), stdout);
  }
  return 0;
}

}  // namespace commd::commctl
