// An io_context that the test itself runs, one handler after the other.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>

#include "daemon/base/result.h"
#include "daemon/loop/asio.h"

namespace commd::net::test {

using namespace std::chrono_literals;

class Loop {
 public:
  boost::asio::io_context& context() { return context_; }

  // Runs handlers until `reached` holds; false: not within 20 s.
  bool run_until(const std::function<bool()>& reached) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!reached()) {
      const auto left = deadline - std::chrono::steady_clock::now();
      if (left <= 0s) return false;
      if (context_.stopped()) context_.restart();
      // Nothing to wait for is a wait as well: another thread may post.
      if (context_.run_one_for(std::min<std::chrono::nanoseconds>(left, 50ms)) == 0 &&
          context_.stopped() && reached())
        return true;
    }
    return true;
  }

  // Whether all that is left ends by itself: no socket is watched, no timer runs.
  bool runs_dry() {
    context_.restart();
    context_.run_for(10s);
    return context_.stopped();
  }

 private:
  boost::asio::io_context context_{1};
};

// Keeps what a `done` was given.
template <class T>
class Outcome {
 public:
  auto taker() {
    return [this](base::Result<T> result) {
      EXPECT_FALSE(result_) << "called twice";
      result_.emplace(std::move(result));
    };
  }
  bool there() const { return result_.has_value(); }
  base::Result<T>& get() { return *result_; }
  std::string reason() const {
    return !result_ ? "nothing yet" : *result_ ? "no error" : result_->error().reason;
  }
  std::string message() const { return !result_ || *result_ ? "" : result_->error().message; }

 private:
  std::optional<base::Result<T>> result_;
};

}  // namespace commd::net::test
