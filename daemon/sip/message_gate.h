// How many messages may come in a while: so many a second from each sender, and from all.
// Bounded, whatever is claimed in From. A value; SIP thread.
#pragma once

#include <map>
#include <string>

#include "daemon/base/time.h"

namespace commd::sip {

class MessageGate {
 public:
  struct Rate {
    double per_second = 0;
    double burst = 0;
  };
  MessageGate(Rate each, Rate all) : each_(each), all_(all), total_{all.burst, {}} {}

  // Whether one more of this sender may come in now.
  bool admits(const std::string& sender, base::MonoTime now);

 private:
  struct Bucket {
    double left = 0;
    base::MonoTime filled;
  };
  static void fill(Bucket& bucket, const Rate& rate, base::MonoTime now);

  Rate each_;
  Rate all_;
  Bucket total_;
  std::map<std::string, Bucket> senders_;
};

}  // namespace commd::sip
