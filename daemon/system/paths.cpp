#include "daemon/system/paths.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <system_error>

namespace commd::system {
namespace {

namespace fs = std::filesystem;
using base::Code;
using base::fail;
using base::Result;

// The XDG specification: "all paths must be absolute; a relative one is ignored".
fs::path absolute_variable(const Environment& environment, const char* name) {
  const fs::path path = environment.variable(name);
  return path.is_absolute() ? path : fs::path();
}

// systemd joins several folders with ':'; ours asks for one.
fs::path systemd_folder(const Environment& environment, const char* name, const char* otherwise) {
  const std::string all = environment.variable(name);
  const fs::path first = all.substr(0, all.find(':'));
  return first.is_absolute() ? first : fs::path(otherwise);
}

Result<fs::path> home_of(const Environment& environment) {
  const fs::path home = absolute_variable(environment, "HOME");
  if (!home.empty()) return home;
  if (environment.home.is_absolute()) return environment.home;
  return fail(Code::failed_precondition, "NO_HOME",
              "there is no home folder for user " + std::to_string(environment.user) +
                  "; set HOME, or name the folders with --state-dir and --socket");
}

Result<fs::path> xdg_folder(const Environment& environment, const char* name,
                            const char* below_home) {
  const fs::path named = absolute_variable(environment, name);
  if (!named.empty()) return named;
  auto home = home_of(environment);
  if (!home) return home;
  return *home / below_home;
}

bool is_folder_of(const fs::path& path, uid_t user) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == user;
}

Result<fs::path> state_dir_of(const PathChoices& choices, const Environment& environment) {
  if (!choices.state_dir.empty()) return fs::absolute(choices.state_dir).lexically_normal();
  if (choices.system_service)
    return systemd_folder(environment, "STATE_DIRECTORY", "/var/lib/commd");
  auto folder = xdg_folder(environment, "XDG_STATE_HOME", ".local/state");
  if (!folder) return folder;
  return *folder / "commd";
}

fs::path socket_of(const PathChoices& choices, const Environment& environment,
                   const fs::path& state_dir) {
  if (!choices.socket.empty()) return fs::absolute(choices.socket).lexically_normal();
  if (choices.system_service)
    return systemd_folder(environment, "RUNTIME_DIRECTORY", "/run/commd") / "commd.sock";
  const fs::path runtime = absolute_variable(environment, "XDG_RUNTIME_DIR");
  if (!runtime.empty()) return runtime / "commd/commd.sock";
  const fs::path by_user = environment.run_user / std::to_string(environment.user);
  if (is_folder_of(by_user, environment.user)) return by_user / "commd/commd.sock";
  return state_dir / "run/commd.sock";
}

fs::path config_of(const PathChoices& choices, const Environment& environment) {
  if (!choices.config.empty()) return fs::absolute(choices.config).lexically_normal();
  std::error_code ignored;
  if (!choices.system_service) {
    // Without a home there may still be a configuration in /etc.
    if (const auto folder = xdg_folder(environment, "XDG_CONFIG_HOME", ".config")) {
      const fs::path own = *folder / "commd/commd.toml";
      if (fs::exists(own, ignored)) return own;
    }
  }
  const fs::path shared = environment.etc / "commd/commd.toml";
  return fs::exists(shared, ignored) ? shared : fs::path();
}

fs::path home_from_password_database() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr || found->pw_dir == nullptr)
    return {};
  return found->pw_dir;
}

}  // namespace

Environment Environment::of_process() {
  Environment environment;
  environment.variable = [](const char* name) -> std::string {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : "";
  };
  environment.user = ::geteuid();
  environment.home = home_from_password_database();
  return environment;
}

Result<Paths> resolve_paths(const PathChoices& choices, const Environment& environment) {
  auto state_dir = state_dir_of(choices, environment);
  if (!state_dir) return tl::unexpected(state_dir.error());
  Paths paths;
  paths.state_dir = *state_dir;
  paths.socket = socket_of(choices, environment, paths.state_dir);
  paths.config = config_of(choices, environment);
  return paths;
}

}  // namespace commd::system
