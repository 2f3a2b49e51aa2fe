#include "daemon/net/stream_state.h"

#include <cassert>
#include <chrono>
#include <system_error>
#include <utility>

#include "daemon/base/secret.h"

namespace commd::net {
namespace {

constexpr size_t read_size = 16 * 1024;  // one record of TLS
constexpr auto end_patience = std::chrono::seconds(5);

}  // namespace

StreamState::Io StreamState::lost(const std::string& words) {
  return {Io::Status::lost,
          0,
          {base::Code::unavailable, "CONNECTION_LOST", "the connection was lost: " + words, {}}};
}

StreamState::Io StreamState::lost(int error) {
  return lost(std::generic_category().message(error));
}

void StreamState::read(ByteStream::ReadDone done) {
  assert(!read_done_ && "one read at a time");
  read_done_ = std::move(done);
  watch().soon();
}

void StreamState::write(std::string bytes, ByteStream::WriteDone done) {
  assert(!write_done_ && "one write at a time");
  out_ = std::move(bytes);
  out_sent_ = 0;
  write_done_ = std::move(done);
  watch().soon();
}

void StreamState::end(ByteStream::WriteDone done) {
  assert(!end_done_ && "one end");
  end_done_ = std::move(done);
  end_timer_.arm(end_patience, [self = weak_from_this()] {
    const auto state = self.lock();
    if (!state || state->forgotten_) return;
    state->break_off(lost("the peer takes nothing any more").error);
    state->pump();
  });
  watch().soon();
}

// A login may have been in it.
void StreamState::wipe_out() {
  base::wipe_memory(out_.data(), out_.size());
  out_.clear();
}

void StreamState::forget() {
  wipe_out();
  forgotten_ = true;
  read_done_ = nullptr;
  write_done_ = nullptr;
  end_done_ = nullptr;
  end_timer_.cancel();
}

void StreamState::pump() {
  const auto self = shared_from_this();
  if (read_done_) step_read();
  if (write_done_) step_write();
  if (end_done_ && !write_done_) step_end();
}

void StreamState::step_read() {
  char buffer[read_size];
  Io io;
  if (broken_)
    io.status = Io::Status::lost;
  else if (read_ended_)
    io.status = Io::Status::ended;
  else
    io = receive(buffer);
  switch (io.status) {
    case Io::Status::want_read:
    case Io::Status::want_write:
      return wait_for(io);
    case Io::Status::lost:
      if (!broken_) break_off(std::move(io.error));
      return std::exchange(read_done_, nullptr)(base::fail(*broken_));
    case Io::Status::ended:
      read_ended_ = true;
      return std::exchange(read_done_, nullptr)(std::string_view());
    case Io::Status::done:
      return std::exchange(read_done_, nullptr)(std::string_view(buffer, io.bytes));
  }
}

void StreamState::step_write() {
  while (!broken_ && out_sent_ < out_.size()) {
    Io io = send(std::string_view(out_).substr(out_sent_));
    if (io.status == Io::Status::lost) {
      break_off(std::move(io.error));
    } else if (io.status != Io::Status::done) {
      return wait_for(io);
    }
    out_sent_ += io.bytes;
  }
  wipe_out();
  const auto done = std::exchange(write_done_, nullptr);
  broken_ ? done(base::fail(*broken_)) : done({});
}

void StreamState::step_end() {
  if (!broken_) {
    Io io = send_end();
    if (io.status == Io::Status::lost) {
      break_off(std::move(io.error));
    } else if (io.status == Io::Status::want_read || io.status == Io::Status::want_write) {
      return wait_for(io);
    }
  }
  end_timer_.cancel();
  const auto done = std::exchange(end_done_, nullptr);
  broken_ ? done(base::fail(*broken_)) : done({});
}

void StreamState::wait_for(const Io& io) {
  if (io.status == Io::Status::want_read)
    watch().want_read();
  else
    watch().want_write();
}

// Whoever waits for something else is told in the next round.
void StreamState::break_off(base::Error error) {
  broken_ = std::move(error);
  watch().soon();
}

}  // namespace commd::net
