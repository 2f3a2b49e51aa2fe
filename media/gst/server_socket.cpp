#include "media/gst/server_socket.h"

#include <glib-unix.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

namespace commd::gst {
namespace {

constexpr uint32_t wanted_events = IN_CREATE | IN_MOVED_TO | IN_ATTRIB;

std::string environment(const char* name) {
  const char* value = g_getenv(name);
  return value == nullptr ? "" : value;
}

namespace fs = std::filesystem;

bool present(const fs::path& path) {
  std::error_code failed;
  return fs::exists(path, failed) || failed;
}

// A line that says where the server is; one that cannot be read might.
bool names_a_server(const fs::path& path) {
  if (!present(path)) return false;
  std::ifstream file(path);
  if (!file) return true;
  for (std::string line; std::getline(file, line);) {
    const std::string_view text =
        std::string_view(line).substr(std::min(line.find_first_not_of(" \t"), line.size()));
    if (text.starts_with("default-server") || text.starts_with("auto-connect") ||
        text.starts_with(".include"))
      return true;
  }
  return false;
}

// pulse-client.conf(5). The person's own files are few: that they are there is enough.
bool client_conf_names_a_server() {
  for (const char* name : {"PULSE_CLIENTCONFIG", "PULSE_CONFIG_PATH"})
    if (!environment(name).empty()) return true;
  const std::string home = environment("HOME");
  const std::string own = environment("XDG_CONFIG_HOME");
  for (const fs::path& folder : {fs::path(home) / ".pulse", fs::path(home) / ".config/pulse",
                                 fs::path(own.empty() ? home + "/.config" : own) / "pulse"})
    if (present(folder / "client.conf") || present(folder / "client.conf.d")) return true;
  if (names_a_server("/etc/pulse/client.conf")) return true;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/etc/pulse/client.conf.d", none))
    if (names_a_server(entry.path())) return true;
  return false;
}

}  // namespace

bool may_have_server(const std::string& server) {
  const auto path = server_socket(server);
  if (!path || present(*path)) return true;
  if (!server.empty() || !environment("PULSE_SERVER").empty()) return false;
  return !environment("DISPLAY").empty() || present("/run/pulse/native") ||
         present("/var/run/pulse/native") || client_conf_names_a_server();
}

std::optional<std::string> server_socket(const std::string& server) {
  std::string address = server.empty() ? environment("PULSE_SERVER") : server;
  if (address.empty()) {
    const std::string folder = environment("PULSE_RUNTIME_PATH");
    if (!folder.empty()) return folder + "/native";
    const std::string runtime = environment("XDG_RUNTIME_DIR");
    if (runtime.empty()) return std::nullopt;
    return runtime + "/pulse/native";
  }
  if (address.front() == '{') {
    const size_t end = address.find('}');
    if (end == std::string::npos) return std::nullopt;
    address.erase(0, end + 1);
  }
  constexpr std::string_view scheme = "unix:";
  if (address.starts_with(scheme)) address.erase(0, scheme.size());
  if (!address.starts_with('/') || address.find(' ') != std::string::npos) return std::nullopt;
  return address;
}

void hang_up(const std::string& path) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    const std::string name = entry.path().filename();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    sockaddr_un peer{};
    socklen_t size = sizeof peer - 1;  // what is left ends the path
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (peer.sun_family == AF_UNIX && path == peer.sun_path) ::shutdown(fd, SHUT_RDWR);
  }
}

SocketWatch::SocketWatch(const loop::GlibLoop& loop, const std::string& path,
                         std::function<void()> appeared)
    : inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  const std::filesystem::path socket(path);
  folder_ = socket.parent_path();
  parent_ = socket.parent_path().parent_path();
  socket_name_ = socket.filename();
  folder_name_ = socket.parent_path().filename();
  if (!inotify_) return;
  watch_folders();
  GSource* source = g_unix_fd_source_new(inotify_.get(), G_IO_IN);
  using Callback = std::function<void()>;
  auto* callback = new Callback([this, appeared = std::move(appeared)] {
    if (read_events()) appeared();
  });
  const GUnixFDSourceFunc on_readable = [](gint, GIOCondition, gpointer data) -> gboolean {
    const Callback copy = *static_cast<Callback*>(data);  // it may go meanwhile
    copy();
    return G_SOURCE_CONTINUE;
  };
  g_source_set_callback(source, G_SOURCE_FUNC(on_readable), callback,
                        [](gpointer data) { delete static_cast<Callback*>(data); });
  source_ = loop::AttachedSource(loop.context(), source);
}

// Watching a folder again does no harm; one that is not there yet is told by its parent.
void SocketWatch::watch_folders() {
  folder_watch_ = ::inotify_add_watch(inotify_.get(), folder_.c_str(), wanted_events);
  if (folder_watch_ < 0)
    parent_watch_ = ::inotify_add_watch(inotify_.get(), parent_.c_str(), wanted_events);
}

bool SocketWatch::read_events() {
  alignas(inotify_event) std::array<char, 4096> buffer{};
  bool appeared = false;
  for (ssize_t size = 0; (size = ::read(inotify_.get(), buffer.data(), buffer.size())) > 0;) {
    for (size_t at = 0; at + sizeof(inotify_event) <= static_cast<size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string name = event.len > 0 ? buffer.data() + at + sizeof event : "";
      if (event.wd == folder_watch_ && name == socket_name_) appeared = true;
      if (event.wd == parent_watch_ && name == folder_name_) {
        watch_folders();
        appeared = true;
      }
      at += sizeof event + event.len;
    }
  }
  return appeared;
}

}  // namespace commd::gst
