// Where accepted connections wait until they have said what they are, and where they
// are counted until they are over.
//
// A connection reaches the API's server only after the HTTP/2 preface (RFC 9113
// section 3.4) has come in whole. One that says something else is closed at once, one
// that says nothing is closed after `patience`: neither costs more than its
// descriptor. A connection over the limit is told so, within `farewell`, by whoever
// gets it as Entry::over_limit.
//
// Core thread only. Nothing is polled: fd() is readable when there is something to do.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"

namespace commd::system {

struct GateLimits {
  // Connections served at once.
  size_t clients = 64;
  std::chrono::milliseconds patience{10'000};
  // What a connection over the limit has left to hear that it is.
  std::chrono::milliseconds farewell{2'000};
};

enum class Entry { welcome, over_limit };

struct Visitor {
  base::UniqueFd fd;  // non-blocking; nothing was read from it
  Entry entry = Entry::welcome;
};

class ClientGate {
 public:
  // Errors: GATE_FAILED when the kernel gives no epoll or timer.
  static base::Result<ClientGate> open(const GateLimits& limits);
  ClientGate(ClientGate&&) = default;
  ClientGate& operator=(ClientGate&&) = delete;

  // Readable when next() has something to do.
  int fd() const { return epoll_.get(); }

  // Takes an accepted connection. When too many wait already it is closed.
  void admit(base::UniqueFd connection);

  // Forgets what has ended, closes what was silent too long, and returns the next
  // connection that has said the preface. Empty: nobody. The descriptor returned is
  // a second one of the same socket: the gate keeps the first to notice the end.
  std::optional<Visitor> next();

  // From now on; those that are served stay.
  void set_clients(size_t clients) { limits_.clients = clients; }

  size_t waiting() const { return guests_.size() - served_ - leaving_; }
  size_t served() const { return served_; }
  // All that were returned by next() and have not ended: served, or told that they cannot be.
  size_t inside() const { return served_ + leaving_; }
  // Connections that were let in and have ended.
  uint64_t departed() const { return departed_; }
  // Closed for silence, for another protocol, or because too many waited.
  uint64_t refused() const { return refused_; }

  // So many more than `clients` may wait or be on their way out.
  static constexpr size_t margin = 32;

 private:
  using Clock = std::chrono::steady_clock;
  enum class Stage { waiting, served, leaving };
  struct Guest {
    base::UniqueFd fd;
    Stage stage = Stage::waiting;
    Clock::time_point due{};  // of waiting and leaving
  };
  using Guests = std::map<uint64_t, Guest>;

  ClientGate(const GateLimits& limits, base::UniqueFd epoll, base::UniqueFd timer);
  std::optional<Visitor> look_at(Guests::iterator guest, uint32_t events);
  std::optional<Visitor> let_in(Guests::iterator guest);
  void drop(Guests::iterator guest);
  void refuse(Guests::iterator guest);
  void close_overdue();
  void arm_timer();

  GateLimits limits_;
  base::UniqueFd epoll_;
  base::UniqueFd timer_;
  Guests guests_;
  uint64_t last_id_ = 0;
  size_t served_ = 0;
  size_t leaving_ = 0;
  uint64_t refused_ = 0;
  uint64_t departed_ = 0;
};

}  // namespace commd::system
