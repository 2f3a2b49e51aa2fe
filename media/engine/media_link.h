// The core's hold on a CallMedia: commands go to its worker, answers come back to the
// core thread, and after the hold is gone neither arrives. Core thread.
#pragma once

#include <functional>
#include <memory>
#include <utility>

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
    worker_->post([media = std::unique_ptr<CallMedia>(media_)] {});
  }
  MediaLink(const MediaLink&) = delete;
  MediaLink& operator=(const MediaLink&) = delete;

  void attach(Worker& worker, std::unique_ptr<CallMedia> media) {
    worker_ = &worker;
    media_ = media.release();
    worker_->add_load(1);
  }
  bool attached() const { return media_ != nullptr; }

  // function(CallMedia&) on the worker, in order. Nothing without a CallMedia.
  template <class F>
  void command(F function) {
    if (media_ == nullptr) return;
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
  CallMedia* media_ = nullptr;  // the worker's; deleted there
};

}  // namespace commd::engine
