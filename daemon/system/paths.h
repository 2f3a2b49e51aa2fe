// Where the daemon keeps its things (DESIGN: XDG base directories, or the folders
// systemd made for a system service). Pure except for one look at /run/user; any
// thread. Clients follow the same rule for the socket.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "daemon/base/result.h"

namespace commd::system {

// What the rules look at, so that tests can name their own.
struct Environment {
  // The variable's value, empty if unset.
  std::function<std::string(const char* name)> variable;
  uid_t user = 0;
  // From the password database, for a process without HOME.
  std::filesystem::path home;
  std::filesystem::path run_user = "/run/user";
  std::filesystem::path etc = "/etc";

  static Environment of_process();
};

// From the command line; empty = by the rules.
struct PathChoices {
  std::filesystem::path config;     // --config
  std::filesystem::path state_dir;  // --state-dir
  std::filesystem::path socket;     // --socket
  bool system_service = false;      // --system
};

// All absolute.
struct Paths {
  // --state-dir, $XDG_STATE_HOME/commd, ~/.local/state/commd; of a system service
  // $STATE_DIRECTORY or /var/lib/commd.
  std::filesystem::path state_dir;
  // --socket, $XDG_RUNTIME_DIR/commd/commd.sock, /run/user/UID/commd/commd.sock if
  // /run/user/UID is there and ours, STATE/run/commd.sock; of a system service
  // $RUNTIME_DIRECTORY or /run/commd, and in it commd.sock.
  std::filesystem::path socket;
  // --config, $XDG_CONFIG_HOME/commd/commd.toml, ~/.config/commd/commd.toml,
  // /etc/commd/commd.toml: the first that is there (--config whether it is or
  // not). Empty: none, the defaults hold. A system service looks in /etc alone.
  std::filesystem::path config;

  std::filesystem::path state_lock() const { return state_dir / "commd.lock"; }
  std::filesystem::path secrets_dir() const { return state_dir / "secrets"; }
  // Files that remote clients may name.
  std::filesystem::path media_dir() const { return state_dir / "media"; }
  // Pictures of contacts.
  std::filesystem::path pictures_dir() const { return state_dir / "pictures"; }
};

// Errors: NO_HOME when neither the environment nor the password database tells
// where the person's folders are.
base::Result<Paths> resolve_paths(const PathChoices& choices, const Environment& environment);

}  // namespace commd::system
