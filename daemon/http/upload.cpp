#include "daemon/http/upload.h"

#include <optional>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/disk/source_file.h"
#include "daemon/http/exchange.h"
#include "daemon/http/status.h"

namespace commd::http {
namespace {

using base::Code;
using base::fail;

constexpr std::chrono::milliseconds progress_every{250};
constexpr uint64_t most_answer = 64 * 1024;

}  // namespace

struct Upload::State : std::enable_shared_from_this<State> {
  State(Web& w, ports::WebUpload u, Told t) : web(w), what(std::move(u)), told(std::move(t)) {
    progress.id = what.id;
    progress.size = what.size;
  }

  void begin();
  void send();
  void read_file(size_t most, std::function<void(base::Result<std::string>)> then);
  void tell();
  void end(base::Result<void> result);

  Web& web;
  ports::WebUpload what;
  Told told;
  Url url;
  std::shared_ptr<disk::SourceFile> file;
  std::unique_ptr<Exchange> exchange;
  std::optional<unsigned> status;
  ports::WebProgress progress;
  base::MonoTime told_at{};
  bool ended = false;
};

void Upload::State::begin() {
  auto parsed = parse_url(what.url);
  if (!parsed) return end(fail(parsed.error()));
  url = std::move(*parsed);
  if (!url.secure)
    return end(fail(Code::permission_denied, "URL_NOT_ALLOWED",
                    "the server wants the file at " + url.authority() +
                        " without encryption, which is not done"));
  using Opened = base::Result<std::shared_ptr<disk::SourceFile>>;
  web.pool().run(
      web.loop(),
      [path = what.path, size = what.size]() -> Opened {
        auto opened = disk::SourceFile::open(path);
        if (!opened) return fail(opened.error());
        if (opened->size() != size)
          return fail(Code::aborted, "FILE_CHANGED",
                      base::escape_line(path) + ": its size has changed; send it again");
        return std::make_shared<disk::SourceFile>(std::move(*opened));
      },
      [weak = weak_from_this()](const Opened& opened) {
        const auto self = weak.lock();
        if (!self || self->ended) return;
        if (!opened) return self->end(fail(opened.error()));
        self->file = *opened;
        self->send();
      });
}

void Upload::State::send() {
  Request request;
  request.method = "PUT";
  request.url = url;
  request.ca_file = what.ca_file;
  request.body_size = what.size;
  request.most_body = most_answer;
  request.fields.emplace_back("Content-Type", what.content_type);
  for (const auto& field : what.fields) request.fields.push_back(field);
  exchange = std::make_unique<Exchange>(
      web, std::move(request),
      Exchange::Handlers{[this](const ResponseHead& head) {
                           status = head.status;
                           return false;
                         },
                         nullptr,
                         [this](size_t most, auto then) { read_file(most, std::move(then)); },
                         [this](const base::Result<void>& result) {
                           if (!status) return end(result);
                           const bool taken = *status >= 200 && *status < 300;
                           if (!taken) return end(fail(status_error(*status, url)));
                           // A yes to half of a file is none.
                           if (progress.bytes < what.size)
                             return end(fail(Code::aborted, "HTTP_BAD_ANSWER",
                                             url.authority() + " did not wait for the file"));
                           end({});
                         }});
}

void Upload::State::read_file(size_t most, std::function<void(base::Result<std::string>)> then) {
  web.pool().run(
      web.loop(), [file = file, at = progress.bytes, most] { return file->read(at, most); },
      [weak = weak_from_this(), then = std::move(then)](base::Result<std::string> bytes) {
        const auto self = weak.lock();
        if (!self || self->ended) return;
        if (bytes) self->progress.bytes += bytes->size();
        self->tell();
        then(std::move(bytes));
      });
}

void Upload::State::tell() {
  const base::MonoTime now = std::chrono::steady_clock::now();
  if (now - told_at < progress_every) return;
  told_at = now;
  told.progress(progress);
}

void Upload::State::end(base::Result<void> result) {
  if (std::exchange(ended, true)) return;
  exchange.reset();
  ports::WebEnd report{what.id, std::move(result), progress};
  // Not here: it may be inside the making of it.
  web.loop().post([self = shared_from_this(), report = std::move(report)] {
    if (self->told.ended) self->told.ended(report);
  });
}

Upload::Upload(Web& web, ports::WebUpload what, Told told)
    : state_(std::make_shared<State>(web, std::move(what), std::move(told))) {
  state_->begin();
}

Upload::~Upload() {
  state_->ended = true;
  state_->told.ended = nullptr;
  state_->exchange.reset();
}

}  // namespace commd::http
