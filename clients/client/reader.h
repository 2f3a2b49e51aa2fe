// One server stream, read message by message on the thread of its owner. gRPC's
// threads only note what came and wake the owner up. For this room only.
//
// At most one message waits: the next is read when this one was taken, so a slow
// owner holds the daemon back instead of filling memory.
#pragma once

#include <grpcpp/support/client_callback.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "clients/client/descriptor.h"

namespace commd::client {

// An eventfd, shared with gRPC's threads.
class Wake {
 public:
  Wake() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  int descriptor() const { return descriptor_.number(); }
  void signal() const {
    const uint64_t one = 1;
    // Can only fail when the counter is full, and then the owner is awake anyway.
    [[maybe_unused]] const auto written = ::write(descriptor_.number(), &one, sizeof one);
  }
  void clear() const {
    uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(descriptor_.number(), &count, sizeof count);
  }

 private:
  Descriptor descriptor_;
};

template <class Response>
class Reader final : public grpc::ClientReadReactor<Response> {
 public:
  // `begin(context, reader)` calls the stub's async method. `wake` becomes readable
  // whenever take() or status() may have changed.
  template <class Begin>
  Reader(std::shared_ptr<Wake> wake, Begin begin) : wake_(std::move(wake)) {
    begin(&context_, this);
    this->AddHold();  // the owner starts reads too, outside of reactions
    this->StartRead(&response_);
    this->StartCall();
  }

  // Cancels and waits until gRPC let go: a matter of microseconds, it needs no peer.
  ~Reader() override {
    context_.TryCancel();
    release();
    while (stage_.load(std::memory_order_acquire) != Stage::done) {
      pollfd waiting{wake_->descriptor(), POLLIN, 0};
      ::poll(&waiting, 1, -1);
      wake_->clear();
    }
    wake_->signal();  // what was cleared may have been another reader's
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // The message that waits, or nothing.
  std::optional<Response> take() {
    if (stage_.load(std::memory_order_acquire) != Stage::ready) return std::nullopt;
    std::optional<Response> taken(std::move(response_));
    response_.Clear();
    stage_.store(Stage::reading, std::memory_order_release);
    this->StartRead(&response_);
    return taken;
  }

  // How the stream ended; nullopt while it lives.
  std::optional<grpc::Status> status() const {
    if (stage_.load(std::memory_order_acquire) != Stage::done) return std::nullopt;
    return status_;
  }

 private:
  enum class Stage { reading, ready, done };

  void release() {
    if (held_.exchange(false)) this->RemoveHold();
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      release();
      return;
    }
    const auto wake = wake_;
    stage_.store(Stage::ready, std::memory_order_release);
    wake->signal();
  }

  void OnDone(const grpc::Status& status) override {
    const auto wake = wake_;  // the owner may destroy this object right after the store
    status_ = status;
    stage_.store(Stage::done, std::memory_order_release);
    wake->signal();
  }

  std::shared_ptr<Wake> wake_;
  grpc::ClientContext context_;
  Response response_;
  grpc::Status status_;
  std::atomic<Stage> stage_{Stage::reading};
  std::atomic<bool> held_{true};
};

}  // namespace commd::client
