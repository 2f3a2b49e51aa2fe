// The plugins of codecs, loaded when a call first wants one: each on a thread that ends
// with its work, since no call may wait for it and most daemons never need it.
//
// Core thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/result.h"
#include "media/codec/codec_registry.h"

namespace commd::engine {

class CodecPlugins {
 public:
  using Post = std::function<void(std::function<void()>)>;
  using Loaded = std::function<void(base::Result<void>)>;

  CodecPlugins(const codec::CodecRegistry& registry, Post post, base::Logger logger);
  // Waits for a plugin that is being loaded; nobody is told.
  ~CodecPlugins();
  CodecPlugins(const CodecPlugins&) = delete;
  CodecPlugins& operator=(const CodecPlugins&) = delete;

  // Codecs without a plugin always are.
  bool is_ready(const codec::CodecInfo& info) const;
  // It was tried and does not work; that is not tried again.
  bool has_failed(const codec::CodecInfo& info) const;
  // `done` comes later on the core thread. CODEC_UNAVAILABLE.
  void load(const codec::CodecInfo& info, Loaded done);

 private:
  enum class State { loading, ready, failed };
  struct Plugin {
    State state = State::loading;
    base::Result<void> result;
    std::vector<Loaded> waiters;
    std::thread thread;
  };

  const Plugin* find(const codec::CodecInfo& info) const;
  void finish(const codec::CodecInfo& info, base::Result<void> result);

  const codec::CodecRegistry& registry_;
  Post post_;
  base::Logger logger_;
  std::map<std::string, Plugin> plugins_;  // that were ever wanted
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace commd::engine
