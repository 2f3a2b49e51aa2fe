// How work comes to one of the store's threads: values pushed by any thread,
// taken by one, oldest first, all at once. Without a lock, so that the core never
// waits for the disk: a stack that the taker empties in one exchange and turns
// round. The taker sleeps on an eventfd, written only when the stack was empty.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>
#include <vector>

namespace commd::store {

template <class T>
class Inbox {
 public:
  // Throws std::system_error when the process has no descriptor left.
  Inbox() : wake_(::eventfd(0, EFD_CLOEXEC)) {
    if (wake_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~Inbox() {
    while (Node* node = newest_.load()) {
      newest_ = node->older;
      delete node;
    }
    ::close(wake_);
  }
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // Any thread.
  void push(T value) {
    Node* node = new Node{std::move(value), newest_.load(std::memory_order_relaxed)};
    size_.fetch_add(1, std::memory_order_relaxed);
    Node* older = node->older;
    // After the exchange the node belongs to the taker: only `older` may be read.
    while (!newest_.compare_exchange_weak(older, node, std::memory_order_release,
                                          std::memory_order_relaxed))
      node->older = older;
    if (!older) wake();
  }

  // Any thread; what was pushed and not taken yet.
  size_t size() const { return size_.load(std::memory_order_relaxed); }

  // The one taker. Sleeps until there is something.
  std::vector<T> take_all() {
    Node* node = newest_.exchange(nullptr, std::memory_order_acquire);
    while (!node) {
      sleep();
      node = newest_.exchange(nullptr, std::memory_order_acquire);
    }
    std::vector<T> values;
    while (node) {
      values.push_back(std::move(node->value));
      delete std::exchange(node, node->older);
    }
    size_.fetch_sub(values.size(), std::memory_order_relaxed);
    std::reverse(values.begin(), values.end());
    return values;
  }

 private:
  struct Node {
    T value;
    Node* older;
  };
  void wake() noexcept {
    const uint64_t one = 1;
    while (::write(wake_, &one, sizeof one) < 0 && errno == EINTR) {
    }
  }
  void sleep() noexcept {
    uint64_t count = 0;
    while (::read(wake_, &count, sizeof count) < 0 && errno == EINTR) {
    }
  }

  std::atomic<Node*> newest_{nullptr};
  std::atomic<size_t> size_{0};
  const int wake_;
};

}  // namespace commd::store
