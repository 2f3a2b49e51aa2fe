// coturn, for one test: on a free port of 127.0.0.1, with long-term credentials.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "daemon/base/unique_fd.h"
#include "media/ice/ice_options.h"
#include "tests/support/temp_folder.h"

namespace commd::test {

class TurnProcess {
 public:
  static constexpr const char* user = "alice";
  static constexpr const char* password = "wonderland";

  // Returns when it answers over UDP and TCP; else ready() is false.
  TurnProcess();
  ~TurnProcess();
  TurnProcess(const TurnProcess&) = delete;
  TurnProcess& operator=(const TurnProcess&) = delete;

  bool ready() const { return ready_; }
  uint16_t port() const { return port_; }
  ice::TurnServer server(ice::RelayProtocol protocol,
                         const std::string& with_password = password) const;
  void freeze();  // it is there and says nothing more

 private:
  bool await_udp() const;
  bool await_tcp() const;

  TempFolder folder_;
  uint16_t port_ = 0;
  pid_t pid_ = -1;
  bool ready_ = false;
};

}  // namespace commd::test
