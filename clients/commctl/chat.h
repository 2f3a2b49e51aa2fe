// A conversation with one person or a room in a terminal, or line by line without one: what was
// said last, what comes, and what is typed. Main thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "clients/client/event_stream.h"
#include "clients/commctl/chat_memory.h"
#include "clients/commctl/context.h"
#include "clients/commctl/keys.h"
#include "clients/commctl/line_editor.h"
#include "clients/commctl/screen.h"
#include "clients/commctl/terminal.h"
#include "commd/v1/file.pb.h"
#include "commd/v1/message.pb.h"
#include "commd/v1/room.pb.h"

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
  void take(const v1::Event& event);
  void catch_up();
  void show(const v1::Message& message);
  void show(const v1::FileTransfer& file);
  void show_change(const v1::Message& before, const v1::Message& message);
  void show_text(const v1::Message& message);
  void mark_read();

  // Of a room (chat_room.cpp).
  bool concerns(const std::string& peer) const;
  bool in_room() const;
  void take_room(const v1::Room& room);
  void take_occupant(const v1::OccupantChanged& change);
  bool room_command(const std::string& word, const std::string& rest);
  void show_members();
  void show_room_status(Line& line) const;

  void obey_signals();
  void suspend();
  void read_input();
  void obey(const Key& key);
  void enter(const std::string& line);
  void send(const std::string& text);
  void send_file(const std::string& path);
  void get_file(const std::string& to);
  void command(const std::string& line);
  // Runs what may be refused; what went wrong is said.
  void attempt(const std::string& what, const std::function<void()>& task);
  void amend(const std::string& what, const std::string& id, const std::function<void()>& task);
  void tell_typing(v1::Typing::State state);
  void follow_typing();

  void print(const Line& line);
  void tell(const Line& line);
  void redraw();
  Line status() const;

  Context& context_;
  const SignalInbox& signals_;
  ChatOptions options_;
  client::EventStream events_;
  ChatMemory memory_;
  std::optional<v1::Room> room_;  // as it is, where it is one
  std::map<std::string, v1::FileTransfer::State> files_;
  v1::Typing::State told_ = v1::Typing::STATE_STOPPED;  // of what is typed here
  Deadline rests_at_;
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
