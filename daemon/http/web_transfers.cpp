#include "daemon/http/web_transfers.h"

#include <unistd.h>

#include <map>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/disk/content_type.h"
#include "daemon/disk/source_file.h"
#include "daemon/http/download.h"
#include "daemon/http/upload.h"

namespace commd::http {
namespace {

// Blocks: the pool.
base::Result<ports::FileFacts> facts_of(const std::string& path, bool with_hash) {
  const auto file = disk::SourceFile::open(path);
  if (!file) return base::fail(file.error());
  ports::FileFacts facts{file->size(), file->modified(), disk::content_type_of(path), {}};
  if (!with_hash) return facts;
  auto hash = file->sha256();
  if (!hash) return base::fail(hash.error());
  facts.sha256 = std::move(*hash);
  return facts;
}

}  // namespace

// `web`, `downloads` and `uploads` belong to the thread of the web, `events` to the core.
struct WebTransfers::State {
  State(WebOptions o, std::function<void(std::function<void()>)> to_core, base::Logger l)
      : options(std::move(o)), post(std::move(to_core)), log(std::move(l)) {}

  void on_web(std::function<void(Web&)> work) {
    if (!std::exchange(started, true)) {
      loop.start();
      loop.post([this] { web = std::make_unique<Web>(loop, pool, options.resolv_conf); });
    }
    loop.post([this, work = std::move(work)] {
      if (web) work(*web);
    });
  }

  void tell(std::function<void(ports::WebFileEvents&)> what) {
    post([this, what = std::move(what)] {
      if (events) what(*events);
    });
  }
  auto progress() {
    return [this](ports::WebProgress news) {
      tell([news = std::move(news)](ports::WebFileEvents& to) { to.web_progress(news); });
    };
  }
  // Whoever ends is forgotten on the way.
  auto ended() {
    return [this](ports::WebEnd end) {
      if (!end.result)
        log->info("event: file_failed, transfer: {}, reason: {}, message: {}", end.id.str(),
                  end.result.error().reason, base::escape_line(end.result.error().message));
      const model::TransferId id = end.id;
      tell([end = std::move(end)](ports::WebFileEvents& to) { to.web_ended(end); });
      loop.post([this, id] {
        downloads.erase(id);
        uploads.erase(id);
      });
    };
  }

  const WebOptions options;
  const std::function<void(std::function<void()>)> post;
  const base::Logger log;
  ports::WebFileEvents* events = nullptr;
  bool started = false;  // core thread
  loop::CoreLoop loop{"web"};
  loop::Pool pool{"disk"};
  std::unique_ptr<Web> web;
  std::map<model::TransferId, std::unique_ptr<Download>> downloads;
  std::map<model::TransferId, std::unique_ptr<Upload>> uploads;
};

WebTransfers::WebTransfers(WebOptions options, std::function<void(std::function<void()>)> post,
                           base::Logger log)
    : state_(std::make_unique<State>(std::move(options), std::move(post), std::move(log))) {}

WebTransfers::~WebTransfers() {
  state_->events = nullptr;
  if (!state_->started) return;
  state_->loop.post([state = state_.get()] {
    state->downloads.clear();
    state->uploads.clear();
    state->web.reset();
    state->loop.stop();
  });
  state_->loop.join();
}

void WebTransfers::attach(ports::WebFileEvents& events) { state_->events = &events; }

void WebTransfers::inspect(const std::string& path, bool with_hash,
                           std::function<void(base::Result<ports::FileFacts>)> done) {
  state_->on_web([state = state_.get(), path, with_hash, done = std::move(done)](Web&) {
    state->pool.post([state, path, with_hash, done] {
      state->post([done, facts = facts_of(path, with_hash)] { done(facts); });
    });
  });
}

void WebTransfers::download(ports::WebDownload what) {
  state_->on_web([state = state_.get(), what = std::move(what)](Web& web) {
    state->downloads[what.id] =
        std::make_unique<Download>(web, what, Download::Told{state->progress(), state->ended()});
  });
}

void WebTransfers::upload(ports::WebUpload what) {
  state_->on_web([state = state_.get(), what = std::move(what)](Web& web) {
    state->uploads[what.id] =
        std::make_unique<Upload>(web, what, Upload::Told{state->progress(), state->ended()});
  });
}

void WebTransfers::stop(const model::TransferId& id) {
  state_->on_web([state = state_.get(), id](Web&) {
    state->downloads.erase(id);
    state->uploads.erase(id);
  });
}

void WebTransfers::remove_part(const std::string& path) {
  state_->on_web([state = state_.get(), path](Web&) {
    if (path.ends_with(".part")) state->pool.post([path] { ::unlink(path.c_str()); });
  });
}

}  // namespace commd::http
