// What can go wrong between a client and the daemon, and the exit codes that
// every client of ours ends with. Values; any thread.
#pragma once

#include <map>
#include <stdexcept>
#include <string>

namespace commd::client {

// Part of the contract with scripts.
enum class ExitCode : int {
  ok = 0,
  failed = 1,
  usage = 2,
  unreachable = 3,
  not_permitted = 4,
  not_found = 5,
  timed_out = 6,
  interrupted = 130,
};

// The codes of gRPC, with its numbers.
enum class Code : int {
  ok = 0,
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  aborted = 10,
  out_of_range = 11,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  data_loss = 15,
  unauthenticated = 16,
};

// "NOT_FOUND"; the number for a code that is not known.
std::string name_of(Code code);

// A call to the daemon failed. `reason` is the stable word of its ErrorInfo, empty
// when the error is not the daemon's own (a dead socket, a deadline); `metadata`
// holds every variable of the message. All text is as it came: escape it when
// printing.
class ClientError : public std::runtime_error {
 public:
  ClientError(Code code, std::string reason, const std::string& message,
              std::map<std::string, std::string> metadata = {})
      : std::runtime_error(message),
        code_(code),
        reason_(std::move(reason)),
        metadata_(std::move(metadata)) {}

  Code code() const { return code_; }
  const std::string& reason() const { return reason_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  std::string message() const { return what(); }
  ExitCode exit_code() const;

 private:
  Code code_;
  std::string reason_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace commd::client
