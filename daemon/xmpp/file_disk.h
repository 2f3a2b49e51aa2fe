// How a session reaches the disk: work elsewhere, then something here.
//
// XMPP thread; `work` on a thread that may block.
#pragma once

#include <functional>
#include <memory>
#include <utility>

namespace commd::xmpp {

class FileDisk {
 public:
  // Runs `work` elsewhere, then `then` here, never inside.
  using Run = std::function<void(std::function<void()> work, std::function<void()> then)>;
  explicit FileDisk(Run run) : run_(std::move(run)) {}

  // `then(work())`, unless `alive` is gone by then.
  template <class Work, class Then>
  void on(const std::shared_ptr<bool>& alive, Work work, Then then) const {
    using Value = decltype(work());
    const auto value = std::make_shared<std::unique_ptr<Value>>();
    run_([value, work = std::move(work)]() mutable { *value = std::make_unique<Value>(work()); },
         [value, then = std::move(then), weak = std::weak_ptr<bool>(alive)]() mutable {
           if (!weak.expired()) then(std::move(**value));
         });
  }

 private:
  Run run_;
};

}  // namespace commd::xmpp
