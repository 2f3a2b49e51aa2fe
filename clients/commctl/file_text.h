// Files on their way, in words. Pure functions; any thread.
#pragma once

#include <chrono>
#include <string>

#include "clients/commctl/line.h"
#include "commd/v1/file.pb.h"

namespace commd::commctl {

std::string word_of(v1::FileTransfer::State state);
Style style_of(v1::FileTransfer::State state);
// "by the server", "directly", "within the stream"; empty: not decided.
std::string method_text(v1::FileTransfer::Method method);

// "12 bytes", "1.5 MB": powers of ten.
std::string bytes_text(int64_t bytes);
// "photo.jpg, 1.5 MB: holiday" of what a message has attached.
std::string attachment_text(const v1::Attachment& attachment);
// "file 4f2a01bc  active  photo.jpg  to xmpp:bob@example.org".
Line transfer_line(const v1::FileTransfer& transfer);
// Whether nothing more happens by itself.
bool is_at_rest(const v1::FileTransfer& transfer);

// "photo.jpg  [#####     ]  50 %  1.5 MB/s  0:12 left" in so many columns. `rate`: bytes a
// second, 0: not known.
Line progress_line(const std::string& name, int64_t bytes, int64_t size, double rate,
                   size_t columns);

// Bytes a second over the last few seconds.
class Rate {
 public:
  using Time = std::chrono::steady_clock::time_point;
  void add(int64_t bytes, Time now);
  double value() const { return value_; }

 private:
  int64_t bytes_ = -1;
  Time time_{};
  double value_ = 0;
};

}  // namespace commd::commctl
