// Levels and statistics of one call at an interval (CallService.AttachCall). While
// it is open it also keeps alive a call that belongs to this client. Same use as
// EventStream; a cut stream is attached again by itself.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "clients/client/client.h"

namespace commd::client {

class StatsStream {
 public:
  // `interval` between 100 ms and 10 s. `client` must live longer.
  StatsStream(const Client& client, std::string call, std::chrono::milliseconds interval);
  ~StatsStream();
  StatsStream(const StatsStream&) = delete;
  StatsStream& operator=(const StatsStream&) = delete;

  // Readable when next() has something to do. Owned by the stream.
  int descriptor() const;

  // The newest statistics, or nothing for now.
  std::optional<v1::CallStats> next();

  // The daemon knows no such live call: the stream is not attached again.
  bool ended() const;

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace commd::client
