// Bytes to and from one peer, in clear or in TLS: what a protocol is spoken over.
//
// Thread of the io_context. No callback comes inside the call that asked for it, nor
// after the stream is gone; each may destroy the stream.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace commd::net {

class ByteStream {
 public:
  // Closes the connection at once.
  virtual ~ByteStream() = default;

  // What has come, at most 16 KiB, valid during the call; empty: the peer has ended its
  // side in order. Error CONNECTION_LOST (unavailable), and after it again for every call.
  using ReadDone = std::function<void(base::Result<std::string_view>)>;
  // One at a time.
  virtual void read(ReadDone done) = 0;

  // All of it has been handed to the kernel; this end's memory of it is wiped. Errors as above.
  using WriteDone = std::function<void(base::Result<void>)>;
  // One at a time.
  virtual void write(std::string bytes, WriteDone done) = 0;

  // Ends our side in order, once what is being written is written. What the peer still
  // sends can be read. `done` within 5 s; after a write that takes longer with
  // CONNECTION_LOST. Once.
  virtual void end(WriteDone done) = 0;
};

}  // namespace commd::net
