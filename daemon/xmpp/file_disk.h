// How a session reaches the disk: work elsewhere, then something here.
//
// XMPP thread; `work` on a thread that may block.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <utility>

namespace commd::xmpp {

class FileDisk {
 public:
  // Runs `work` elsewhere, then `then` here, never inside.
  using Run = std::function<void(std::function<void()> work, std::function<void()> then)>;
  explicit FileDisk(Run run) : run_(std::move(run)) {}

  // The same, one piece of work at a time and in their order, also when whoever asked is gone:
  // for what no two threads may touch at once.
  FileDisk one_at_a_time() const {
    return FileDisk([line = std::make_shared<Line>(run_)](std::function<void()> work,
                                                          std::function<void()> then) {
      line->jobs.emplace_back(std::move(work), std::move(then));
      if (!line->busy) Line::next(line);
    });
  }

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
  struct Line {
    explicit Line(Run r) : run(std::move(r)) {}
    // What is under way holds the line: what waits behind it is done in any case.
    static void next(const std::shared_ptr<Line>& line) {
      line->busy = true;
      auto [work, then] = std::move(line->jobs.front());
      line->jobs.pop_front();
      line->run(std::move(work), [line, then = std::move(then)] {
        line->busy = false;
        if (!line->jobs.empty()) next(line);
        then();
      });
    }
    Run run;
    bool busy = false;
    std::deque<std::pair<std::function<void()>, std::function<void()>>> jobs;
  };

  Run run_;
};

}  // namespace commd::xmpp
