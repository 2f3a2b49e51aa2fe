// The unix socket clients connect to. Who may is decided here, when a connection
// is accepted and before a byte of it is read, from what the kernel says about
// the peer.
//
// Opened at start, before other threads (it sets the process's umask for a
// moment); afterwards used by one thread, the core.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"
#include "daemon/system/lock_file.h"

namespace commd::system {

// The kernel's word about the process that connected (SO_PEERCRED, SO_PEERGROUPS).
struct PeerCredentials {
  pid_t process = 0;
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> more_groups;
};

base::Result<PeerCredentials> peer_credentials(int fd);

struct ControlSocketOptions {
  // At most 107 bytes (sockaddr_un). Its folder is made 0700, or must be so.
  std::filesystem::path path;
  // A gateway's clients (`[api] group`): the folder is then 0750, the socket
  // 0660, both of this group (which the process must be a member of). Without it: 0600, our own
  // user alone.
  std::optional<gid_t> group;
};

struct AcceptedClient {
  base::UniqueFd fd;  // non-blocking, close-on-exec
  PeerCredentials peer;
};

class ControlSocket {
 public:
  // Takes PATH.lock, removes a stale socket of ours under it, binds and listens.
  // Errors: SOCKET_PATH_TOO_LONG, SOCKET_PATH_OCCUPIED (a file, a link, a socket
  // of another user), ALREADY_RUNNING, SOCKET_FAILED, and those of
  // private_files.h.
  static base::Result<ControlSocket> open(const ControlSocketOptions& options);
  ControlSocket(ControlSocket&& other) noexcept;
  ControlSocket& operator=(ControlSocket&&) = delete;
  // Removes the socket from its folder, if it is still ours.
  ~ControlSocket();

  // Non-blocking; readable when accept() has someone.
  int fd() const { return listener_.get(); }
  const std::filesystem::path& path() const { return options_.path; }

  // The next client that may come in; those that may not are closed at once and
  // counted. Empty: nobody waits.
  std::optional<AcceptedClient> accept();
  // Clients turned away so far: another user, or no descriptor left.
  uint64_t turned_away() const { return turned_away_; }

 private:
  ControlSocket(ControlSocketOptions options, LockFile lock);
  base::Result<void> bind_and_listen();
  bool may_enter(const PeerCredentials& peer) const;
  bool still_ours() const;
  void turn_one_away_without_descriptors();

  ControlSocketOptions options_;
  LockFile lock_;
  base::UniqueFd listener_;
  // Given up for a moment when no descriptor is left, so that a client is told
  // (closed) rather than left waiting, and the loop does not spin.
  base::UniqueFd reserve_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  bool bound_ = false;
  uint64_t turned_away_ = 0;
};

}  // namespace commd::system
