// commd_fake SOCKET: a pretended daemon for tests of clients. Prints "ready", then
// what clients do; obeys lines on stdin until they end:
//   incoming ID ADDRESS [NAME]   somebody calls
//   end ID                       the far end hangs up, or gives up
//   answer ID                    another client answers
//   account ID STATE             with the number of the state
//   digit ID DIGIT               the far end presses one
//   message ADDRESS TEXT         somebody writes; \n is a line's end, \e an escape
//   cut | expire                 ends the watch streams; their tokens stay good | too old
#include <grpcpp/server_builder.h>

#include <cstdlib>
#include <iostream>
#include <sstream>

#include "tests/cli/fake_daemon/services.h"

namespace {

using commd::fake::State;
namespace v1 = commd::v1;

void incoming(State& state, const std::string& id, std::istringstream& words) {
  v1::Call call;
  std::string address;
  words >> address;
  std::getline(words >> std::ws, *call.mutable_remote()->mutable_display_name());
  call.set_id(id);
  call.set_account("alice@example.org");
  call.set_direction(v1::Call::DIRECTION_INCOMING);
  call.set_state(v1::Call::STATE_RINGING);
  call.mutable_remote()->set_address(address);
  *call.mutable_create_time() = commd::fake::now();
  state.put(call);
}

void write(commd::fake::MessageService& messages, const std::string& from,
           std::istringstream& words) {
  std::string typed;
  std::getline(words >> std::ws, typed);
  std::string text;
  for (size_t i = 0; i < typed.size(); ++i)
    if (typed[i] == '\\' && i + 1 < typed.size())
      text += typed[++i] == 'n' ? '\n' : '\x1b';
    else
      text += typed[i];
  messages.receive(from, text);
}

void obey(State& state, commd::fake::MessageService& messages, const std::string& line) {
  std::istringstream words(line);
  std::string verb;
  std::string id;
  words >> verb >> id;
  if (verb == "incoming") incoming(state, id, words);
  if (verb == "message") write(messages, id, words);
  if (verb == "correct") {
    std::string text;
    std::getline(words >> std::ws, text);
    messages.correct_last(id, text);
  }
  if (verb == "types" || verb == "rests") {
    v1::Event event;
    event.mutable_typing()->set_peer("xmpp:" + id);
    event.mutable_typing()->set_state(verb == "types" ? v1::Typing::STATE_COMPOSING
                                                      : v1::Typing::STATE_PAUSED);
    state.put_event(event);
  }
  if (verb == "answer") state.advance(id, v1::Call::STATE_ACTIVE);
  if (verb == "pause") state.pause(true);
  if (verb == "go_on") state.pause(false);
  if (verb == "cut") state.cut(false);
  if (verb == "expire") state.cut(true);
  if (verb == "end") state.end(id, v1::Call::END_REASON_HUNG_UP, 200, v1::Call::ENDED_BY_REMOTE);
  if (verb == "account") {
    int number = 0;
    words >> number;
    v1::Account account = state.account(id).value_or(v1::Account());
    account.set_id(id);
    account.set_address("sip:" + id);
    account.set_protocol(v1::Account::PROTOCOL_SIP);
    account.set_state(static_cast<v1::Account::State>(number));
    state.put(account);
  }
  if (verb == "digit") {
    v1::Event event;
    event.mutable_dtmf_received()->set_call(id);
    words >> *event.mutable_dtmf_received()->mutable_digit();
    state.put_event(event);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const std::string socket = arguments[1];
  State state;
  const auto system = commd::fake::make_system_service(state, socket);
  const auto accounts = commd::fake::make_account_service(state);
  const auto calls = commd::fake::make_call_service(state);
  const auto events = commd::fake::make_event_service(state);
  const auto devices = commd::fake::make_device_service();
  const auto messages = commd::fake::make_message_service(state);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
  builder.RegisterService(system.get());
  builder.RegisterService(accounts.get());
  builder.RegisterService(calls.get());
  builder.RegisterService(events.get());
  builder.RegisterService(devices.get());
  builder.RegisterService(messages.get());
  const auto server = builder.BuildAndStart();
  if (!server) return 1;
  std::cout << "ready" << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
    obey(state, *messages, line);
    std::cout << "done" << std::endl;
  }
  state.shut_down();
  server->Shutdown(std::chrono::system_clock::now());
  return 0;
}
