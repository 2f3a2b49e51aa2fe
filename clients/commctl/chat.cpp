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
#include "clients/commctl/request_id.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

using client::ClientError;
using client::EventStream;
using client::ExitCode;

constexpr std::chrono::seconds patience_of_verbs(5);  // typing waits no longer for the daemon
constexpr size_t most_bytes = 64 << 10;               // of a message, as the daemon takes it

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
    redraw();
    // Nothing is sent before the stream tells what becomes of it.
    wait_readable({events_.descriptor(), signals_.descriptor(), synced_ ? STDIN_FILENO : -1}, {});
    if (synced_) read_input();
  }
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
      if (item.response.event().has_message_changed())
        show(item.response.event().message_changed());
      return;
    case EventStream::Kind::lost:
      return;
  }
}

// Messages are in no snapshot. What an event tells of them once more is known by its id.
void Chat::catch_up() {
  v1::ListMessagesRequest request;
  request.set_address(options_.address);
  request.set_page_size(options_.history == 0 ? 1 : options_.history);
  const v1::ListMessagesResponse past = context_.client().list_messages(request);
  if (options_.history == 0) return;  // asked all the same: a wrong address is told at once
  for (int i = past.messages_size(); i-- > 0;) show(past.messages(i));
}

void Chat::show(const v1::Message& message) {
  if (!is_peer(options_.address, message.peer())) return;
  const auto known = shown_.find(message.id());
  if (known != shown_.end()) {
    if (std::exchange(known->second, message.state()) != message.state()) show_state(message);
    return;
  }
  shown_[message.id()] = message.state();
  const bool own = message.direction() == v1::Message::DIRECTION_OUTGOING;
  if (own) last_own_ = message.id();
  if (context_.out().json()) return context_.out().print(message);
  const size_t columns = screen_ ? screen_->columns() - 1 : unlimited;
  for (const Line& line : message_lines(message, timestamp_now(), columns)) print(line);
  if (own && message.state() == v1::Message::STATE_FAILED) print(failure_line(message));
  if (!own && screen_ && synced_) screen_->bell();
}

// Of a message of ours: the status line has the last one's, a failure always gets a line.
void Chat::show_state(const v1::Message& message) {
  if (context_.out().json()) return context_.out().print(message);
  if (message.state() == v1::Message::STATE_FAILED) return print(failure_line(message));
  if (!screen_)
    tell({{word_of(message.state()) + ": " + message.text().substr(0, message.text().find('\n'))}});
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
  }
}

void Chat::enter(const std::string& line) {
  if (line.empty()) return;
  const bool command = line[0] == '/' && !line.starts_with("/me ") && !line.starts_with("//");
  if (!command) return send(line.starts_with("//") ? line.substr(1) : line);
  if (line == "/quit" || line == "/q") {
    leaving_ = ExitCode::ok;
  } else if (line == "/help") {
    tell({{"/quit (or Ctrl-D) leaves, //text sends a text that begins with /. All else is sent."}});
  } else {
    message_ = line.substr(0, 20) + " is no command; /help lists them, //... sends it";
    if (!screen_) tell({{message_, Style::warning}});
  }
}

void Chat::send(const std::string& text) {
  v1::SendMessageRequest request;
  request.set_address(options_.address);
  request.set_account(options_.account);
  request.set_text(text);
  request.set_request_id(random_request_id());
  try {
    if (!client::is_utf8(text) || text.size() > most_bytes)
      throw ClientError(client::Code::invalid_argument, "",
                        "a message is text in UTF-8 of at most 64 KiB");
    show(context_.client().send_message(request));
    lost_ = false;
  } catch (const ClientError& error) {
    message_ = "not sent: " + error.message();
    if (!screen_) context_.out().complain(message_);
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
  const auto last = shown_.find(last_own_);
  if (last != shown_.end()) {
    const bool failed = last->second == v1::Message::STATE_FAILED;
    line.push_back({"  last message: " + word_of(last->second), failed ? Style::bad : Style::dim});
  }
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
