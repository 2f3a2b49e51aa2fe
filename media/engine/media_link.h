// The core's hold on a CallMedia: commands go to its worker, answers come back to the
// core thread, and after the hold is gone neither arrives. Core thread.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "media/engine/call_media.h"
#include "media/engine/worker.h"

namespace commd::engine {

class MediaLink {
 public:
  using Post = std::function<void(std::function<void()>)>;

  explicit MediaLink(Post post) : post_(std::move(post)) {}
  ~MediaLink() {
    alive_->value = false;
    if (media_ == nullptr) return;
    worker_->add_load(-1);
    auto end = [media = std::unique_ptr<CallMedia>(media_)] {};
    if (left_ == nullptr) {
      worker_->post(std::move(end));
      return;
    }
    // Behind the media on its way: through the worker that it leaves.
    left_->post(
        [target = worker_, end = std::move(end)]() mutable { target->post(std::move(end)); });
  }
  MediaLink(const MediaLink&) = delete;
  MediaLink& operator=(const MediaLink&) = delete;

  void attach(Worker& worker, std::unique_ptr<CallMedia> media) {
    worker_ = &worker;
    media_ = media.release();
    worker_->add_load(1);
  }
  bool attached() const { return media_ != nullptr; }

  // Moves the media whole to another worker, between two ticks. What is commanded
  // meanwhile is done there, in order. `moved` comes later. One move at a time; to
  // where it is already it costs nothing.
  template <class F>
  void move(Worker& target, F moved) {
    if (media_ == nullptr || left_ != nullptr || &target == worker_) return later(std::move(moved));
    auto arrived = on_core([this, moved = std::move(moved)] {
      left_ = nullptr;
      for (auto& command : std::exchange(delayed_, {})) this->command(std::move(command));
      moved();
    });
    worker_->post([media = media_, &target, arrived = std::move(arrived)]() mutable {
      media->leave();
      target.post([media, &target, arrived = std::move(arrived)] {
        media->arrive(target);
        arrived();
      });
    });
    worker_->add_load(-1);
    target.add_load(1);
    left_ = std::exchange(worker_, &target);
  }
  Worker* worker() const { return worker_; }

  // function(CallMedia&) on the worker, in order. Nothing without a CallMedia.
  template <class F>
  void command(F function) {
    if (media_ == nullptr) return;
    if (left_ != nullptr) {
      delayed_.push_back([command = std::make_shared<F>(std::move(function))](CallMedia& media) {
        (*command)(media);
      });
      return;
    }
    worker_->post([media = media_, function = std::move(function)]() mutable { function(*media); });
  }

  // On the core thread, but not within this call.
  template <class F>
  void later(F function) {
    post_([alive = alive_, function = std::move(function)] {
      if (alive->value) function();
    });
  }

  // A function that any thread may call: `function` then runs on the core thread with
  // copies of the arguments.
  template <class F>
  auto on_core(F function) const {
    return [post = post_, alive = alive_, function = std::move(function)](auto... arguments) {
      post([alive, function, arguments...] {
        if (alive->value) function(arguments...);
      });
    };
  }

 private:
  struct Alive {
    bool value = true;  // core thread
  };

  Post post_;
  std::shared_ptr<Alive> alive_ = std::make_shared<Alive>();
  Worker* worker_ = nullptr;
  Worker* left_ = nullptr;  // while the media is on its way from there
  std::vector<std::function<void(CallMedia&)>> delayed_;  // until it has arrived
  CallMedia* media_ = nullptr;                            // the worker's; deleted there
};

}  // namespace commd::engine
