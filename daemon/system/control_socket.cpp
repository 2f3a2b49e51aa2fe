#include "daemon/system/control_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "daemon/system/private_files.h"

namespace commd::system {
namespace {

namespace fs = std::filesystem;
using base::Code;
using base::fail;
using base::Result;
using base::UniqueFd;

constexpr int backlog = 128;
constexpr size_t longest_path = sizeof(sockaddr_un::sun_path) - 1;

sockaddr_un address_of(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  std::memcpy(address.sun_path, text.data(), std::min(text.size(), longest_path));
  return address;
}

Result<void> check_path(const fs::path& path) {
  if (!path.is_absolute() || !path.has_filename())
    return fail(Code::invalid_argument, "PATH_NOT_ABSOLUTE",
                "the socket \"" + path.string() + "\" is not an absolute path of a file");
  if (path.native().size() > longest_path)
    return fail(Code::invalid_argument, "SOCKET_PATH_TOO_LONG",
                "the socket's path has " + std::to_string(path.native().size()) +
                    " bytes, and a unix socket may have " + std::to_string(longest_path) +
                    "; choose a shorter one with --socket: " + path.string());
  return {};
}

base::Error occupied(const fs::path& path, const std::string& by) {
  base::Error error{Code::failed_precondition,
                    "SOCKET_PATH_OCCUPIED",
                    path.string() + " is " + by + "; remove it, or choose another --socket",
                    {}};
  error.details["path"] = path.string();
  return error;
}

base::Error socket_failed(const std::string& what, const fs::path& path) {
  return base::Error{Code::unavailable,
                     "SOCKET_FAILED",
                     "cannot " + what + " " + path.string() + ": " + std::strerror(errno),
                     {}};
}

// Whether someone who does not know our lock listens there.
bool answers(const fs::path& path) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un address = address_of(path);
  if (!probe) return false;
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return true;
  return errno == EAGAIN;  // its backlog is full
}

// The lock is ours, so a socket of ours that nobody answers is a dead daemon's.
Result<void> remove_stale(const fs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return {};
    return fail(socket_failed("examine", path));
  }
  if (S_ISLNK(info.st_mode)) return fail(occupied(path, "a symbolic link"));
  if (!S_ISSOCK(info.st_mode)) return fail(occupied(path, "not a socket"));
  if (info.st_uid != ::geteuid())
    return fail(occupied(path, "a socket of user " + std::to_string(info.st_uid)));
  if (answers(path)) return fail(occupied(path, "a socket on which another program answers"));
  if (::unlink(path.c_str()) != 0) return fail(socket_failed("remove the stale socket", path));
  return {};
}

// The folder is ours; a group that may use the socket may also enter.
Result<void> prepare_folder(const ControlSocketOptions& options) {
  const fs::path folder = options.path.parent_path();
  FolderRule rule;
  if (options.group) rule.widest = 0750;
  if (auto ok = ensure_private_folder(folder, rule); !ok || !options.group) return ok;
  if (::lchown(folder.c_str(), static_cast<uid_t>(-1), *options.group) != 0 ||
      ::chmod(folder.c_str(), rule.widest) != 0)
    return fail(socket_failed("let the group into", folder));
  return {};
}

UniqueFd open_reserve() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

Result<PeerCredentials> peer_credentials(int fd) {
  ucred found{};
  socklen_t size = sizeof found;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &found, &size) != 0)
    return fail(Code::permission_denied, "PEER_UNKNOWN",
                std::string("the kernel does not tell who connected: ") + std::strerror(errno));
  PeerCredentials peer{found.pid, found.uid, found.gid, {}};
  peer.more_groups.resize(64);
  auto bytes = static_cast<socklen_t>(peer.more_groups.size() * sizeof(gid_t));
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer.more_groups.data(), &bytes) != 0 &&
      errno == ERANGE) {
    // The kernel has written the size it needs.
    peer.more_groups.resize(bytes / sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer.more_groups.data(), &bytes) != 0)
      bytes = 0;
  } else if (bytes > peer.more_groups.size() * sizeof(gid_t)) {
    bytes = 0;
  }
  peer.more_groups.resize(bytes / sizeof(gid_t));
  return peer;
}

ControlSocket::ControlSocket(ControlSocketOptions options, LockFile lock)
    : options_(std::move(options)), lock_(std::move(lock)), reserve_(open_reserve()) {}

ControlSocket::ControlSocket(ControlSocket&& other) noexcept
    : options_(std::move(other.options_)),
      lock_(std::move(other.lock_)),
      listener_(std::move(other.listener_)),
      reserve_(std::move(other.reserve_)),
      device_(other.device_),
      inode_(other.inode_),
      bound_(std::exchange(other.bound_, false)),
      turned_away_(other.turned_away_) {}

ControlSocket::~ControlSocket() {
  if (bound_ && still_ours()) ::unlink(options_.path.c_str());
}

Result<ControlSocket> ControlSocket::open(const ControlSocketOptions& options) {
  if (auto ok = check_path(options.path); !ok) return tl::unexpected(ok.error());
  if (auto ok = prepare_folder(options); !ok) return tl::unexpected(ok.error());
  auto lock = LockFile::acquire(options.path.string() + ".lock");
  if (!lock) return tl::unexpected(lock.error());
  if (auto ok = remove_stale(options.path); !ok) return tl::unexpected(ok.error());
  ControlSocket socket(options, std::move(*lock));
  if (auto ok = socket.bind_and_listen(); !ok) return tl::unexpected(ok.error());
  return socket;
}

Result<void> ControlSocket::bind_and_listen() {
  const fs::path& path = options_.path;
  listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener_) return fail(socket_failed("make the socket", path));
  const sockaddr_un address = address_of(path);
  // The socket is never wider than 0600, not even between bind and chmod.
  const mode_t before = ::umask(0177);
  const int bound =
      ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::umask(before);
  struct stat info {};
  if (bound != 0 || ::lstat(path.c_str(), &info) != 0) return fail(socket_failed("bind", path));
  device_ = info.st_dev;
  inode_ = info.st_ino;
  bound_ = true;
  mode_t wanted = 0600;
  if (options_.group) {
    wanted = 0660;
    if (::lchown(path.c_str(), static_cast<uid_t>(-1), *options_.group) != 0 ||
        ::chmod(path.c_str(), wanted) != 0)
      return fail(socket_failed("give the group its right on", path));
  }
  if (::lstat(path.c_str(), &info) != 0 || !still_ours() || (info.st_mode & 0777) != wanted)
    return fail(Code::failed_precondition, "PATH_NOT_PRIVATE",
                path.string() + " did not keep its mode; its file system is not fit for a socket");
  if (::listen(listener_.get(), backlog) != 0) return fail(socket_failed("listen on", path));
  return {};
}

std::optional<AcceptedClient> ControlSocket::accept() {
  for (;;) {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EMFILE || errno == ENFILE) turn_one_away_without_descriptors();
      return std::nullopt;
    }
    auto peer = peer_credentials(fd.get());
    if (peer && may_enter(*peer)) return AcceptedClient{std::move(fd), std::move(*peer)};
    ++turned_away_;
  }
}

bool ControlSocket::may_enter(const PeerCredentials& peer) const {
  if (peer.user == ::geteuid()) return true;
  if (!options_.group) return false;
  return peer.group == *options_.group ||
         std::find(peer.more_groups.begin(), peer.more_groups.end(), *options_.group) !=
             peer.more_groups.end();
}

bool ControlSocket::still_ours() const {
  struct stat info {};
  return ::lstat(options_.path.c_str(), &info) == 0 && info.st_dev == device_ &&
         info.st_ino == inode_;
}

void ControlSocket::turn_one_away_without_descriptors() {
  reserve_.reset();
  const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (client) ++turned_away_;
  reserve_ = open_reserve();
}

}  // namespace commd::system
