#include "daemon/http/download.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/base/random.h"
#include "daemon/disk/content_type.h"
#include "daemon/disk/part_file.h"
#include "daemon/disk/place.h"
#include "daemon/disk/safe_name.h"
#include "daemon/http/content_disposition.h"
#include "daemon/http/exchange.h"
#include "daemon/http/status.h"
#include "daemon/net/one_shot.h"

namespace commd::http {
namespace {

using base::Code;
using base::fail;
using std::chrono::milliseconds;

constexpr size_t write_bytes = 256 * 1024;
constexpr milliseconds progress_every{250};

bool may_retry(const base::Error& error) {
  return error.code == Code::unavailable || error.code == Code::deadline_exceeded;
}

// RFC 9110 section 8.8.3: weak ones do not name the bytes.
std::string strong(const std::string& etag) {
  const bool is_one = etag.size() >= 2 && etag.size() <= 256 && etag.front() == '"' &&
                      etag.back() == '"' && is_field("If-Range", etag);
  return is_one ? etag : std::string();
}

// "bytes 5-9/10" (section 14.4), from `begin` to the end of the whole, whose size is given.
std::optional<uint64_t> range_end(std::string_view field, uint64_t begin) {
  if (!field.starts_with("bytes ")) return std::nullopt;
  field.remove_prefix(6);
  const auto number = [&](char after) -> std::optional<uint64_t> {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc()) return std::nullopt;
    field.remove_prefix(static_cast<size_t>(end - field.data()));
    if (after == '\0') return field.empty() ? std::optional(value) : std::nullopt;
    if (!field.starts_with(after)) return std::nullopt;
    field.remove_prefix(1);
    return value;
  };
  const auto first = number('-');
  const auto last = first ? number('/') : std::nullopt;
  const auto whole = last ? number('\0') : std::nullopt;
  if (!whole || *first != begin || *last < *first || *last + 1 != *whole) return std::nullopt;
  return whole;
}

base::Error too_large(uint64_t most) {
  return {Code::resource_exhausted,
          "HTTP_TOO_LARGE",
          "the file is larger than the " + std::to_string(most) +
              " bytes that are allowed; see [files] max_download_bytes",
          {{"most_bytes", std::to_string(most)}}};
}

}  // namespace

struct Download::State : std::enable_shared_from_this<State> {
  State(Web& w, ports::WebDownload d, Told t)
      : web(w), what(std::move(d)), told(std::move(t)), retry(w.context()) {
    progress.id = what.id;
    progress.part = what.part;
    progress.etag = what.etag;
  }

  // Work on the disk, then something here, if it is still wanted.
  template <class Work, class Then>
  void on_disk(Work work, Then then) {
    web.pool().run(web.loop(), std::move(work),
                   [weak = weak_from_this(), then = std::move(then)](auto result) mutable {
                     if (const auto self = weak.lock(); self && !self->ended)
                       then(std::move(result));
                   });
  }

  void begin();
  void open_part();
  void request();
  bool take_head(const ResponseHead& head);
  bool redirect(const ResponseHead& head);
  void take_whole(const ResponseHead& head);
  static base::Result<std::shared_ptr<disk::PartFile>> make_part(
      std::shared_ptr<disk::PartFile> old, const disk::Place& place,
      const ports::WebProgress& facts);
  void take_body(std::string bytes, Exchange::More more);
  void store(std::function<void()> then);
  void done(const base::Result<void>& result);
  void stored(const base::Result<void>& outcome);
  void give_name();
  void tell(bool now);
  void end(base::Result<void> result, std::string path = {});

  Web& web;
  ports::WebDownload what;
  Told told;
  net::OneShot retry;
  Url url;
  std::string first_host;
  bool first_is_here = false;
  unsigned redirects = 0;
  unsigned attempts = 0;
  unsigned restarts = 0;
  uint64_t furthest = 0;  // bytes that were there at most
  disk::Place place;
  std::shared_ptr<disk::PartFile> part;
  std::unique_ptr<Exchange> exchange;
  std::string waiting;                 // for the disk
  bool fresh = false;                  // what comes is the file from its start
  std::optional<base::Error> refused;  // of the head
  bool again = false;                  // a redirect, or from the start
  ports::WebProgress progress;
  std::string sha256;
  base::MonoTime told_at{};
  bool ended = false;
};

void Download::State::begin() {
  auto parsed = parse_url(what.url);
  if (!parsed) return end(fail(parsed.error()));
  url = std::move(*parsed);
  first_host = url.host;
  first_is_here = url.loopback();
  if (!url.secure && !(what.local_clear_allowed && url.loopback()))
    return end(
        fail({Code::permission_denied,
              "URL_NOT_ALLOWED",
              url.text() + " is not encrypted: anybody on the way could read and change the file",
              {{"url", url.text()}}}));
  on_disk([to = what.to] { return disk::place_of(to); },
          [this](disk::Place found) {
            place = std::move(found);
            open_part();
          });
}

// What is there of before; where it cannot be used, all is fetched anew.
void Download::State::open_part() {
  if (what.part.empty() || progress.etag.empty()) return request();
  const std::string name = place.name.empty() ? what.name : place.name;
  progress.name = disk::safe_file_name(name);
  using Opened = std::shared_ptr<disk::PartFile>;
  on_disk(
      [path = what.part, name = disk::safe_file_name(name)]() -> Opened {
        auto opened = disk::PartFile::open(path, name);
        return opened ? std::make_shared<disk::PartFile>(std::move(*opened)) : nullptr;
      },
      [this](Opened opened) {
        part = std::move(opened);
        if (part) progress.bytes = furthest = part->size();
        request();
      });
}

void Download::State::request() {
  again = false;
  refused.reset();
  Request request;
  request.url = url;
  // Another host is none of the account's.
  if (url.host == first_host) request.ca_file = what.ca_file;
  request.most_body = what.most_bytes;
  // Nor does it send to this machine, unless it is of it.
  request.others_alone =
      !what.local_allowed || (redirects > 0 && url.host != first_host && !first_is_here);
  if (part && part->size() > 0 && !progress.etag.empty()) {
    request.fields.emplace_back("Range", "bytes=" + std::to_string(part->size()) + "-");
    request.fields.emplace_back("If-Range", progress.etag);
  }
  exchange = std::make_unique<Exchange>(
      web, std::move(request),
      Exchange::Handlers{[this](const ResponseHead& head) { return take_head(head); },
                         [this](std::string bytes, Exchange::More more) {
                           take_body(std::move(bytes), std::move(more));
                         },
                         nullptr, [this](const base::Result<void>& result) { done(result); }});
}

// ---- what the server says ----------------------------------------------------------------

bool Download::State::take_head(const ResponseHead& head) {
  const uint64_t have = part ? part->size() : 0;
  if (head.status == 206 && have > 0) {
    const auto whole = range_end(head.field("content-range"), have);
    const std::string etag = strong(head.field("etag"));
    const bool same = (etag.empty() || etag == progress.etag) &&
                      (progress.size == 0 || whole.value_or(0) == progress.size);
    if (same && whole && *whole <= what.most_bytes) {
      progress.size = *whole;
      return true;
    }
  }
  if (head.status == 200) {
    take_whole(head);
    return !refused;
  }
  if (is_redirect(head.status)) return redirect(head);
  // A range that cannot be had, or is another one: from the start.
  if (have > 0 && (head.status == 206 || head.status == 416)) {
    if (++restarts > most_restarts) {
      refused = base::Error{Code::aborted,
                            "HTTP_BAD_ANSWER",
                            url.authority() + " lets it be neither gone on with nor be whole",
                            {}};
      return false;
    }
    part->remove();
    part.reset();
    progress.bytes = 0;
    again = true;
    return false;
  }
  refused = status_error(head.status, url);
  return false;
}

bool Download::State::redirect(const ResponseHead& head) {
  auto next = follow(url, head.field("location"));
  if (!next) {
    refused = next.error();
  } else if (++redirects > most_redirects) {
    refused =
        base::Error{Code::aborted, "HTTP_REDIRECTS", url.authority() + " sends in circles", {}};
  } else if ((!next->secure && (url.secure || !next->loopback())) ||
             (!url.loopback() && next->loopback())) {
    refused = base::Error{Code::permission_denied,
                          "URL_NOT_ALLOWED",
                          url.authority() + " sends to " + next->text() + ", which is not allowed",
                          {{"url", next->text()}}};
  } else {
    url = std::move(*next);
    again = true;
  }
  return false;
}

void Download::State::take_whole(const ResponseHead& head) {
  if (head.length && *head.length > what.most_bytes) {
    refused = too_large(what.most_bytes);
    return;
  }
  progress.size = head.length.value_or(0);
  progress.etag = strong(head.field("etag"));
  progress.content_type = head.field("content-type").substr(0, 128);
  progress.bytes = 0;
  fresh = true;
  std::string name = place.name.empty() ? what.name : place.name;
  if (name.empty()) name = disposition_name(head.field("content-disposition"));
  if (name.empty()) name = name_in(url);
  progress.name = disk::safe_file_name(name);
}

// ---- to the disk -------------------------------------------------------------------------

// Blocks: the pool. A new one, or the old one from the start.
base::Result<std::shared_ptr<disk::PartFile>> Download::State::make_part(
    std::shared_ptr<disk::PartFile> old, const disk::Place& place,
    const ports::WebProgress& facts) {
  if (old) {
    if (const auto cut = old->cut(0); !cut) return fail(cut.error());
    return old;
  }
  auto made = disk::PartFile::create(place.folder, facts.name, base::random_token(8));
  if (!made) return fail(made.error());
  if (const auto room = made->room_for(facts.size); !room) {
    made->remove();
    return fail(room.error());
  }
  return std::make_shared<disk::PartFile>(std::move(*made));
}

void Download::State::take_body(std::string bytes, Exchange::More more) {
  waiting += bytes;
  if (waiting.size() < write_bytes) return more();
  store([this, more = std::move(more)] {
    tell(false);
    more();
  });
}

void Download::State::store(std::function<void()> then) {
  if (waiting.empty() && !fresh) return then();
  using Stored = base::Result<std::shared_ptr<disk::PartFile>>;
  on_disk(
      [old = part, anew = std::exchange(fresh, false), place = place, facts = progress,
       bytes = std::exchange(waiting, {})] {
        Stored to = anew ? make_part(old, place, facts) : Stored(old);
        if (to)
          if (const auto written = (*to)->write(bytes); !written) to = fail(written.error());
        return to;
      },
      [this, then = std::move(then)](const Stored& stored) {
        if (!stored) return end(fail(stored.error()));
        part = *stored;
        progress.part = part->path();
        progress.bytes = part->size();
        then();
      });
}

void Download::State::done(const base::Result<void>& result) {
  exchange.reset();
  if (again) return request();
  base::Result<void> outcome = result;
  if (refused) outcome = fail(*refused);
  store([this, outcome] { stored(outcome); });
}

void Download::State::stored(const base::Result<void>& outcome) {
  if (outcome) return give_name();
  if (!may_retry(outcome.error())) return end(outcome);
  // What came once already, and was thrown away, is nothing new.
  if (progress.bytes > furthest) attempts = 0;
  furthest = std::max(furthest, progress.bytes);
  if (++attempts >= most_attempts) return end(outcome);
  tell(true);
  // What cannot be gone on with begins anew.
  if (progress.etag.empty() && part) fresh = true;
  retry.arm(std::chrono::seconds(1 << (attempts - 1)), [this] { request(); });
}

void Download::State::give_name() {
  if (!part)
    return end(fail(Code::unavailable, "HTTP_BAD_ANSWER", url.authority() + " sent no file"));
  if (progress.size > 0 && part->size() != progress.size)
    return end(fail(Code::unavailable, "HTTP_CUT", "not as much has come as was announced"));
  struct Named {
    base::Result<std::string> path;
    std::string sha256;
  };
  on_disk(
      [part = part, wanted = what.sha256]() -> Named {
        std::string found = part->sha256();
        if (wanted.empty() || wanted == found) return {part->finish(), std::move(found)};
        part->remove();
        return {fail(Code::aborted, "FILE_HASH_WRONG",
                     "the file is not the one that was announced: its SHA-256 is another; it was "
                     "thrown away"),
                std::move(found)};
      },
      [this](Named named) {
        sha256 = std::move(named.sha256);
        if (!named.path) {
          progress.part.clear();
          return end(fail(named.path.error()));
        }
        end({}, *named.path);
      });
}

// ---- to the owner --------------------------------------------------------------------

void Download::State::tell(bool now) {
  const base::MonoTime time = std::chrono::steady_clock::now();
  if (!now && time - told_at < progress_every) return;
  told_at = time;
  told.progress(progress);
}

void Download::State::end(base::Result<void> result, std::string path) {
  if (std::exchange(ended, true)) return;
  exchange.reset();
  retry.cancel();
  ports::WebEnd report{what.id, std::move(result), progress, std::move(path), sha256};
  if (report.result) report.last.part.clear();
  // Not here: it may be inside the making of it.
  web.loop().post([self = shared_from_this(), report = std::move(report)] {
    if (self->told.ended) self->told.ended(report);
  });
}

Download::Download(Web& web, ports::WebDownload what, Told told)
    : state_(std::make_shared<State>(web, std::move(what), std::move(told))) {
  state_->begin();
}

Download::~Download() {
  state_->ended = true;
  state_->told.ended = nullptr;
  state_->retry.cancel();
  state_->exchange.reset();
}

}  // namespace commd::http
