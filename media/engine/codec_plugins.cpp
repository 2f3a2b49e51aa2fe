#include "media/engine/codec_plugins.h"

#include <pthread.h>

#include <system_error>
#include <utility>

namespace commd::engine {

CodecPlugins::CodecPlugins(const codec::CodecRegistry& registry, Post post, base::Logger logger)
    : registry_(registry), post_(std::move(post)), logger_(std::move(logger)) {}

CodecPlugins::~CodecPlugins() {
  *alive_ = false;
  for (auto& [name, plugin] : plugins_)
    if (plugin.thread.joinable()) plugin.thread.join();
}

const CodecPlugins::Plugin* CodecPlugins::find(const codec::CodecInfo& info) const {
  const auto found = plugins_.find(info.plugin);
  return found == plugins_.end() ? nullptr : &found->second;
}

bool CodecPlugins::is_ready(const codec::CodecInfo& info) const {
  if (info.plugin.empty()) return true;
  const Plugin* plugin = find(info);
  return plugin != nullptr && plugin->state == State::ready;
}

bool CodecPlugins::has_failed(const codec::CodecInfo& info) const {
  const Plugin* plugin = find(info);
  return plugin != nullptr && plugin->state == State::failed;
}

void CodecPlugins::load(const codec::CodecInfo& info, Loaded done) {
  if (info.plugin.empty()) return post_([done = std::move(done)] { done({}); });
  const auto [entry, is_new] = plugins_.try_emplace(info.plugin);
  Plugin& plugin = entry->second;
  if (plugin.state != State::loading)
    return post_([done = std::move(done), result = plugin.result] { done(result); });
  plugin.waiters.push_back(std::move(done));
  if (!is_new) return;
  auto work = [this, info, post = post_, alive = alive_] {
    ::pthread_setname_np(::pthread_self(), "media-plugin");
    post([this, alive, info, result = registry_.load(info)] {
      if (*alive) finish(info, result);
    });
  };
  try {
    plugin.thread = std::thread(std::move(work));
  } catch (const std::system_error&) {
    post_([this, alive = alive_, info] {
      if (!*alive) return;
      finish(info, base::fail(base::Code::unavailable, "CODEC_UNAVAILABLE",
                              "the system gives no thread to load the codec " + info.rtp_name));
    });
  }
}

void CodecPlugins::finish(const codec::CodecInfo& info, base::Result<void> result) {
  Plugin& plugin = plugins_.at(info.plugin);
  if (plugin.thread.joinable()) plugin.thread.join();
  if (result) {
    logger_->info("event: codec_loaded, codec: {}, plugin: {}", info.rtp_name, info.plugin);
  } else {
    logger_->warn("event: codec_unavailable, codec: {}, plugin: {}", info.rtp_name, info.plugin);
  }
  plugin.state = result ? State::ready : State::failed;
  plugin.result = result;
  for (const Loaded& done : std::exchange(plugin.waiters, {})) done(result);
}

}  // namespace commd::engine
