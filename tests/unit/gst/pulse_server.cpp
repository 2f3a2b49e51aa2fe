#include "tests/unit/gst/pulse_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <stdexcept>

#include "daemon/base/unique_fd.h"

extern char** environ;

namespace commd::gst {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// A child that ends with us. Its output goes to `output`.
pid_t spawn(std::vector<std::string> command, std::vector<std::string> environment, int output) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    // The machine's own sound server is none of our business.
    if (!text.starts_with("PULSE_") && !text.starts_with("XDG_") && !text.starts_with("HOME=") &&
        !text.starts_with("DBUS_") && !text.starts_with("LD_PRELOAD="))
      environment.push_back(text);
  }
  const auto arguments = pointers(command);
  const auto variables = pointers(environment);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execvpe(arguments[0], arguments.data(), variables.data());
  ::_exit(127);
}

// Where a server says that it is ready (sd_notify): its socket is there before it listens.
base::UniqueFd open_notify_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  std::filesystem::remove(path);
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot bind " + path);
  return fd;
}

void wait_until_ready(int notify) {
  pollfd readable{notify, POLLIN, 0};
  for (std::string said; said.find("READY=1") == std::string::npos;) {
    if (::poll(&readable, 1, 20'000) <= 0) throw std::runtime_error("pulseaudio is not ready");
    std::array<char, 256> part{};
    const ssize_t size = ::recv(notify, part.data(), part.size(), 0);
    if (size > 0) said.assign(part.data(), static_cast<size_t>(size));
  }
}

}  // namespace

std::string run_program(const std::vector<std::string>& command,
                        const std::vector<std::string>& environment) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  base::UniqueFd read_end(ends[0]);
  base::UniqueFd write_end(ends[1]);
  const pid_t pid = spawn(command, environment, write_end.get());
  write_end.reset();
  std::string output;
  std::array<char, 4096> part{};
  for (ssize_t size = 0; (size = ::read(read_end.get(), part.data(), part.size())) > 0;)
    output.append(part.data(), static_cast<size_t>(size));
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (status != 0) throw std::runtime_error(command[0] + " failed: " + output);
  return output;
}

PulseServer::PulseServer() {
  for (const char* name : {"run", "home"}) std::filesystem::create_directory(folder_ / name);
  start();
}

PulseServer::~PulseServer() { end(SIGKILL); }

void PulseServer::start() {
  const base::UniqueFd log(
      ::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  std::filesystem::remove(socket());
  const std::string notify = (folder_ / "run" / "notify").string();
  const base::UniqueFd ready = open_notify_socket(notify);
  const auto mono = [](const std::string& name) {
    return "module-null-sink sink_name=" + name +
           " rate=48000 channels=1 sink_properties=device.description=" + name;
  };
  pid_ = spawn(
      {"pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
       "--high-priority=no", "--disable-shm=yes", "-L", mono("speakers"), "-L", mono("room"), "-L",
       "module-remap-source source_name=mic master=room.monitor "
       "source_properties=device.description=Microphone",
       "-L", "module-native-protocol-unix auth-anonymous=1 socket=" + socket()},
      {"HOME=" + (folder_ / "home").string(), "XDG_RUNTIME_DIR=" + (folder_ / "run").string(),
       "NOTIFY_SOCKET=" + notify},
      log.get());
  wait_until_ready(ready.get());
  pactl({"set-default-sink", "speakers"});
  pactl({"set-default-source", "mic"});
}

void PulseServer::end(int signal) {
  if (pid_ <= 0) return;
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void PulseServer::kill() { end(SIGKILL); }
void PulseServer::stop() { end(SIGTERM); }
void PulseServer::freeze() { ::kill(pid_, SIGSTOP); }
void PulseServer::thaw() { ::kill(pid_, SIGCONT); }

std::string PulseServer::pactl(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command = {"pactl"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(
      command, {"PULSE_SERVER=" + address(), "HOME=" + (folder_ / "home").string(), "LC_ALL=C"});
}

}  // namespace commd::gst
