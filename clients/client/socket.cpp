#include "clients/client/socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "clients/client/descriptor.h"

namespace commd::client {
namespace {

namespace fs = std::filesystem;

// The XDG specification: a relative path is ignored.
fs::path absolute_variable(const Environment& environment, const char* name) {
  const fs::path path = environment.variable(name);
  return path.is_absolute() ? path : fs::path();
}

bool is_folder_of(const fs::path& path, unsigned user) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == user;
}

fs::path default_socket(const Environment& environment) {
  const fs::path runtime = absolute_variable(environment, "XDG_RUNTIME_DIR");
  if (!runtime.empty()) return runtime / "commd/commd.sock";
  const fs::path by_user = fs::path(environment.run_user) / std::to_string(environment.user);
  if (is_folder_of(by_user, environment.user)) return by_user / "commd/commd.sock";
  fs::path state = absolute_variable(environment, "XDG_STATE_HOME");
  if (state.empty()) state = absolute_variable(environment, "HOME") / ".local/state";
  return state / "commd/run/commd.sock";
}

int try_to_connect(const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket.data(),
              std::min(socket.size(), sizeof address.sun_path - 1));
  const Descriptor descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!descriptor) return errno;
  const int result =
      ::connect(descriptor.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return result == 0 ? 0 : errno;
}

constexpr const char* how_to_start =
    "\nStart it with \"systemctl --user start commd\", or by \"commd\" in another terminal.";

}  // namespace

Environment Environment::of_process() {
  Environment environment;
  environment.variable = [](const char* name) -> std::string {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before threads
    return value != nullptr ? value : "";
  };
  environment.user = ::geteuid();
  return environment;
}

std::string socket_path(const std::string& chosen, const Environment& environment) {
  fs::path path =
      chosen.empty() ? fs::path(environment.variable("COMMD_SOCKET")) : fs::path(chosen);
  path = path.empty() ? default_socket(environment) : fs::absolute(path);
  const std::string text = path.lexically_normal();
  if (text.size() >= sizeof(sockaddr_un::sun_path)) {
    throw ClientError(Code::invalid_argument, "",
                      "the path of the socket is too long (" + std::to_string(text.size()) +
                          " bytes, at most " + std::to_string(sizeof(sockaddr_un::sun_path) - 1) +
                          "): " + text);
  }
  return text;
}

ClientError unreachable_error(const std::string& socket, const std::string& told) {
  const int error = try_to_connect(socket);
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return ClientError(Code::unavailable, "",
                         "the daemon is not running: there is no socket " + socket + how_to_start);
    case ECONNREFUSED:
    case ENOTSOCK:
      return ClientError(Code::unavailable, "",
                         "the daemon is not running: nobody listens on " + socket + how_to_start);
    case EACCES:
    case EPERM:
      return ClientError(Code::permission_denied, "",
                         "you may not use the daemon of " + socket +
                             ": it belongs to another user, or to a group you are not in");
    case 0:
      return ClientError(Code::unavailable, "",
                         "the daemon on " + socket + " closed the connection (" + told + ")");
    default:
      return ClientError(
          Code::unavailable, "",
          "cannot reach the daemon on " + socket + ": " + std::generic_category().message(error));
  }
}

}  // namespace commd::client
