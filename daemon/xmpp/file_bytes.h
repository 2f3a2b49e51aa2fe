// A way for the bytes of one file from one end to the other, whichever transport it is.
//
// XMPP thread. No callback comes inside a call, nor after it is gone, unless it says so; each may
// destroy it.
#pragma once

#include <functional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/model/transfer.h"
#include "daemon/xmpp/stanza.h"

namespace commd::xmpp {

class FileBytes {
 public:
  using Then = std::function<void()>;
  struct Told {
    // Both ends have it: the sender may begin.
    Then ready;
    // Some have come; what follows comes after `taken` was called.
    std::function<void(std::string bytes, Then taken)> received;
    // The far end has closed it in order, or it broke. Nothing follows.
    std::function<void(base::Result<void>)> ended;
  };

  virtual ~FileBytes() = default;
  virtual model::TransferMethod method() const = 0;
  // One at a time; `more` when there is room for the next. May call back inside.
  virtual void send(std::string bytes, Then more) = 0;
  // After the last: all of it has left, and the far end knows that no more comes.
  virtual void finish(Then done) = 0;
  // True: the iq was for this; it is answered, now or when its bytes were taken.
  virtual bool take_iq(const Element&) { return false; }
};

}  // namespace commd::xmpp
