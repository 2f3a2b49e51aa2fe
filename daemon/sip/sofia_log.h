// sofia-sip's own log lines into ours: at debug, redacted, each one line.
#pragma once

#include "daemon/base/log.h"

namespace commd::sip {

// Stands on the SIP thread while sofia runs there. The library has one log for the
// process; each thread's lines go to the logger of that thread, and those of a
// thread without one nowhere.
class SofiaLog {
 public:
  explicit SofiaLog(base::Logger logger);
  ~SofiaLog();
  SofiaLog(const SofiaLog&) = delete;
  SofiaLog& operator=(const SofiaLog&) = delete;

 private:
  base::Logger logger_;
};

}  // namespace commd::sip
