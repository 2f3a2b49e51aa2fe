// A conversation with one person in a terminal, or line by line without one: what was said
// last, what comes, and what is typed. Main thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "clients/client/event_stream.h"
#include "clients/commctl/context.h"
#include "clients/commctl/keys.h"
#include "clients/commctl/line_editor.h"
#include "clients/commctl/screen.h"
#include "clients/commctl/terminal.h"
#include "commd/v1/message.pb.h"

namespace commd::commctl {

struct ChatOptions {
  std::string address;  // as typed
  std::string account;  // empty: the daemon chooses
  int32_t history = 20;
};

class Chat {
 public:
  // `signals` must be older than the first use of the client.
  Chat(Context& context, const SignalInbox& signals, ChatOptions options);

  // Until the person leaves. ok, or interrupted.
  client::ExitCode run();

 private:
  void pump();
  void take(const client::EventStream::Item& item);
  void catch_up();
  void show(const v1::Message& message);
  void show_state(const v1::Message& message);

  void obey_signals();
  void suspend();
  void read_input();
  void obey(const Key& key);
  void enter(const std::string& line);
  void send(const std::string& text);

  void print(const Line& line);
  void tell(const Line& line);
  void redraw();
  Line status() const;

  Context& context_;
  const SignalInbox& signals_;
  ChatOptions options_;
  client::EventStream events_;
  // Shown already, and how far each has come.
  std::map<std::string, v1::Message::State> shown_;
  std::string last_own_;  // id
  bool synced_ = false;
  bool lost_ = false;
  std::optional<client::ExitCode> leaving_;
  std::string message_;  // what went wrong last
  std::string rest_;     // of the input without a terminal: a line that is not whole yet
  LineEditor editor_;
  KeyReader keys_;
  std::unique_ptr<TerminalMode> mode_;  // with a screen only
  std::unique_ptr<Screen> screen_;
};

}  // namespace commd::commctl
