#include "media/engine/command_queue.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <system_error>

namespace commd::engine {

CommandQueue::CommandQueue() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

CommandQueue::~CommandQueue() {
  for (Node* node = take(); node != nullptr;) {
    const std::unique_ptr<Node> owned(node);
    node = node->next;
  }
}

void CommandQueue::push(Node* node) noexcept {
  Node* head = newest_.load(std::memory_order_relaxed);
  do {
    node->next = head;
  } while (!newest_.compare_exchange_weak(head, node, std::memory_order_release,
                                          std::memory_order_relaxed));
  if (head != nullptr) return;  // somebody has woken the owner already
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof one);
}

CommandQueue::Node* CommandQueue::take() noexcept {
  Node* node = newest_.exchange(nullptr, std::memory_order_acquire);
  Node* oldest = nullptr;
  while (node != nullptr) {
    Node* const next = std::exchange(node->next, oldest);
    oldest = node;
    node = next;
  }
  return oldest;
}

void CommandQueue::run() {
  // Read before taking: a command posted in between wakes the owner once more.
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(event_.get(), &count, sizeof count);
  for (Node* node = take(); node != nullptr;) {
    const std::unique_ptr<Node> owned(node);
    node = node->next;
    owned->run();
  }
}

}  // namespace commd::engine
