#include "clients/commctl/terminal.h"

#include <fcntl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "clients/client/error.h"
#include "clients/commctl/arguments.h"

namespace commd::commctl {
namespace {

// What a signal handler has to put back: there is no other way to hand it over.
struct Saved {
  std::atomic<int> descriptor{-1};
  termios mode{};
  std::atomic<int> no_cursor{-1};  // the terminal whose cursor is hidden
};
Saved saved;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

// Async-signal-safe.
void restore() {
  const int descriptor = saved.descriptor.exchange(-1);
  if (descriptor >= 0) ::tcsetattr(descriptor, TCSANOW, &saved.mode);
  const int screen = saved.no_cursor.exchange(-1);
  constexpr std::string_view show = "\x1b[?25h";
  if (screen >= 0) [[maybe_unused]]
    const auto shown = ::write(screen, show.data(), show.size());
}

extern "C" void die_restored(int number) {
  restore();
  if (number == SIGINT) ::_exit(static_cast<int>(client::ExitCode::interrupted));
  ::raise(number);  // SA_RESETHAND: now by the default action
}

sigset_t mask_of(std::initializer_list<int> signals) {
  sigset_t set{};
  sigemptyset(&set);
  for (const int number : signals) sigaddset(&set, number);
  return set;
}

// Up to `limit` bytes, or to the end of the file.
std::optional<std::string> read_some(int descriptor, size_t limit) {
  std::string text;
  std::array<char, 512> buffer{};
  while (text.size() <= limit) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    text.append(buffer.data(), static_cast<size_t>(got));
  }
  return text;
}

constexpr size_t longest_password = 4096;

}  // namespace

void fill_standard_descriptors() {
  for (int number = 0; number <= 2; ++number) {
    if (::fcntl(number, F_GETFD) != -1 || errno != EBADF) continue;
    // It becomes the lowest free number, which is this one.
    if (::open("/dev/null", number == STDOUT_FILENO ? O_RDONLY : O_WRONLY) != number) ::_exit(1);
  }
}

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = die_restored;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE})
    ::sigaction(number, &action, nullptr);
}

TerminalMode::TerminalMode(int descriptor, Input input) {
  termios mode{};
  if (::tcgetattr(descriptor, &mode) != 0) return;
  saved.mode = mode;
  saved.descriptor = descriptor;
  mode.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  if (input == Input::keys) {
    mode.c_lflag &= ~static_cast<tcflag_t>(ICANON);
    // Ctrl-C and Ctrl-Z are not to throw away what is drawn and not shown yet.
    mode.c_lflag |= NOFLSH;
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
  }
  ::tcsetattr(descriptor, input == Input::keys ? TCSANOW : TCSAFLUSH, &mode);
}

TerminalMode::~TerminalMode() { restore(); }

void TerminalMode::set_cursor(int descriptor, Cursor cursor) {
  const bool hidden = saved.no_cursor.load() >= 0;
  if (hidden == (cursor == Cursor::hidden)) return;
  // Remembered first and forgotten last: a signal between may show it in vain.
  if (!hidden) saved.no_cursor = descriptor;
  const std::string_view sequence = hidden ? "\x1b[?25h" : "\x1b[?25l";
  [[maybe_unused]] const auto done = ::write(descriptor, sequence.data(), sequence.size());
  if (hidden) saved.no_cursor = -1;
}

SignalInbox::SignalInbox() {
  const sigset_t wanted = mask_of({SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP});
  ::sigprocmask(SIG_BLOCK, &wanted, &before_);
  descriptor_ = client::Descriptor(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &pipe_before_);
}

SignalInbox::~SignalInbox() {
  ::sigaction(SIGPIPE, &pipe_before_, nullptr);
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> SignalInbox::next() const {
  signalfd_siginfo info{};
  if (::read(descriptor_.number(), &info, sizeof info) != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

bool wait_readable(const std::vector<int>& descriptors, Deadline deadline) {
  std::vector<pollfd> set;
  for (const int descriptor : descriptors)
    if (descriptor >= 0) set.push_back({descriptor, POLLIN, 0});
  while (true) {
    int wait = -1;
    if (deadline) {
      const auto left = *deadline - std::chrono::steady_clock::now();
      const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
      wait = static_cast<int>(std::clamp<int64_t>(ms, 0, 3'600'000));
    }
    const int ready = ::poll(set.data(), set.size(), wait);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "poll");
    if (deadline && std::chrono::steady_clock::now() >= *deadline) return false;
  }
}

Deadline earlier(Deadline a, Deadline b) {
  if (!a) return b;
  return b && *b < *a ? b : a;
}

std::optional<std::string> ask_password(const std::string& prompt) {
  const client::Descriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal) return std::nullopt;
  const auto show = [&](const std::string& text) {
    [[maybe_unused]] const auto shown = ::write(terminal.number(), text.data(), text.size());
  };
  std::string password;
  {
    // First, for it drops what was typed too early: nothing typed at the prompt is lost.
    const TerminalMode unseen(terminal.number(), TerminalMode::Input::lines_unseen);
    show(prompt);
    std::array<char, longest_password> line{};
    const ssize_t got = ::read(terminal.number(), line.data(), line.size());
    show("\n");
    if (got <= 0) return std::nullopt;
    password.assign(line.data(), static_cast<size_t>(got));
    explicit_bzero(line.data(), line.size());
  }
  while (password.ends_with('\n') || password.ends_with('\r')) password.pop_back();
  return password;
}

std::string read_password(const std::string& path) {
  client::Descriptor file(path == "-" ? ::dup(STDIN_FILENO)
                                      : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto text = file ? read_some(file.number(), longest_password) : std::nullopt;
  if (!text)
    throw UsageError("cannot read the password from " + (path == "-" ? "stdin" : path) + ": " +
                     std::generic_category().message(errno));
  if (text->size() > longest_password) throw UsageError("the password in " + path + " is too long");
  std::string password = *text;
  if (password.ends_with('\n')) password.pop_back();
  if (password.ends_with('\r')) password.pop_back();
  if (password.find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos)
    throw UsageError("the password in " + path + " has more than one line");
  return password;
}

}  // namespace commd::commctl
