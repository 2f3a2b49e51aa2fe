// The checks of one examination (DoctorService.Examine). Same use as EventStream; a cut stream is
// not begun again.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "clients/client/client.h"
#include "commd/v1/doctor.pb.h"

namespace commd::client {

class DoctorStream {
 public:
  // Starts at once. `account` empty: all. `client` must live longer.
  DoctorStream(const Client& client, std::string account);
  // Ends the examination.
  ~DoctorStream();
  DoctorStream(const DoctorStream&) = delete;
  DoctorStream& operator=(const DoctorStream&) = delete;

  // Readable when next() has something to do. Owned by the stream.
  int descriptor() const;

  // The next check that is finished, or nothing for now. Throws ClientError.
  std::optional<v1::Check> next();

  // The last check has been given.
  bool ended() const;

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace commd::client
