#include "clients/commctl/chat.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "clients/client/escape.h"
#include "clients/commctl/chat_lines.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/file_text.h"
#include "clients/commctl/message_words.h"
#include "clients/commctl/request_id.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

using client::ClientError;
using client::EventStream;
using client::ExitCode;

constexpr std::chrono::seconds patience_of_verbs(5);  // typing waits no longer for the daemon
constexpr size_t most_bytes = 64 << 10;               // of a message, as the daemon takes it
constexpr std::chrono::seconds rest_after(10);        // without a key who types has paused

constexpr const char* commands_text =
    "/correct TEXT and /retract change your last message, /react EMOJI answers theirs, /send PATH "
    "sends a file, /get [PATH] fetches their last one, /quit (or Ctrl-D) leaves, //text sends a "
    "text that begins with /. All else is sent.";

constexpr const char* room_commands_text =
    "/nick NICK, /topic TEXT, /invite ADDRESS and /members are for rooms.";

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

Chat::Chat(Context& context, const SignalInbox& signals, ChatOptions options)
    : context_(context),
      signals_(signals),
      options_(std::move(options)),
      events_(context.client()),
      editor_(most_bytes) {
  context_.client().set_timeout(context.timeout().value_or(patience_of_verbs));
  if (!has_screen(context.out())) return;
  mode_ = std::make_unique<TerminalMode>(STDIN_FILENO, TerminalMode::Input::keys);
  screen_ = std::make_unique<Screen>(STDERR_FILENO, context.out().stderr_colour());
}

ExitCode Chat::run() {
  while (true) {
    pump();
    obey_signals();
    if (leaving_) break;
    mark_read();
    redraw();
    // Nothing is sent before the stream tells what becomes of it.
    wait_readable({events_.descriptor(), signals_.descriptor(), synced_ ? STDIN_FILENO : -1},
                  rests_at_);
    if (synced_) read_input();
    follow_typing();
  }
  tell_typing(v1::Typing::STATE_STOPPED);
  if (screen_) screen_->erase();
  return *leaving_;
}

// ---- what comes -------------------------------------------------------------------

void Chat::pump() {
  while (const auto item = events_.next()) take(*item);
}

void Chat::take(const EventStream::Item& item) {
  if (item.kind == EventStream::Kind::lost) {
    if (!std::exchange(lost_, true))
      tell({{"Connection to the daemon lost, trying again.", Style::warning}});
    return;
  }
  lost_ = false;
  switch (item.kind) {
    case EventStream::Kind::snapshot:
      synced_ = false;
      return;
    case EventStream::Kind::checkpoint:
      if (!synced_) catch_up();
      synced_ = true;
      return;
    case EventStream::Kind::event:
      if (item.response.event().has_file_changed() && !item.in_snapshot)
        show(item.response.event().file_changed());
      return take(item.response.event());
    case EventStream::Kind::lost:
      return;
  }
}

void Chat::take(const v1::Event& event) {
  if (event.has_message_changed()) show(event.message_changed());
  if (event.has_room_changed()) take_room(event.room_changed());
  if (event.has_occupant_changed()) take_occupant(event.occupant_changed());
  if (event.has_typing() && concerns(event.typing().peer())) memory_.take(event.typing());
}

// Messages are in no snapshot. What an event tells of them once more is known by its id.
void Chat::catch_up() {
  v1::ListMessagesRequest request;
  request.set_address(options_.address);
  request.set_page_size(options_.history == 0 ? 1 : options_.history);
  const v1::ListMessagesResponse past = context_.client().list_messages(request);
  // A name of the address book: the daemon knows whose.
  if (!past.peer().empty() && !is_peer(options_.address, past.peer()))
    options_.address = past.peer();
  if (options_.history == 0) return;  // asked all the same: a wrong address is told at once
  for (int i = past.messages_size(); i-- > 0;) show(past.messages(i));
}

void Chat::show(const v1::Message& message) {
  if (!concerns(message.peer())) return;
  if (const auto before = memory_.take(message)) return show_change(*before, message);
  const bool own = message.direction() == v1::Message::DIRECTION_OUTGOING;
  if (context_.out().json()) return context_.out().print(message);
  // A room is talkative: only what is said to this person rings.
  if (!own && screen_ && synced_ && (!in_room() || message.mentioned())) screen_->bell();
  show_text(message);
  if (own && message.state() == v1::Message::STATE_FAILED) print(failure_line(message));
}

void Chat::show_text(const v1::Message& message) {
  v1::Message shown = message;
  shown.set_text(shown_text(message));
  const size_t columns = screen_ ? screen_->columns() - 1 : unlimited;
  for (const Line& line : message_lines(shown, timestamp_now(), columns)) print(line);
}

// Of a message of ours the status line has the last one's state; a failure always gets a line.
void Chat::show_change(const v1::Message& before, const v1::Message& message) {
  const bool further = before.state() != message.state();
  const bool reworded = shown_text(before) != shown_text(message);
  const bool answered = reactions_text(before) != reactions_text(message);
  if (!further && !reworded && !answered) return;
  if (context_.out().json()) return context_.out().print(message);
  if (reworded) show_text(message);
  if (answered && !reactions_text(message).empty())
    print(
        {{reactions_text(message), Style::bold}, {": " + first_line(message.text()), Style::dim}});
  if (!further) return;
  if (message.state() == v1::Message::STATE_FAILED) return print(failure_line(message));
  if (!screen_ && message.direction() == v1::Message::DIRECTION_OUTGOING)
    tell({{word_of(message.state()) + ": " + first_line(message.text())}});
}

// Only a terminal has somebody before it who reads.
void Chat::mark_read() {
  if (!screen_ || !synced_ || !memory_.has_unread()) return;
  const std::string id = memory_.take_unread();
  attempt("not marked as read", [&] { context_.client().mark_read(id); });
}

// ---- what is typed ----------------------------------------------------------------

void Chat::obey_signals() {
  while (const auto number = signals_.next()) {
    if (*number == SIGTSTP) {
      suspend();
    } else if (*number != SIGWINCH) {  // for that, drawing again is all there is to do
      leaving_ = ExitCode::interrupted;
    }
  }
}

void Chat::suspend() {
  if (screen_) screen_->erase();
  mode_.reset();
  ::raise(SIGSTOP);
  if (screen_) mode_ = std::make_unique<TerminalMode>(STDIN_FILENO, TerminalMode::Input::keys);
}

void Chat::read_input() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, 0) <= 0) return;
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  const std::string_view bytes(buffer.data(), got > 0 ? static_cast<size_t>(got) : 0);
  if (screen_) {
    if (got <= 0) leaving_ = ExitCode::interrupted;  // the terminal is gone
    for (const Key& key : keys_.take(bytes))
      if (!leaving_) obey(key);
    return;
  }
  rest_ += bytes;
  for (size_t end = rest_.find('\n'); end != std::string::npos && !leaving_;
       end = rest_.find('\n')) {
    enter(rest_.substr(0, end));
    rest_.erase(0, end + 1);
  }
  if (got > 0 || leaving_) return;
  if (!rest_.empty()) enter(std::exchange(rest_, {}));
  if (!leaving_) leaving_ = message_.empty() ? ExitCode::ok : ExitCode::failed;
}

void Chat::obey(const Key& key) {
  message_.clear();
  if (key.kind == Key::Kind::end_of_input && editor_.empty()) {
    leaving_ = ExitCode::ok;
  } else if (key.kind == Key::Kind::enter) {
    enter(editor_.take());
  } else {
    editor_.press(key);
    if (editor_.empty() || editor_.text().starts_with('/')) return;
    rests_at_ = std::chrono::steady_clock::now() + rest_after;
    tell_typing(v1::Typing::STATE_COMPOSING);
  }
}

void Chat::enter(const std::string& line) {
  if (line.empty()) return;
  const bool is_command = line[0] == '/' && !line.starts_with("/me ") && !line.starts_with("//");
  if (is_command) return command(line);
  send(line.starts_with("//") ? line.substr(1) : line);
}

void Chat::command(const std::string& line) {
  const size_t blank = line.find(' ');
  const std::string word = line.substr(0, blank);
  const std::string rest = blank == std::string::npos ? "" : line.substr(blank + 1);
  if (word == "/quit" || word == "/q") {
    leaving_ = ExitCode::ok;
  } else if (word == "/help") {
    tell({{commands_text}});
    if (in_room()) tell({{room_commands_text}});
  } else if (word == "/correct" && !rest.empty()) {
    amend("not corrected", memory_.last_own(), [&] {
      v1::CorrectMessageRequest request;
      request.set_id(memory_.last_own());
      request.set_text(rest);
      show(context_.client().correct_message(request));
    });
  } else if (word == "/send" && !rest.empty()) {
    send_file(rest);
  } else if (word == "/get") {
    get_file(rest);
  } else if (word == "/retract") {
    amend("not taken back", memory_.last_own(),
          [&] { show(context_.client().retract_message(memory_.last_own())); });
  } else if (word == "/react") {
    amend("not told", memory_.last_theirs(), [&] {
      v1::ReactToMessageRequest request;
      request.set_id(memory_.last_theirs());
      if (!rest.empty()) request.add_emojis(rest);
      show(context_.client().react_to_message(request));
    });
  } else if (!room_command(word, rest)) {
    message_ = line.substr(0, 20) + " is no command; /help lists them, //... sends it";
    if (!screen_) tell({{message_, Style::warning}});
  }
}

void Chat::amend(const std::string& what, const std::string& id,
                 const std::function<void()>& task) {
  attempt(what, [&] {
    if (id.empty())
      throw ClientError(client::Code::failed_precondition, "", "there is no message yet");
    task();
  });
}

void Chat::send(const std::string& text) {
  v1::SendMessageRequest request;
  request.set_address(options_.address);
  request.set_account(options_.account);
  request.set_text(text);
  request.set_request_id(random_request_id());
  attempt("not sent", [&] {
    if (!client::is_utf8(text) || text.size() > most_bytes)
      throw ClientError(client::Code::invalid_argument, "",
                        "a message is text in UTF-8 of at most 64 KiB");
    show(context_.client().send_message(request));
  });
  // The message itself says that the typing is over.
  told_ = v1::Typing::STATE_STOPPED;
}

void Chat::attempt(const std::string& what, const std::function<void()>& task) {
  try {
    task();
    lost_ = false;
  } catch (const ClientError& error) {
    message_ = what + ": " + error.message();
    if (!screen_) context_.out().complain(message_);
  }
}
void Chat::send_file(const std::string& path) {
  v1::SendFileRequest request;
  request.set_address(options_.address);
  request.set_account(options_.account);
  request.set_path(absolute_path(path));
  request.set_request_id(random_request_id());
  attempt("not sent", [&] { show(context_.client().send_file(request)); });
}

// The last file that came.
void Chat::get_file(const std::string& to) {
  attempt("not fetched", [&] {
    if (memory_.last_file().empty())
      throw ClientError(client::Code::failed_precondition, "", "there is no file yet");
    v1::ReceiveFileRequest request;
    request.set_message(memory_.last_file());
    if (!to.empty()) request.set_path(absolute_path(to));
    show(context_.client().receive_file(request));
  });
}

// Its changes of state; of progress the status line tells.
void Chat::show(const v1::FileTransfer& file) {
  if (!is_peer(options_.address, file.peer())) return;
  const auto [known, fresh] = files_.try_emplace(file.id(), file.state());
  if (!fresh && std::exchange(known->second, file.state()) == file.state()) return;
  if (context_.out().json()) return context_.out().print(file);
  if (file.state() == v1::FileTransfer::STATE_WAITING) return;  // mostly for a moment
  tell(transfer_line(file));
  if (file.state() == v1::FileTransfer::STATE_OFFERED)
    tell({{"to take it: commctl file accept " + file.id().substr(0, 8), Style::dim}});
  if (file.state() == v1::FileTransfer::STATE_DONE &&
      file.direction() == v1::FileTransfer::DIRECTION_INCOMING)
    tell({{"it is " + file.path(), Style::dim}});
}

// ---- typing -------------------------------------------------------------------------

void Chat::follow_typing() {
  if (!screen_) return;
  if (editor_.empty() || leaving_) {
    rests_at_.reset();
    return tell_typing(v1::Typing::STATE_STOPPED);
  }
  if (rests_at_ && std::chrono::steady_clock::now() >= *rests_at_) {
    rests_at_.reset();
    tell_typing(v1::Typing::STATE_PAUSED);
  }
}

// Told or not: nobody waits for it.
void Chat::tell_typing(v1::Typing::State state) {
  if (!screen_ || in_room() || std::exchange(told_, state) == state) return;
  v1::SetTypingRequest request;
  request.set_address(options_.address);
  request.set_account(options_.account);
  request.set_state(state);
  try {
    context_.client().set_typing(request);
  } catch (const ClientError&) {
  }
}

// ---- looks --------------------------------------------------------------------------

// A line of the conversation.
void Chat::print(const Line& line) {
  if (screen_) {
    screen_->note(line);
  } else {
    context_.out().print(line);
  }
}

void Chat::tell(const Line& line) {
  if (screen_) {
    screen_->note(line);
  } else {
    context_.out().say(line);
  }
}

Line Chat::status() const {
  if (!message_.empty()) return {{message_, Style::warning}};
  if (!synced_) return {{"Asking the daemon ...", Style::dim}};
  Line line = {{options_.address, Style::bold}};
  show_room_status(line);
  if (memory_.they_type()) line.push_back({" is typing"});
  if (const auto state = memory_.state_of_last_own())
    line.push_back({"  last message: " + word_of(*state),
                    *state == v1::Message::STATE_FAILED ? Style::bad : Style::dim});
  if (lost_) line.push_back({"  no connection to the daemon", Style::warning});
  line.push_back({"  /help", Style::dim});
  return line;
}

void Chat::redraw() {
  if (!screen_) return;
  const LineEditor::Shown typed = editor_.shown(screen_->columns() - 3);
  screen_->draw({status(), {{"> ", Style::dim}, {typed.text}}}, typed.cursor + 2);
}

}  // namespace commd::commctl
